// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_SENDER_QUEUE_HPP
#define WEIR_DETAIL_SENDER_QUEUE_HPP

// How senders wait for room in a bounded channel: each queues a request, and slots are granted to the queue's front.
//
// A request that was granted all its slots has left the queue, is woken, and has not looked yet: until it does, its
// sender's next send must not pass it, because what one sender started first it sends first. Other senders may: would they
// wait as well, then with three of them each message would be waited for, for ever. Senders are told apart by their names,
// and quickly by the lane that a name has.

#include <weir/detail/intrusive_list.hpp>
#include <weir/detail/sender_name.hpp>
#include <weir/detail/waiter.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace weir::detail {

/// A set of lanes.
using sender_lanes = std::uint32_t;

/// Somebody's wish for slots. Guarded by the channel's mutex.
struct slot_request : list_hook<> {
    slot_request(std::uint32_t n, sender_name of, bool sends) noexcept
        : wanted(n), sender(of), is_send(sends) {}

    /// Nothing more will happen to it.
    [[nodiscard]] bool is_settled() const noexcept { return refused || granted == wanted; }

    waiter* who = nullptr;
    std::uint32_t const wanted;
    sender_name const sender;
    bool const is_send; // else it only reserves, and what the sender starts later may pass it
    std::uint32_t granted = 0;
    bool refused = false; // the channel was closed
};

/// Those who wait for room. Under the channel's mutex; how slots are counted is the core's.
class sender_queue {
public:
    /// Nobody waits.
    [[nodiscard]] bool empty() const noexcept { return waiting_.empty(); }

    /// Whether a send of this sender has its slot and has not looked yet: then its next one has to wait, and to look
    /// through its executor, as that one does. Linear in all such sends, if their lane is the same; else constant.
    [[nodiscard]] bool is_behind(sender_name sender) const noexcept {
        return in_lane_[lane_of(sender)] != 0 &&
               granted_.has_any([&](slot_request const& other) { return other.sender == sender; });
    }

    /// A bit for each lane in which is_behind() may find something.
    [[nodiscard]] sender_lanes lanes() const noexcept {
        sender_lanes bits = 0;
        for (std::size_t lane = 0; lane != lanes_; ++lane) {
            bits |= sender_lanes{in_lane_[lane] != 0} << lane;
        }
        return bits;
    }

    [[nodiscard]] static sender_lanes bit_of(sender_name sender) noexcept {
        return sender_lanes{1} << lane_of(sender);
    }

    /// Puts a new request at the end.
    void push_back(slot_request& r) noexcept { waiting_.push_back(r); }

    /// Gives what take(most) has, at most what is asked for, to the front, until that is not enough. Who has all is
    /// woken, but for `quiet`, who asks for itself.
    template <class Take>
    void grant(wake_batch& woken, slot_request const* quiet, Take take) noexcept {
        while (!waiting_.empty()) {
            slot_request& r = waiting_.front();
            r.granted += take(r.wanted - r.granted);
            if (r.granted < r.wanted) {
                return;
            }
            r.unlink();
            if (r.is_send) {
                granted_.push_back(r);
                ++in_lane_[lane_of(r.sender)];
            }
            if (&r != quiet) {
                r.who->wake(woken);
            }
        }
    }

    /// A request has looked, or goes. Returns the slots that it had.
    [[nodiscard]] std::uint32_t leave(slot_request& r) noexcept {
        if (r.is_linked()) {
            r.unlink();
            in_lane_[lane_of(r.sender)] -= r.granted == r.wanted ? 1 : 0; // else it was waiting
        }
        r.refused = false;
        return std::exchange(r.granted, 0);
    }

    /// Refuses all who wait. Returns the slots that they had.
    [[nodiscard]] std::uint32_t refuse_all(wake_batch& woken) noexcept {
        std::uint32_t had = 0;
        while (slot_request* const r = waiting_.pop_front()) {
            had += std::exchange(r->granted, 0);
            r->refused = true;
            r->who->wake(woken);
        }
        return had;
    }

private:
    static constexpr std::size_t lanes_ = 16;

    [[nodiscard]] static std::size_t lane_of(sender_name sender) noexcept { return sender % lanes_; }

    intrusive_list<slot_request> waiting_;        // in order
    intrusive_list<slot_request> granted_;        // sends that have their slots, and have not looked yet
    std::array<std::uint32_t, lanes_> in_lane_{}; // how many of granted_ have a sender in that lane
};

} // namespace weir::detail

#endif
