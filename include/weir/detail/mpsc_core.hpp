// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_MPSC_CORE_HPP
#define WEIR_DETAIL_MPSC_CORE_HPP

// The bounded channel with many senders and one receiver, without executors.
//
// The slots, and how values go through them without a lock: mpsc_slots.hpp, protocols [S] and [H]. The receiver that
// waits: channel_waits.hpp, protocols [R] and [C]. Here are the senders that wait, under the same mutex.
//
//   [W] senders wait. A sender that finds no room sets the flag under the mutex and then looks at the head once
//       more; the receiver moves the head and then looks whether anybody waits. These four accesses are seq_cst: one of the
//       two sees the other. The receiver looks at a copy of the flag, because the word's line is the senders'. While the
//       flag is set nobody but the queue's front gets a slot, and gets it at once: freed
//       slots become reserved slots of the front request (`granted`), which its operation uses or gives back.
//   [L] lanes. Whose send was granted a slot and has not looked yet (sender_queue.hpp says what for). Stored under the
//       mutex before the flag of [W] goes; a sender that finds the flag gone finds the lanes of its own earlier sends.
//   [C] "Closed and drained" is: closed, nothing reserved, tail == head. Every path that can make it true (close, a
//       reserved slot given back) looks for a waiting receiver afterwards.

#include <weir/detail/channel_owners.hpp>
#include <weir/detail/channel_word.hpp>
#include <weir/detail/config.hpp>
#include <weir/detail/endpoint_operations.hpp>
#include <weir/detail/mpsc_slots.hpp>
#include <weir/detail/sender_name.hpp>
#include <weir/detail/sender_queue.hpp>
#include <weir/detail/smaller.hpp>
#include <weir/detail/waiter.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <utility>

namespace weir::detail {

template <class T, class Threading>
class mpsc_core
    : public channel_owners<mpsc_core<T, Threading>, Threading>
    , public sender_names<Threading>
    , public mpsc_slots<T, Threading> {
    using slots = mpsc_slots<T, Threading>;
    using typename slots::position;
    using typename slots::word;
    using enum channel_word::flag;
    using slots::admit;
    using slots::head_;
    using slots::mutex_;
    using slots::next_;
    using slots::one_reserved;
    using slots::one_sent;
    using slots::reserved_of;
    using slots::tail_of;
    using slots::wake_receiver;
    using slots::word_;

public:
    using value_type = T;

    explicit mpsc_core(std::size_t wanted) : mpsc_core::channel_owners(1), slots(checked_capacity(wanted)) {}

    ~mpsc_core() { drain(); }

    // --- senders -------------------------------------------------------------------------------------------------

    /// Sends `value` if there is room, nobody waits for it, and the sender of that name has sent what it started to send
    /// before; else leaves it alone.
    template <class U>
    attempt try_send(U&& value, sender_name name) {
        word s{};
        if (auto const a = admit(one_sent, 1, s, behind_own(name)); a != attempt::done) {
            return a;
        }
        put(s, std::forward<U>(value));
        return attempt::done;
    }

    attempt try_reserve(std::uint32_t n, sender_name name) {
        word s{};
        return admit(n * one_reserved, n, s, behind_own(name));
    }

    /// Reserves what there is, `most` at the most.
    std::uint32_t try_reserve_up_to(std::uint32_t most, sender_name name) {
        auto n = smaller(most, static_cast<std::uint32_t>(this->capacity()));
        while (n != 0 && try_reserve(n, name) != attempt::done) {
            n = this->is_closed() ? 0 : smaller(n - 1, static_cast<std::uint32_t>(this->capacity()));
        }
        return n;
    }

    /// Sends with a slot that the caller has reserved.
    void send_reserved(T&& value) {
        word s = word_.load(std::memory_order_relaxed); // [S] a guess, the exchange decides
        do {
            if ((s & receiver_gone) != 0) {
                return_slots(1); // nobody will take the value: the caller destroys it
                return;
            }
        } while (!word_.compare_exchange_weak(s, (s + one_sent - one_reserved) & ~receiver_waits,
                                              std::memory_order_acq_rel,
                                              std::memory_order_relaxed)); // [S] [R]
        put(s, std::move(value));
    }

    /// Gives reserved slots back, to the next who waits for them.
    void return_slots(std::uint32_t n) noexcept {
        if (n == 0) {
            return;
        }
        wake_batch woken;
        word const s = word_.fetch_sub(n * one_reserved, std::memory_order_acq_rel); // [S]
        bool const may_be_drained = (s & closed_flag) != 0 && reserved_of(s) == n;
        if ((s & senders_wait) != 0 || may_be_drained) {
            std::lock_guard lock(mutex_);
            grant(woken);
            if (may_be_drained) {
                wake_receiver(woken); // [C]
            }
        }
    }

    /// Queues a request, or tells that it was served or refused at once.
    wait_result request(slot_request& r, waiter& w) {
        this->ring_.make_slots();
        wake_batch woken;
        std::lock_guard lock(mutex_);
        r.who = &w;
        if (!r.is_linked() && !r.is_settled()) {
            if (this->is_closed()) {
                r.refused = true;
            } else {
                word_.fetch_or(senders_wait, std::memory_order_acq_rel);   // [W] under the mutex
                this->has_waiting_.store(true, std::memory_order_seq_cst); // [W] before the head is looked at
                senders_.push_back(r);
                grant(woken, &r);
            }
        }
        return r.is_settled() ? wait_result::look_again : wait_result::parked;
    }

    /// What has become of a queued request. `done`: its slots are the caller's now.
    attempt claim(slot_request& r) noexcept {
        wake_batch woken;
        std::lock_guard lock(mutex_);
        if (r.refused) {
            return attempt::closed;
        }
        if (!r.may_look()) {
            return attempt::not_now;
        }
        auto const granted = senders_.leave(r, woken);
        let_pass();
        if ((word_.load(std::memory_order_relaxed) & receiver_gone) != 0) {     // [S] set under the mutex
            word_.fetch_sub(granted * one_reserved, std::memory_order_acq_rel); // [S]
            return attempt::closed;
        }
        return attempt::done;
    }

    /// Takes a request out and passes on what it had been given.
    void withdraw(slot_request& r) noexcept {
        wake_batch woken;
        std::uint32_t unused = 0;
        {
            std::lock_guard lock(mutex_);
            unused = senders_.leave(r, woken);
            grant(woken); // another may be the front now, or nobody
        }
        return_slots(unused);
    }

    // --- receiver ------------------------------------------------------------------------------------------------

    /// Takes the next value with `consume(T&&)`. `closed`: closed and drained, for ever.
    template <class F>
    attempt try_take(F&& consume) {
        free_at_exit freeing{*this};
        return this->take_slot(consume);
    }

    /// Takes up to `limit` values in one step.
    template <class F>
    std::size_t try_take_many(F&& consume, std::size_t limit) {
        free_at_exit freeing{*this};
        std::size_t n = 0;
        while (n < limit && this->take_slot(consume) == attempt::done) {
            ++n;
        }
        return n;
    }

    wait_result park_receiver(waiter& w) {
        return this->park_receiver_unless(
            [this](word s) {
                return tail_of(s) != next_ || (s & receiver_gone) != 0 ||
                       ((s & closed_flag) != 0 && reserved_of(s) == 0);
            },
            w);
    }

    /// The receiver's handle goes: refuses everything, destroys what is there.
    void abandon_receiver() noexcept {
        this->has_receiver_left_ = true;
        close(receiver_gone);
        this->sweep([this] { drain(); });
    }

    // --- both ----------------------------------------------------------------------------------------------------

    void close(word also = 0) noexcept {
        wake_batch woken;
        std::lock_guard lock(mutex_);
        word const before = word_.fetch_or(closed_flag | also, std::memory_order_seq_cst); // [S] [C] [G]
        if ((before & closed_flag) == 0) {
            refuse_all(woken);
        }
        word const s = word_.load(std::memory_order_acquire); // [C]
        if (also != 0 || (reserved_of(s) == 0 && tail_of(s) == head_.load(std::memory_order_acquire))) {
            wake_receiver(woken);
        }
    }

private:
    /// For admit(): whether an earlier send of the same sender has not sent yet. Called when the flag of [W] was gone.
    [[nodiscard]] auto behind_own(sender_name name) noexcept {
        return [this, name] {
            auto const lanes = lanes_.load(std::memory_order_acquire); // [L]
            return lanes != 0 && (lanes & sender_queue::bit_of(name)) != 0 && is_behind(name);
        };
    }

    [[nodiscard]] WEIR_NOINLINE bool is_behind(sender_name name) noexcept {
        std::lock_guard lock(mutex_);
        return senders_.is_behind(name);
    }

    /// Writes the value of the position that was sent when the word was `before`, and wakes the receiver if it waited.
    template <class U>
    void put(word before, U&& value) {
        auto const p = tail_of(before);
        auto const write = [this, p](auto&& v) { this->ring_.at(p).put(p, std::forward<decltype(v)>(v)); };
        this->template publish<T>(before, std::forward<U>(value), write, [this] { drain(); });
    }

    /// Tells the senders of what was taken, also when the value's move threw.
    struct free_at_exit {
        mpsc_core& core;
        position before = core.next_;

        ~free_at_exit() {
            if (core.next_ != before) {
                core.after_taking();
            }
        }
    };

    /// Frees the slots behind next_, for the longest waiting sender if there is one.
    void after_taking() noexcept {
        head_.store(next_, std::memory_order_seq_cst);            // [H] [W] before the flag is looked at
        if (this->has_waiting_.load(std::memory_order_seq_cst)) { // [W] after the head was moved
            wake_batch woken;
            std::lock_guard lock(mutex_);
            grant(woken);
        }
    }

    /// Gives free slots to the queue's front, in order. Under the mutex. `quiet` asks for itself: not woken.
    void grant(wake_batch& woken, slot_request const* quiet = nullptr) noexcept {
        senders_.grant(woken, quiet, [this](std::uint32_t most) {
            word const s = word_.load(std::memory_order_acquire);        // [S]
            position const head = head_.load(std::memory_order_seq_cst); // [W] after the flag was set
            auto const used =
                position(tail_of(s) - head) + reserved_of(s); // never too small: the head only rises
            auto const n = smaller(this->capacity_ - smaller(used, this->capacity_), most);
            if (n != 0) { // [S] with the flag set only we add
                word_.fetch_add(n * one_reserved, std::memory_order_acq_rel);
            }
            return n;
        });
        let_pass();
    }

    /// After a change of the queue, under the mutex: new sends may pass, if nobody waits.
    void let_pass() noexcept {
        if (auto const now = senders_.lanes();
            now != lanes_.load(std::memory_order_relaxed)) { // [L] the mutex
            lanes_.store(now, std::memory_order_release);    // [L] before the flag
        }
        if (senders_.empty()) {
            word_.fetch_and(~senders_wait, std::memory_order_acq_rel);  // [W]
            this->has_waiting_.store(false, std::memory_order_relaxed); // [W] who sees it late finds nobody
        }
    }

    void refuse_all(wake_batch& woken) noexcept { // under the mutex
        word_.fetch_sub(senders_.refuse_all(woken) * one_reserved, std::memory_order_acq_rel); // [S]
        word_.fetch_and(~senders_wait, std::memory_order_acq_rel);                             // [W]
        this->has_waiting_.store(false, std::memory_order_relaxed);                            // [W]
        this->wait_closed_.wake_all(woken);
    }

    /// Destroys what has been sent and not taken.
    void drain() noexcept {
        free_at_exit freeing{*this};
        auto const discard = [](T&&) noexcept {};
        while (this->take_slot(discard, std::memory_order_seq_cst) == attempt::done) { // [G] after the flag
        }
    }

    sender_queue senders_;                                       // mutex_
    typename Threading::template atomic<sender_lanes> lanes_{0}; // [L] of senders_; written under mutex_
};

} // namespace weir::detail

#endif
