// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#include <weir/mpsc.hpp>

#include "support/catch.hpp"
#include "support/effort.hpp"
#include "support/outcome.hpp"
#include "support/values.hpp"

#include <weir/broadcast.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <random>
#include <utility>
#include <vector>

// Long random walks over the operations of a channel whose waiting is intricate, beside a model of a few numbers: sends and
// reserves of several slots that queue in an mpsc channel, and senders of a broadcast channel that wait for its receivers.
// unit/mpsc_closing_walk.cpp walks through all short ways.

namespace random_walks_test {

namespace asio = boost::asio;
using support::counted;
using support::outcome;
using support::poll;

namespace {

using executor = asio::io_context::executor_type;
using permits = weir::mpsc::permits<counted, executor>;

/// Who waits for slots of an mpsc channel, or has just been told what became of it.
struct request {
    enum fate { queued, refused, cancelled, sent, rejected, over }; // sent, rejected: by the call itself

    fate state = queued;
    bool is_send = false;
    int value = 0;
    int wanted = 1;
    int granted = 0;
    bool in_queue = true; // has not got all
    outcome<> send_done;
    outcome<std::optional<permits>> reserve_done;
    asio::cancellation_signal signal;
};

class mpsc_walk {
public:
    mpsc_walk(asio::io_context& ctx, unsigned seed)
        : ctx_(ctx),
          random_(seed),
          capacity_(1 + below(5)),
          ends_(weir::mpsc::channel<counted>(ctx.get_executor(), static_cast<std::size_t>(capacity_))) {}

    /// Whether all was as the model says.
    bool walk(int steps) {
        for (int n = 0; n != steps && right_; ++n) {
            if (n == steps - steps / 8) {
                close();
            }
            step();
            compare();
        }
        held_.clear();
        for (auto& r : requests_) { // who collected slots in vain passes them on
            r->signal.emit(asio::cancellation_type::terminal);
        }
        poll(ctx_);
        auto const ended = [](auto const& r) {
            return (r->is_send ? r->send_done.calls() : r->reserve_done.calls()) == 1;
        };
        return right_ && std::all_of(requests_.begin(), requests_.end(), ended);
    }

private:
    int below(int n) { return static_cast<int>(random_() % static_cast<unsigned>(n)); }

    void step() {
        switch (below(12)) {
        case 0:
            expect(tx_.try_send(counted(next_)) == may_take(1));
            note_sent(may_take(1));
            break;
        case 1:
            send();
            break;
        case 2:
        case 3:
            reserve();
            break;
        case 4:
            try_reserve(below(capacity_ + 1));
            break;
        case 5:
            use();
            break;
        case 6:
            drop();
            break;
        case 7:
            cancel();
            break;
        case 8:
            see(rx_.try_receive());
            break;
        case 9:
            receive_many();
            break;
        case 10:
            wait_to_receive();
            break;
        default:
            run();
        }
    }

    [[nodiscard]] int reserved() const {
        int all = 0;
        for (auto const& p : held_) {
            all += static_cast<int>(p.size());
        }
        for (auto const& r : requests_) {
            all += r->granted;
        }
        return all;
    }

    [[nodiscard]] int free() const { return capacity_ - static_cast<int>(inside_.size()) - reserved(); }

    [[nodiscard]] static bool is_waiting(std::unique_ptr<request> const& r) {
        return r->state == request::queued && r->in_queue && r->wanted != 0;
    }

    /// Has its slot, and is not to be overtaken before it has looked.
    [[nodiscard]] static bool is_about_to_send(std::unique_ptr<request> const& r) {
        return r->is_send && r->state == request::queued && !r->in_queue;
    }

    [[nodiscard]] bool may_take(int n) const {
        auto const is_before = [](auto const& r) { return is_waiting(r) || is_about_to_send(r); };
        return !closed_ &&
               (n == 0 || (free() >= n && std::none_of(requests_.begin(), requests_.end(), is_before)));
    }

    void note_sent(bool sent) {
        if (sent) {
            inside_.push_back(next_++);
        }
    }

    /// Free slots go to the longest waiting, which collects them.
    void grant() {
        for (auto& r : requests_) {
            if (is_waiting(r)) {
                r->granted += std::min(free(), r->wanted - r->granted);
                r->in_queue = r->granted != r->wanted;
                if (r->in_queue) {
                    return;
                }
            }
        }
    }

    void send() {
        bool const at_once = may_take(1);
        auto& r = *requests_.emplace_back(std::make_unique<request>());
        r.is_send = true;
        r.value = next_;
        tx_.async_send(counted(next_), asio::bind_cancellation_slot(r.signal.slot(), r.send_done.handler()));
        if (at_once) {
            r.state = request::sent;
            note_sent(true);
        } else {
            ++next_;
            r.state = closed_ ? request::rejected : request::queued;
            r.in_queue = true;
            grant(); // there may be room that others, who are about to send, do not want
        }
    }

    void reserve() {
        int const n = below(capacity_ + 1);
        auto r = std::make_unique<request>();
        r->wanted = n;
        r->state = closed_ && n != 0 ? request::refused : request::queued;
        tx_.async_reserve_many(static_cast<std::size_t>(n),
                               asio::bind_cancellation_slot(r->signal.slot(), r->reserve_done.handler()));
        requests_.push_back(std::move(r));
        grant();
    }

    void try_reserve(int n) {
        bool const expected = may_take(n);
        auto slots = tx_.try_reserve_many(static_cast<std::size_t>(n));
        expect(slots.has_value() == expected);
        if (slots) {
            held_.push_back(std::move(*slots));
        }
    }

    void use() {
        if (!held_.empty() && held_.front().size() != 0) {
            held_.front().send(counted(next_));
            note_sent(true);
        }
    }

    void drop() {
        if (!held_.empty()) {
            held_.pop_front();
            grant();
        }
    }

    void cancel() {
        if (requests_.empty()) {
            return;
        }
        auto& r = *requests_[static_cast<std::size_t>(below(static_cast<int>(requests_.size())))];
        r.signal.emit(asio::cancellation_type::partial);
        if (r.state == request::queued || r.state == request::refused) {
            r.state = request::cancelled;
            r.granted = 0;
            grant();
        }
    }

    void close() {
        closed_ = true;
        rx_.close();
        for (auto& r : requests_) {
            if (is_waiting(r)) {
                r->state = request::refused;
                r->granted = 0;
            }
        }
    }

    void see(std::optional<counted> value) {
        expect(value.has_value() == !inside_.empty());
        if (value && !inside_.empty()) {
            expect(value->value() == inside_.front());
            inside_.pop_front();
            grant();
        }
    }

    void receive_many() {
        std::vector<counted> out;
        auto const limit = static_cast<std::size_t>(below(4));
        auto const expected = std::min(limit, inside_.size());
        expect(rx_.try_receive_many(out, limit) == expected && out.size() == expected);
        for (auto const& v : out) {
            expect(v.value() == inside_.front());
            inside_.pop_front();
        }
        grant();
    }

    void wait_to_receive() {
        if (!receive_) {
            receive_ = std::make_unique<outcome<std::optional<counted>>>();
            rx_.async_receive(receive_->handler());
        }
    }

    /// Lets everything that is ready run.
    void run() {
        poll(ctx_);
        for (bool again = true; again;) {
            if (again = receive_ && !inside_.empty() && receive_->is_success(); again) {
                see(std::move(receive_->value()));
                receive_.reset();
            }
            for (auto& r : requests_) {
                if (r->state != request::over && !is_waiting(r)) {
                    again = true;
                    complete(*r);
                }
            }
        }
        if (receive_ && closed_ && inside_.empty() && reserved() == 0) {
            expect(receive_->is_success() && !receive_->value());
            receive_.reset();
        }
        expect(!receive_ || receive_->is_pending());
    }

    void complete(request& r) {
        bool const granted = r.state == request::queued && (r.wanted != 0 || !closed_);
        r.granted = 0;
        if (r.is_send) {
            expect(has_ended(r.send_done, r.state, granted));
            inside_.insert(inside_.end(), granted ? 1 : 0, r.value);
        } else {
            expect(has_ended(r.reserve_done, r.state, granted));
            if (granted && r.reserve_done.is_success()) {
                held_.push_back(std::move(*r.reserve_done.value()));
                expect(held_.back().size() == static_cast<std::size_t>(r.wanted));
                r.reserve_done.value().reset();
            }
        }
        r.state = request::over;
    }

    template <class Value>
    static bool has_ended(outcome<Value> const& done, request::fate state, bool granted) {
        return granted || state == request::sent ? done.is_success()
               : state == request::cancelled     ? done.is_failure(asio::error::operation_aborted)
                                                 : done.is_failure(weir::errc::closed);
    }

    void compare() {
        expect(tx_.capacity() == static_cast<std::size_t>(free()));
        expect(rx_.size() == inside_.size());
        expect(tx_.is_closed() == closed_);
    }

    void expect(bool is_right) { right_ = right_ && is_right; }

    asio::io_context& ctx_;
    std::mt19937 random_;
    int capacity_;
    std::pair<weir::mpsc::sender<counted, executor>, weir::mpsc::receiver<counted, executor>> ends_;
    weir::mpsc::sender<counted, executor>& tx_ = ends_.first;
    weir::mpsc::receiver<counted, executor>& rx_ = ends_.second;
    std::deque<int> inside_; // the values that were sent and not received
    std::deque<permits> held_;
    std::vector<std::unique_ptr<request>> requests_;
    std::unique_ptr<outcome<std::optional<counted>>> receive_; // one at a time
    int next_ = 0;
    bool closed_ = false;
    bool right_ = true;
};

constexpr unsigned walks = support::effort(2000U, 300U);

} // namespace

TEST_CASE("mpsc random: sends, reserves of several, permits and cancellation, against a model") {
    asio::io_context ctx;
    for (unsigned seed = 0; seed != walks; ++seed) {
        CAPTURE(seed);
        mpsc_walk w(ctx, seed);
        REQUIRE(w.walk(80));
    }
    poll(ctx);
    CHECK(counted::alive() == 0);
}

namespace {

class broadcast_walk {
public:
    broadcast_walk(asio::io_context& ctx, unsigned seed)
        : ctx_(ctx),
          random_(seed),
          capacity_(std::size_t{1} << seed % 3),
          tx_(make(ctx, capacity_, receivers_)),
          places_{0} {}

    bool walk(int steps) {
        for (int n = 0; n != steps && right_; ++n) {
            step();
            poll(ctx_);
            settle();
            for (std::size_t i = 0; i != receivers_.size(); ++i) {
                right_ = right_ && receivers_[i].size() == unread(places_[i]);
            }
        }
        receivers_.clear();
        poll(ctx_);
        return right_ && std::all_of(senders_.begin(), senders_.end(),
                                     [](auto const& s) { return s->done.calls() == 1; });
    }

private:
    using receiver = weir::broadcast::receiver<counted, executor>;
    using sender = weir::broadcast::sender<counted, executor>;

    struct waiting {
        int value;
        outcome<> done;
        asio::cancellation_signal signal;
    };

    static sender make(asio::io_context& ctx, std::size_t capacity, std::vector<receiver>& receivers) {
        auto ends = weir::broadcast::channel<counted>(ctx.get_executor(), capacity);
        receivers.push_back(std::move(ends.second));
        return std::move(ends.first);
    }

    std::size_t below(std::size_t n) { return random_() % n; }

    [[nodiscard]] std::size_t oldest() const { return log_.size() - std::min(log_.size(), capacity_); }

    [[nodiscard]] std::size_t unread(std::size_t place) const {
        return log_.size() - std::max(place, oldest());
    }

    [[nodiscard]] bool has_room() const {
        return std::all_of(places_.begin(), places_.end(),
                           [&](std::size_t p) { return unread(p) < capacity_; });
    }

    void step() {
        auto const what = below(12);
        auto const who = places_.empty() ? 0 : below(places_.size());
        if (what < 4) {
            auto& s = *senders_.emplace_back(std::make_unique<waiting>());
            s.value = next_++;
            queue_.push_back(senders_.size() - 1);
            tx_.async_send(counted(s.value), asio::bind_cancellation_slot(s.signal.slot(), s.done.handler()));
        } else if (what == 4) {
            right_ = right_ && tx_.send(counted(next_)) == places_.size();
            if (!places_.empty()) {
                log_.push_back(next_);
            }
            ++next_;
        } else if (what == 5 && !queue_.empty()) {
            auto const place = queue_.begin() + static_cast<std::ptrdiff_t>(below(queue_.size()));
            senders_[*place]->signal.emit(asio::cancellation_type::total);
            poll(ctx_);
            right_ = right_ && senders_[*place]->done.is_failure(asio::error::operation_aborted);
            queue_.erase(place);
        } else if (what == 6 && places_.size() < 4) {
            receivers_.push_back(tx_.subscribe());
            places_.push_back(log_.size());
        } else if (what == 7 && !places_.empty() && places_.size() < 4) {
            receivers_.push_back(receivers_[who]);
            places_.push_back(places_[who]);
        } else if (what == 8 && !places_.empty() && below(3) == 0) {
            receivers_.erase(receivers_.begin() + static_cast<std::ptrdiff_t>(who));
            places_.erase(places_.begin() + static_cast<std::ptrdiff_t>(who));
        } else if (!places_.empty()) {
            receive(who);
        }
    }

    void receive(std::size_t who) {
        auto const value = receivers_[who].try_receive();
        auto const at = std::max(places_[who], oldest());
        right_ = right_ && value.has_value() == (at != log_.size());
        if (value && at != log_.size()) {
            right_ = right_ && value->value() == log_[at];
            right_ = right_ && receivers_[who].missed() == at - places_[who];
            places_[who] = at + 1;
        }
    }

    /// Who waits sends in order, when nobody has to miss a value for it.
    void settle() {
        while (!queue_.empty() && (places_.empty() || has_room())) {
            auto const& s = *senders_[queue_.front()];
            queue_.pop_front();
            if (places_.empty()) {
                right_ = right_ && s.done.is_failure(weir::errc::closed);
            } else {
                right_ = right_ && s.done.is_success();
                log_.push_back(s.value);
            }
        }
        for (auto const n : queue_) {
            right_ = right_ && senders_[n]->done.is_pending();
        }
    }

    asio::io_context& ctx_;
    std::mt19937 random_;
    std::size_t capacity_;
    std::vector<receiver> receivers_;
    sender tx_;
    std::vector<std::size_t> places_; // of the receivers
    std::vector<int> log_;            // all that was sent
    std::vector<std::unique_ptr<waiting>> senders_;
    std::deque<std::size_t> queue_; // of senders that wait
    int next_ = 0;
    bool right_ = true;
};

} // namespace

TEST_CASE(
    "broadcast random: senders that wait, senders that do not, receivers that come and go, against a model") {
    asio::io_context ctx;
    for (unsigned seed = 0; seed != walks; ++seed) {
        CAPTURE(seed);
        broadcast_walk w(ctx, seed);
        REQUIRE(w.walk(80));
    }
    poll(ctx);
    CHECK(counted::alive() == 0);
}

} // namespace random_walks_test
