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
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
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
/// Names are resolved once: the symbol table finds an exact one, so that a subscription to one instrument costs the same
/// however many there are. Only patterns are held against all instruments, and against each that is new.
namespace weir::market::detail {

/// `Symbols` is a symbol_table, or a test's that counts what is asked of it.
template <class Symbols = symbol_table>
class routing_table {
    using queue_ptr = weir::detail::intrusive_ptr<subscription_queue>;
    using ids = std::vector<instrument_id>; // ascending, each once

    struct subscriber {
        queue_ptr queue;
        ids named;                         // subscribed by exact name, less what was unsubscribed
        std::vector<std::string> patterns; // the same
        ids instruments;                   // where it is entered
        std::vector<market_tick> staged;   // of this run, or waiting for room; unless its queue is direct
        bool has_ended = false;            // gets no more; stays until its handle goes, for its counts
    };

    struct route {
        subscriber* to;
        subscription_queue* direct; // its queue, if that takes ticks one by one; else null
    };

public:
    /// `run_size` is how many ticks may be staged before anybody asks has_room() again.
    explicit routing_table(Symbols const& symbols, std::size_t run_size = 1) noexcept
        : symbols_(&symbols), run_size_(run_size) {}

    /// Enters a subscriber; `each(id)` is called for every instrument that it gets.
    /// Requires: the symbol table knows the names that are no patterns.
    template <class F>
    void add(queue_ptr queue, std::vector<std::string> names, F each) {
        learn_instruments();
        auto s = std::make_unique<subscriber>();
        for (auto& name : names) {
            if (is_pattern(name))
                s->patterns.push_back(std::move(name));
            else
                s->named.push_back(symbols_->find(name).value());
        }
        std::sort(s->named.begin(), s->named.end());
        s->named.erase(std::unique(s->named.begin(), s->named.end()), s->named.end());
        if (s->patterns.empty())
            s->instruments = s->named;
        else
            for (instrument_id id = 0; id < routes_.size(); ++id)
                if (wants(*s, id))
                    s->instruments.push_back(id);
        s->queue = std::move(queue);
        s->queue->set_place(subscribers_.size());
        // so that to stage a tick for one cannot fail half way
        staged_.reserve(std::bit_ceil(subscribers_.size() + 1));
        subscriber& entered = *subscribers_.emplace_back(std::move(s));
        if (!entered.patterns.empty())
            with_patterns_.push_back(&entered);
        for (instrument_id const id : entered.instruments)
            enter(entered, id);
        std::for_each(entered.instruments.begin(), entered.instruments.end(), each);
    }

    /// Takes a name or a pattern out of all subscriptions and ends those that have no other. False: none had it.
    bool remove_name(std::string_view name) {
        learn_instruments();
        return is_pattern(name) ? remove_pattern(name) : remove_instrument(symbols_->find(name));
    }

    /// Stages a tick for everybody who wants it.
    void stage(market_tick const& tick) {
        if (tick.instrument >= routes_.size())
            learn_instruments();
        for (auto const [s, direct] : routes_[tick.instrument]) {
            if (direct != nullptr ? direct->write(tick) : s->staged.empty())
                staged_.push_back(s);
            if (direct == nullptr) {
                s->staged.push_back(tick);
                has_room_ = false; // they want it now
            } else if (direct->room() < run_size_ && direct->unpublished() != 0) {
                has_room_ = false;
            }
        }
    }

    /// Hands what is staged to the queues. False: some queue has no room, and keeps data waiting.
    bool flush() {
        has_room_ = true;
        std::erase_if(staged_, [this](subscriber* s) {
            if (s->queue->is_direct()) {
                s->queue->publish();
            } else {
                auto const taken = s->queue->offer(s->staged);
                s->staged.erase(s->staged.begin(), s->staged.begin() + static_cast<std::ptrdiff_t>(taken));
            }
            if (s->queue->is_disconnected()) {
                leave_instruments(*s);
                s->has_ended = true;
            }
            return s->staged.empty();
        });
        return !is_blocked();
    }

    /// Whether one more run may be staged before flush() without harm: all who have something staged have room for all of that
    /// run, and a rule by which nothing that waits is changed.
    [[nodiscard]] bool has_room() const noexcept { return has_room_; }

    [[nodiscard]] bool is_blocked() const noexcept { return !staged_.empty(); }

    /// Forgets one who has gone; its counts stay.
    void forget(subscription_queue const& gone) {
        auto& place = subscribers_[gone.place()];
        end(*place);
        gone_ += place->queue->counts();
        if (place != subscribers_.back()) {
            subscribers_.back()->queue->set_place(gone.place());
            place.swap(subscribers_.back());
        }
        subscribers_.pop_back();
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
            n += s->staged.size() + s->queue->unpublished();
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
    [[nodiscard]] static bool contains(ids const& all, instrument_id id) noexcept {
        return std::binary_search(all.begin(), all.end(), id);
    }

    static bool remove(ids& all, instrument_id id) noexcept {
        auto const found = std::lower_bound(all.begin(), all.end(), id);
        if (found == all.end() || *found != id)
            return false;
        all.erase(found);
        return true;
    }

    [[nodiscard]] bool wants(subscriber const& s, instrument_id id) const {
        return contains(s.named, id) ||
               std::any_of(s.patterns.begin(), s.patterns.end(),
                           [name = symbols_->name(id)](std::string const& p) { return glob_match(p, name); });
    }

    void enter(subscriber& s, instrument_id id) {
        routes_[id].push_back({&s, s.queue->is_direct() ? s.queue.get() : nullptr});
    }

    void leave(subscriber& s, instrument_id id) {
        std::erase_if(routes_[id], [&s](route const& r) { return r.to == &s; });
    }

    /// Holds instruments that are new in the symbol table against everybody's patterns.
    void learn_instruments() {
        for (auto id = static_cast<instrument_id>(routes_.size()); id < symbols_->size(); ++id) {
            routes_.emplace_back();
            for (subscriber* s : with_patterns_) {
                if (wants(*s, id)) {
                    enter(*s, id);
                    s->instruments.push_back(id);
                }
            }
        }
    }

    bool remove_pattern(std::string_view pattern) {
        auto const with = std::exchange(with_patterns_, {});
        bool found = false;
        for (subscriber* s : with) {
            if (std::erase(s->patterns, pattern) != 0) {
                found = true;
                leave_unwanted(*s);
                end_if_nothing_is_left(*s);
            }
            if (!s->patterns.empty())
                with_patterns_.push_back(s);
        }
        return found;
    }

    /// From those with a pattern too: it does not bring this instrument any more.
    bool remove_instrument(std::optional<instrument_id> id) {
        if (!id)
            return false;
        auto const entered = std::exchange(routes_[*id], {});
        for (auto const& [s, direct] : entered) {
            remove(s->named, *id);
            remove(s->instruments, *id);
            end_if_nothing_is_left(*s);
        }
        return !entered.empty();
    }

    void end_if_nothing_is_left(subscriber& s) {
        if (s.named.empty() && s.patterns.empty())
            end(s);
    }

    /// Leaves the instruments that nothing asks for any more.
    void leave_unwanted(subscriber& s) {
        std::erase_if(s.instruments, [&](instrument_id id) {
            if (wants(s, id))
                return false;
            leave(s, id);
            return true;
        });
    }

    /// Leaves them all, and is entered for no new ones.
    void leave_instruments(subscriber& s) {
        for (instrument_id id : s.instruments)
            leave(s, id);
        s.instruments.clear();
        if (!s.patterns.empty())
            std::erase(with_patterns_, &s);
    }

    void end(subscriber& s) {
        leave_instruments(s);
        if (std::erase(staged_, &s) != 0)
            s.queue->count_dropped(std::exchange(s.staged, {}).size());
        s.has_ended = true;
        s.queue->close();
    }

    Symbols const* symbols_;
    std::size_t const run_size_;
    bool has_room_ = true;                                 // since the last flush
    std::vector<std::unique_ptr<subscriber>> subscribers_; // each at its queue's place()
    std::vector<subscriber*> with_patterns_;               // those who may get instruments that are new
    std::vector<std::vector<route>> routes_;               // by instrument
    std::vector<subscriber*> staged_;                      // those with something staged
    delivery_counts gone_;                                 // of subscribers that were forgotten
};

} // namespace weir::market::detail

#endif
