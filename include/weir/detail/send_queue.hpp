// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_SEND_QUEUE_HPP
#define WEIR_DETAIL_SEND_QUEUE_HPP

// The lossless senders of a broadcast (broadcast_core.hpp), in the order in which they came. All of it is called under
// the ring's mutex.
//
// A slot that becomes free is promised to the front, which is woken; it sends when it runs. An overwriting send may
// take the promised slot meanwhile: then the sender goes back to the front. `has_room(n)` says whether there is room
// for one value behind the n that were promised to others.

#include <weir/detail/config.hpp>
#include <weir/detail/intrusive_list.hpp>
#include <weir/detail/waiter.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>

namespace weir::detail {

/// A lossless sender's place in the queue. Guarded by the ring's mutex.
struct send_ticket : list_hook<> {
    waiter* who = nullptr;
    std::uint64_t number = 0; // its place in the order of arrival
    bool promised = false;    // a slot was free for it when it was woken
};

class send_queue {
public:
    template <class F>
    [[nodiscard]] bool may_send(send_ticket const& ticket, F has_room) {
        return ticket.promised ? has_room(std::size_t{0}) : waiting_.empty() && has_room(promised_);
    }

    /// Queues a ticket, unless it stands there. One whose promised slot was overwritten is the first again.
    void wait(send_ticket& ticket) {
        if (std::exchange(ticket.promised, false)) {
            --promised_;
            waiting_.insert_before_first(ticket,
                                         [&](send_ticket const& t) { return t.number > ticket.number; });
        } else if (!ticket.is_linked()) {
            ticket.number = ++last_number_;
            waiting_.push_back(ticket);
        }
    }

    /// The ticket wants nothing any more.
    void settle(send_ticket& ticket) noexcept {
        if (ticket.is_linked()) {
            ticket.unlink();
        }
        if (std::exchange(ticket.promised, false)) {
            --promised_;
        }
    }

    /// Somebody waits for a slot.
    [[nodiscard]] bool is_waiting() const noexcept { return !waiting_.empty(); }

    template <class F>
    void promise_free_slots(wake_batch& woken, F has_room) noexcept {
        while (!waiting_.empty() && has_room(promised_)) {
            send_ticket* t = waiting_.pop_front();
            t->promised = true;
            ++promised_;
            t->who->wake(woken);
        }
    }

    void wake_all(wake_batch& woken) noexcept {
        while (send_ticket* t = waiting_.pop_front()) {
            t->who->wake(woken);
        }
    }

private:
    intrusive_list<send_ticket> waiting_;
    std::uint64_t last_number_ = 0;
    std::size_t promised_ = 0; // woken for a slot, and have not sent yet
};

} // namespace weir::detail

#endif
