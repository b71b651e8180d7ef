// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/mpsc.hpp>

#include "support/catch.hpp"
#include "support/effort.hpp"
#include "support/outcome.hpp"
#include "support/values.hpp"

#include <weir/mpmc.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

// How a bounded channel closes, walked through: every order of the events that have to do with it, up to a length, each
// on a new channel. A model made of a few numbers says what must come of each; it is compared after every step. Then all
// that is still open is released, and everything has to have ended once and to be back where it was.

namespace mpsc_closing_walk_test {

namespace asio = boost::asio;
using support::counted;
using support::outcome;
using support::poll;

namespace {

using executor = asio::io_context::executor_type;

enum class event { hold, use, drop, queue, cancel, take, close, sender_goes, receiver_goes };

constexpr std::array all_events{event::hold,  event::use,         event::drop,
                                event::queue, event::cancel,      event::take,
                                event::close, event::sender_goes, event::receiver_goes};

constexpr std::array<char const*, all_events.size()> names{
    "hold", "use", "drop", "queue", "cancel", "take", "close", "sender gone", "receiver gone"};

/// What one walk is like, besides its events.
struct terms {
    int capacity;
    bool receiving; // a receive waits, all the time
    bool in_turns;  // what is ready runs after each event; else not before the end
    bool overtakes; // a try takes what a waiting receive was woken for
};

/// What has become of a queued reserve.
enum class fate { queued, granted, refused, cancelled, has_slot, is_closed, is_aborted };

constexpr bool is_over(fate f) { return f >= fate::has_slot; }

/// The channel as it should be.
struct model {
    terms how;
    int buffered = 0;
    int held = 0;
    int sent = 0;
    bool closed = false;
    bool has_sender = true;
    bool has_receiver = true;
    std::vector<fate> requests{};

    [[nodiscard]] int count(fate which) const {
        return static_cast<int>(std::count(requests.begin(), requests.end(), which));
    }

    [[nodiscard]] int open_requests() const {
        return static_cast<int>(
            std::count_if(requests.begin(), requests.end(), [](fate f) { return !is_over(f); }));
    }

    [[nodiscard]] int free() const { return how.capacity - buffered - held - count(fate::granted); }

    [[nodiscard]] int strong() const { return (has_sender ? 1 : 0) + held + open_requests(); }

    [[nodiscard]] bool is_drained() const {
        return closed && buffered == 0 && held == 0 && count(fate::granted) == 0;
    }

    [[nodiscard]] bool can_hold() const { return !closed && free() > 0 && count(fate::queued) == 0; }

    /// The request that is cancelled next: the oldest that is under way.
    [[nodiscard]] std::size_t oldest_open() const {
        auto const is_open = [](fate f) { return f < fate::cancelled; };
        return static_cast<std::size_t>(std::find_if(requests.begin(), requests.end(), is_open) -
                                        requests.begin());
    }

    [[nodiscard]] bool is_possible(event e) const {
        switch (e) {
        case event::use:
        case event::drop:
            return held != 0;
        case event::cancel:
            return oldest_open() != requests.size();
        case event::take:
            return buffered != 0 && (how.overtakes || !how.receiving);
        case event::close:
        case event::receiver_goes:
            return has_receiver;
        default:
            return has_sender;
        }
    }

    void apply(event e) {
        switch (e) {
        case event::hold:
            held += can_hold() ? 1 : 0;
            break;
        case event::use:
            --held;
            buffered += has_receiver ? 1 : 0;
            ++sent;
            break;
        case event::drop:
            --held;
            break;
        case event::queue:
            requests.push_back(closed ? fate::refused : fate::queued);
            break;
        case event::cancel:
            requests[oldest_open()] = fate::cancelled;
            break;
        case event::take:
            --buffered;
            break;
        case event::sender_goes:
            has_sender = false;
            break;
        case event::receiver_goes:
            has_receiver = false;
            buffered = 0;
            close();
            break;
        case event::close:
            close();
        }
        settle();
    }

    /// Lets everything that is ready run.
    void run() {
        if (how.receiving && has_receiver) {
            while (buffered != 0) {
                apply(event::take);
            }
        }
        for (auto& r : requests) {
            if (r == fate::granted && has_receiver) {
                r = fate::has_slot;
                ++held;
            } else if (r == fate::granted || r == fate::refused) {
                r = fate::is_closed;
            } else if (r == fate::cancelled) {
                r = fate::is_aborted;
            }
        }
        settle();
    }

private:
    void close() {
        closed = true;
        std::replace(requests.begin(), requests.end(), fate::queued, fate::refused);
    }

    /// A free slot is the longest waiting one's; without senders the channel is closed.
    void settle() {
        for (auto& r : requests) {
            if (r == fate::queued && free() > 0) {
                r = fate::granted;
            }
        }
        closed = closed || strong() == 0;
    }
};

/// A channel with everything that is open on it, beside its model.
template <class Kind>
class walk {
public:
    walk(asio::io_context& ctx, terms how)
        : ctx_(ctx), how_(how), model_{how}, ends_(Kind::template make<counted>(ctx.get_executor(), how)) {
        tx_.emplace(std::move(ends_.first));
        rx_.emplace(std::move(ends_.second));
        if (how.receiving) {
            receive();
            poll(ctx_);
        }
        compare();
    }

    void step(event e) {
        bool const can_hold = model_.can_hold();
        model_.apply(e);
        if (e == event::hold) {
            auto slot = tx_->try_reserve();
            expect(slot.has_value() == can_hold, "try_reserve");
            if (slot) {
                held_.push_back(std::move(*slot));
            }
        } else {
            play(e);
        }
        compare();
        if (how_.in_turns) {
            run();
        }
    }

    /// Releases what is still open, in order.
    void end() {
        run();
        while (model_.held != 0 || model_.open_requests() != 0 ||
               (model_.has_receiver && model_.buffered != 0)) {
            while (model_.held != 0) {
                model_.apply(event::drop);
                play(event::drop);
                compare();
            }
            while (model_.has_receiver && !how_.receiving && model_.buffered != 0) {
                model_.apply(event::take);
                play(event::take);
                compare();
            }
            run();
        }
        expect(model_.free() == how_.capacity, "the model gets its slots back");
        for (event const last : {event::sender_goes, event::receiver_goes}) {
            if (model_.is_possible(last)) {
                model_.apply(last);
                play(last);
                compare();
            }
            run();
            if (model_.has_receiver && !how_.receiving) {
                how_.receiving = true;
                receive();
                run();
                expect(has_ended_, "the end, for a receive that comes after it");
            }
        }
        expect(received_ <= model_.sent && counted::alive() == 0, "every value is destroyed");
    }

    [[nodiscard]] std::string const& wrong() const { return wrong_; }

private:
    using sender =
        typename decltype(Kind::template make<counted>(std::declval<executor>(), terms{}))::first_type;
    using receiver =
        typename decltype(Kind::template make<counted>(std::declval<executor>(), terms{}))::second_type;
    using permit = typename sender::permit_type;

    struct request {
        outcome<std::optional<permit>> done;
        asio::cancellation_signal signal;
    };

    void play(event e) {
        if (!wrong_.empty()) {
            return; // what comes after the first difference tells nothing
        }
        switch (e) {
        case event::hold:
            break;
        case event::use: {
            permit used = std::move(held_.front());
            held_.pop_front();
            std::move(used).send(counted(next_sent_++));
            break;
        }
        case event::drop:
            held_.pop_back();
            break;
        case event::queue: {
            auto& r = requests_.emplace_back();
            tx_->async_reserve(asio::bind_cancellation_slot(r.signal.slot(), r.done.handler()));
            break;
        }
        case event::cancel:
            requests_[cancelled_by_model()].signal.emit(asio::cancellation_type::total);
            break;
        case event::take:
            see(rx_->try_receive());
            break;
        case event::close:
            rx_->close();
            break;
        case event::sender_goes:
            tx_.reset();
            break;
        case event::receiver_goes:
            rx_.reset();
        }
    }

    /// The model has just cancelled its oldest: that is the last in a row of cancelled and finished ones.
    [[nodiscard]] std::size_t cancelled_by_model() const {
        return std::min(model_.oldest_open(), model_.requests.size()) - 1;
    }

    void receive() {
        got_.emplace();
        rx_->async_receive(got_->handler());
    }

    void run() {
        model_.run();
        do {
            poll(ctx_);
        } while (receive_again());
        for (auto& r : requests_) {
            if (r.done.is_success() && r.done.value()) {
                held_.push_back(std::move(*r.done.value()));
                r.done.value().reset();
            }
        }
        compare();
        if (got_) {
            bool const over = model_.how.receiving && (model_.is_drained() || !model_.has_receiver);
            expect(got_->calls() == (over ? 1 : 0), "the receive ends exactly when nothing can come");
        }
    }

    /// A receive that has a value is followed by another.
    bool receive_again() {
        if (!got_ || got_->is_pending()) {
            return false;
        }
        if (got_->is_success() && got_->value()) {
            see(std::move(got_->value()));
            receive();
            return true;
        }
        has_ended_ = has_ended_ || got_->is_success();
        expect(model_.has_receiver ? got_->is_success() : has_ended_ || is_aborted(), "how the receive ends");
        return false;
    }

    [[nodiscard]] bool is_aborted() const { return got_->is_failure(asio::error::operation_aborted); }

    void see(std::optional<counted> value) {
        expect(value && value->value() == received_, "values come once, in order");
        ++received_;
    }

    void compare() {
        model_.how.receiving = how_.receiving;
        if (tx_) {
            compare_counts(*tx_);
        }
        if (rx_) {
            compare_counts(*rx_);
        }
        expect(held_.size() == static_cast<std::size_t>(model_.held), "permits held");
        expect(counted::alive() == model_.buffered, "values alive");
        for (std::size_t n = 0; n != requests_.size(); ++n) {
            auto const& done = requests_[n].done;
            fate const f = model_.requests[n];
            expect(is_over(f) || done.is_pending(), "a reserve is pending");
            expect(f != fate::has_slot || done.is_success(), "a reserve has its slot");
            expect(f != fate::is_closed || done.is_failure(weir::errc::closed), "a reserve is refused");
            expect(f != fate::is_aborted || done.is_failure(asio::error::operation_aborted),
                   "a reserve is cancelled");
        }
    }

    template <class Handle>
    void compare_counts(Handle const& h) {
        expect(h.is_closed() == model_.closed, "is_closed()");
        expect(h.capacity() == static_cast<std::size_t>(model_.free()), "capacity()");
        expect(h.size() == static_cast<std::size_t>(model_.buffered), "size()");
        expect(h.strong_count() == static_cast<std::size_t>(model_.strong()), "strong_count()");
    }

    void expect(bool is_right, char const* what) {
        if (!is_right && wrong_.empty()) {
            wrong_ = what;
        }
    }

    asio::io_context& ctx_;
    terms how_;
    model model_;
    std::pair<sender, receiver> ends_;
    std::optional<sender> tx_;
    std::optional<receiver> rx_;
    std::deque<permit> held_;
    std::deque<request> requests_;
    std::optional<outcome<std::optional<counted>>> got_;
    int next_sent_ = 0;
    int received_ = 0;
    bool has_ended_ = false; // a receive has told of the end
    std::string wrong_;      // what was not as the model says, first
};

/// All walks that begin like this one. How many there were.
template <class Kind>
int walk_on(asio::io_context& ctx, model const& so_far, std::vector<event>& events, std::size_t longest) {
    int walks = 1;
    {
        walk<Kind> w(ctx, so_far.how);
        for (event const e : events) {
            w.step(e);
        }
        w.end();
        if (!w.wrong().empty()) {
            std::string word;
            for (event const e : events) {
                word += std::string(names[static_cast<std::size_t>(e)]) + ", ";
            }
            INFO(word << "capacity " << so_far.how.capacity << (so_far.how.receiving ? ", receiving" : "")
                      << (so_far.how.in_turns ? "" : ", in one turn"));
            CAPTURE(w.wrong());
            REQUIRE(w.wrong().empty());
        }
    }
    for (event const e : all_events) {
        if (events.size() != longest && so_far.is_possible(e)) {
            model next = so_far;
            next.apply(e);
            if (next.how.in_turns) {
                next.run();
            }
            events.push_back(e);
            walks += walk_on<Kind>(ctx, next, events, longest);
            events.pop_back();
        }
    }
    return walks;
}

struct bounded_mpsc {
    static constexpr bool overtakes = true;

    template <class T>
    static auto make(executor const& ex, terms how) {
        return weir::mpsc::channel<T>(ex, static_cast<std::size_t>(how.capacity));
    }
};

struct bounded_mpmc {
    static constexpr bool overtakes = false;

    template <class T>
    static auto make(executor const& ex, terms how) {
        return weir::mpmc::channel<T>(ex, static_cast<std::size_t>(how.capacity));
    }
};

template <class Kind>
void walk_all() {
    terms const how{GENERATE(1, 2), GENERATE(false, true), GENERATE(false, true), Kind::overtakes};
    asio::io_context ctx;
    std::vector<event> events;
    int const walks = walk_on<Kind>(ctx, model{how}, events, support::effort(6U, 5U));
    CAPTURE(walks);
    CHECK(walks > 1000);
    CHECK(counted::alive() == 0);
}

} // namespace

TEST_CASE("mpsc closing: every order of permits, reserves, cancellation, close and departures") {
    walk_all<bounded_mpsc>();
}

TEST_CASE("mpmc closing: with one receiver, in every order as mpsc") { walk_all<bounded_mpmc>(); }

} // namespace mpsc_closing_walk_test
