// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#ifndef WEIR_MARKET_DETAIL_ROUTING_TABLE_HPP
#define WEIR_MARKET_DETAIL_ROUTING_TABLE_HPP

#include <weir/detail/ref_counted.hpp>
#include <weir/market/detail/subscription_queue.hpp>
#include <weir/market/market_tick.hpp>
#include <weir/market/symbol_pattern.hpp>
#include <weir/market/symbol_table.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Who gets which tick: for each instrument, by id, the subscribers that asked for it. The hub's own; no locks.
///
/// Ticks are staged for a run and handed to each subscriber's queue at once, so that a run costs one lock and at most one
/// wake-up a subscriber. A subscriber with overflow::backpressure keeps in the stage what its queue had no room for,
/// and the table is blocked until it has.
///
/// Names are resolved once: a subscriber is entered for the instruments that its names match, and when an instrument is
/// new it is held against the patterns.
namespace weir::market::detail {

class routing_table {
    using queue_ptr = weir::detail::intrusive_ptr<subscription_queue>;

    struct subscriber {
        queue_ptr queue;
        std::vector<std::string> names;         // as subscribed, less what was unsubscribed
        std::vector<instrument_id> instruments; // where it is entered
        std::vector<market_tick> staged;        // of this run, or waiting for room
        bool has_ended = false;                 // gets no more; stays until its handle goes, for its counts
    };

public:
    explicit routing_table(symbol_table const& symbols) noexcept : symbols_(&symbols) {}

    /// Enters a subscriber; `each(id)` is called for every instrument that it gets.
    template <class F>
    void add(queue_ptr queue, std::vector<std::string> names, F each) {
        learn_instruments();
        auto& s = *subscribers_.emplace_back(
            std::make_unique<subscriber>(subscriber{std::move(queue), std::move(names), {}, {}, false}));
        for (instrument_id id = 0; id < routes_.size(); ++id)
            if (wants(s, symbols_->name(id)))
                enter(s, id);
        std::for_each(s.instruments.begin(), s.instruments.end(), each);
    }

    /// Takes a name out of all subscriptions and ends those that have no other. False: none had it.
    bool remove_name(std::string_view name) {
        bool found = false;
        auto const id = symbols_->find(name);
        for (auto& s : subscribers_) {
            bool const named = std::erase(s->names, name) != 0;
            bool const entered = id && std::erase(s->instruments, *id) != 0;
            if (!named && !entered)
                continue;
            found = true;
            if (entered)
                std::erase(routes_[*id], s.get());
            if (named && is_pattern(name))
                leave_unwanted(*s);
            if (s->names.empty())
                end(*s);
        }
        return found;
    }

    /// Stages a tick for everybody who wants it.
    void stage(market_tick const& tick) {
        if (tick.instrument >= routes_.size())
            learn_instruments();
        for (subscriber* s : routes_[tick.instrument]) {
            if (s->staged.empty())
                staged_.push_back(s);
            s->staged.push_back(tick);
        }
    }

    /// Hands what is staged to the queues. False: some queue has no room, and keeps data waiting.
    bool flush() {
        std::erase_if(staged_, [this](subscriber* s) {
            auto const taken = s->queue->offer(s->staged);
            s->staged.erase(s->staged.begin(), s->staged.begin() + static_cast<std::ptrdiff_t>(taken));
            if (s->queue->is_disconnected()) {
                leave_instruments(*s);
                s->has_ended = true;
            }
            return s->staged.empty();
        });
        return !is_blocked();
    }

    [[nodiscard]] bool is_blocked() const noexcept { return !staged_.empty(); }

    /// Forgets those who have gone; their counts stay.
    void sweep() {
        std::erase_if(subscribers_, [this](std::unique_ptr<subscriber>& s) {
            if (!s->queue->is_over())
                return false;
            end(*s);
            gone_ += s->queue->counts();
            return true;
        });
    }

    /// Ends every subscription.
    void close_all() noexcept {
        for (auto& s : subscribers_) {
            s->has_ended = true;
            s->queue->close();
        }
    }

    /// How many subscriptions have not ended.
    [[nodiscard]] std::size_t size() const noexcept {
        return static_cast<std::size_t>(std::count_if(subscribers_.begin(), subscribers_.end(),
                                                      [](auto const& s) { return !s->has_ended; }));
    }

    [[nodiscard]] std::size_t staged() const noexcept {
        std::size_t n = 0;
        for (subscriber const* s : staged_)
            n += s->staged.size();
        return n;
    }

    /// Over all subscribers that there were.
    [[nodiscard]] delivery_counts counts() const noexcept {
        auto all = gone_;
        for (auto const& s : subscribers_)
            all += s->queue->counts();
        return all;
    }

private:
    static bool wants(subscriber const& s, std::string_view name) noexcept {
        return std::any_of(s.names.begin(), s.names.end(),
                           [name](std::string const& pattern) { return glob_match(pattern, name); });
    }

    void enter(subscriber& s, instrument_id id) {
        routes_[id].push_back(&s);
        s.instruments.push_back(id);
    }

    /// Holds instruments that are new in the symbol table against everybody's names.
    void learn_instruments() {
        for (auto id = static_cast<instrument_id>(routes_.size()); id < symbols_->size(); ++id) {
            routes_.emplace_back();
            for (auto& s : subscribers_)
                if (wants(*s, symbols_->name(id)))
                    enter(*s, id);
        }
    }

    /// Leaves the instruments that no name matches any more.
    void leave_unwanted(subscriber& s) {
        std::erase_if(s.instruments, [&](instrument_id id) {
            if (wants(s, symbols_->name(id)))
                return false;
            std::erase(routes_[id], &s);
            return true;
        });
    }

    void leave_instruments(subscriber& s) {
        for (instrument_id id : s.instruments)
            std::erase(routes_[id], &s);
        s.instruments.clear();
    }

    void end(subscriber& s) {
        leave_instruments(s);
        if (std::erase(staged_, &s) != 0)
            s.queue->count_dropped(std::exchange(s.staged, {}).size());
        s.has_ended = true;
        s.queue->close();
    }

    symbol_table const* symbols_;
    std::vector<std::unique_ptr<subscriber>> subscribers_;
    std::vector<std::vector<subscriber*>> routes_; // by instrument
    std::vector<subscriber*> staged_;              // those with something staged
    delivery_counts gone_;                         // of subscribers that were swept
};

} // namespace weir::market::detail

#endif
