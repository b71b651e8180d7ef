// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_MPMC_STATE_HPP
#define WEIR_DETAIL_MPMC_STATE_HPP

// The state of the bounded channel with many senders and many receivers, and all its transitions. Each is called under
// the channel's mutex (mpmc_values.hpp) and runs no user code: it does not make, move or destroy a value.
//
// A slot is free, or busy, or holds a value that is ready. Busy is a slot that is reserved (a permit, a granted request), or
// whose value is being written, taken out or destroyed just now.
//
//   Senders wait in a queue; a slot that becomes free is granted to the front at once. While somebody waits no slot is
//   free, so all nodes have been made, and granting cannot fail. What one sender started first it sends first
//   (sender_queue.hpp).
//
//   Receives wait in a queue. A value that becomes ready is promised to the front, which is woken; it takes a value,
//   not necessarily that one, when it looks. Nobody else takes one while ready <= promised. So who was promised finds a
//   value; who stops waiting passes the promise on. While somebody waits, ready <= promised.
//
//   The end is: closed, nothing busy, nothing ready. It never goes back, so whoever finds it may say so for ever. Every
//   transition that can bring it about wakes all who wait for a value.

#include <weir/detail/config.hpp>
#include <weir/detail/endpoint_operations.hpp>
#include <weir/detail/intrusive_list.hpp>
#include <weir/detail/sender_queue.hpp>
#include <weir/detail/smaller.hpp>
#include <weir/detail/value_nodes.hpp>
#include <weir/detail/waiter.hpp>

#include <cstddef>
#include <utility>

namespace weir::detail {

/// What the channel knows of one receiver.
struct mpmc_receiver {
    bool has_gone = false; // guarded by the channel's mutex
};

/// A receive's place in the queue. Guarded by the channel's mutex.
struct value_request : list_hook<> {
    explicit value_request(mpmc_receiver const& receiver) noexcept : of(&receiver) {}

    waiter* who = nullptr;
    mpmc_receiver const* of;
    bool promised = false; // woken for a value, and has not looked yet
    bool refused = false;  // has looked, and its receiver has gone
};

template <class T>
class mpmc_state {
    using node = value_node<T>;
    using list = node_list<T>;

public:
    explicit mpmc_state(std::size_t capacity) noexcept : capacity_(capacity), nodes_(capacity) {}

    /// Never changes, so it may be called without the mutex.
    [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

    [[nodiscard]] bool is_closed() const noexcept { return is_closed_; }

    [[nodiscard]] bool has_receivers() const noexcept { return receivers_ != 0; }

    [[nodiscard]] std::size_t free_slots() const noexcept { return capacity_ - busy_ - ready_.size(); }

    [[nodiscard]] std::size_t ready() const noexcept { return ready_.size(); }

    // --- slots ---------------------------------------------------------------------------------------------------

    /// Makes `n` slots busy, if so many are free, nobody waits for them, and the sender of that name has sent what
    /// it started to send before. If it throws nothing has happened.
    attempt reserve(std::size_t n, sender_name name) {
        if (is_closed_) {
            return attempt::closed;
        }
        if (n != 0 && (!senders_.empty() || senders_.is_behind(name) || n > free_slots())) {
            return attempt::not_now;
        }
        nodes_.reserve(capacity_ - free_slots() + n);
        busy_ += n;
        return attempt::done;
    }

    /// Busy slots become free.
    void free(std::size_t n, wake_batch& woken) noexcept {
        busy_ -= n;
        grant(woken);
        end_if_drained(woken);
    }

    wait_result request(slot_request& r, waiter& w, wake_batch& woken) {
        r.who = &w;
        if (!r.is_linked() && !r.is_settled()) {
            if (is_closed_) {
                r.refused = true;
            } else {
                nodes_.reserve(smaller(capacity_, capacity_ - free_slots() + r.wanted));
                senders_.push_back(r);
                grant(woken, &r);
            }
        }
        return r.is_settled() ? wait_result::look_again : wait_result::parked;
    }

    /// `done`: its slots are the caller's now.
    attempt claim(slot_request& r, wake_batch& woken) noexcept {
        if (r.refused) {
            return attempt::closed;
        }
        if (!r.may_look()) {
            return attempt::not_now;
        }
        auto const granted = senders_.leave(r, woken);
        if (!has_receivers()) {
            free(granted, woken);
            return attempt::closed;
        }
        return attempt::done;
    }

    void withdraw(slot_request& r, wake_batch& woken) noexcept { free(senders_.leave(r, woken), woken); }

    // --- values --------------------------------------------------------------------------------------------------

    /// A node for a busy slot.
    [[nodiscard]] node& take_node() noexcept { return nodes_.take(); }

    /// Queues a value that was written into a busy slot. There must be receivers.
    void publish(node& n, wake_batch& woken) noexcept {
        --busy_;
        ready_.push_back(n);
        promise(woken);
    }

    /// Takes out what the receive may have, `most` at the most; it holds no promise any more if that is something.
    [[nodiscard]] list take(value_request& r, std::size_t most) noexcept {
        list out;
        r.refused = r.of->has_gone;
        auto const others = promised_ - (r.promised ? 1 : 0);
        if (r.refused || ready_.size() <= others) {
            return out;
        }
        for (auto n = smaller(most, ready_.size() - others); n != 0; --n) {
            out.push_back(ready_.pop_front());
            ++busy_;
        }
        if (!out.empty() && std::exchange(r.promised, false)) {
            --promised_;
        }
        return out;
    }

    /// Takes out everything, for nobody.
    [[nodiscard]] list take_all() noexcept {
        busy_ += ready_.size();
        return std::move(ready_);
    }

    /// Values that were taken out, and were not consumed, are the next again. There must be receivers.
    void put_back(list values, wake_batch& woken) noexcept {
        busy_ -= values.size();
        ready_.prepend(std::move(values));
        promise(woken);
    }

    /// The nodes of values that are gone, and their slots, become free.
    void free(list nodes, wake_batch& woken) noexcept {
        auto const n = nodes.size();
        while (!nodes.empty()) {
            nodes_.give_back(nodes.pop_front());
        }
        free(n, woken);
    }

    // --- receives ------------------------------------------------------------------------------------------------

    /// Why a receive could take nothing. `closed`: none will come, or it was refused.
    [[nodiscard]] attempt why_nothing(value_request const& r) const noexcept {
        return r.refused || is_drained() ? attempt::closed : attempt::not_now;
    }

    wait_result park(value_request& r, waiter& w) noexcept {
        r.who = &w;
        if (r.promised || r.of->has_gone || is_drained()) {
            return wait_result::look_again;
        }
        if (ready_.size() > promised_) { // came before whoever asks later
            r.promised = true;
            ++promised_;
            return wait_result::look_again;
        }
        if (!r.is_linked()) {
            waiting_.push_back(r);
        }
        return wait_result::parked;
    }

    void withdraw(value_request& r, wake_batch& woken) noexcept {
        if (r.is_linked()) {
            r.unlink();
        }
        if (std::exchange(r.promised, false)) {
            --promised_;
            promise(woken);
        }
    }

    void add_receiver() noexcept { ++receivers_; }

    /// Its receives come to look, and end. Those that were promised a value pass it on when they do.
    void remove_receiver(mpmc_receiver& gone, wake_batch& woken) noexcept {
        gone.has_gone = true;
        intrusive_list<value_request> others;
        while (value_request* const r = waiting_.pop_front()) {
            if (r->of == &gone) {
                r->who->wake(woken);
            } else {
                others.push_back(*r);
            }
        }
        waiting_.append(others);
        --receivers_;
    }

    // --- closing -------------------------------------------------------------------------------------------------

    void close(wake_batch& woken) noexcept {
        if (std::exchange(is_closed_, true)) {
            return;
        }
        busy_ -= senders_.refuse_all(woken);
        wait_closed_.wake_all(woken);
        end_if_drained(woken);
    }

    wait_result park_closed(waiter& w) noexcept {
        return is_closed_ ? wait_result::look_again : wait_closed_.park(w);
    }

private:
    /// Gives free slots to the queue's front, in order. `quiet` asks for itself: not woken.
    void grant(wake_batch& woken, slot_request const* quiet = nullptr) noexcept {
        senders_.grant(woken, quiet, [this](std::uint32_t most) {
            auto const n = static_cast<std::uint32_t>(smaller<std::size_t>(free_slots(), most));
            busy_ += n;
            return n;
        });
    }

    /// Promises what is ready to those who wait longest.
    void promise(wake_batch& woken) noexcept {
        woken.run_beside(); // else the first to run would take what the others were woken for
        while (ready_.size() > promised_ && !waiting_.empty()) {
            value_request* const r = waiting_.pop_front();
            r->promised = true;
            ++promised_;
            r->who->wake(woken);
        }
    }

    [[nodiscard]] bool is_drained() const noexcept { return is_closed_ && busy_ == 0 && ready_.empty(); }

    void end_if_drained(wake_batch& woken) noexcept {
        if (is_drained()) {
            while (value_request* const r = waiting_.pop_front()) {
                r->who->wake(woken);
            }
        }
    }

    std::size_t const capacity_;
    bool is_closed_ = false;
    std::size_t busy_ = 0;
    std::size_t promised_ = 0; // receives that were woken for a value and have not looked yet
    std::size_t receivers_ = 0;
    node_pool<T> nodes_;
    list ready_;
    sender_queue senders_;
    intrusive_list<value_request> waiting_; // receives
    waiter_list wait_closed_;
};

} // namespace weir::detail

#endif
