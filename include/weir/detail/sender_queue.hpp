// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_SENDER_QUEUE_HPP
#define WEIR_DETAIL_SENDER_QUEUE_HPP

// How senders wait for room in a bounded channel: each queues a request, and slots are granted to the queue's front.
//
// A request that was granted all its slots has left the queue, is woken, and has not looked yet: until it does, its
// sender's next send must not pass it, because what one sender started first it sends first. So that one, although it may
// get its slot as well, is held back: it is woken when the one before has looked. Other senders do not wait: if they did,
// then with three of them each message would be waited for, for ever. Senders are told apart by their names, and quickly by
// the lane that a name has.

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
    [[nodiscard]] bool is_settled() const noexcept { return refused || may_look(); }

    /// All its slots are there, and it is its turn.
    [[nodiscard]] bool may_look() const noexcept { return granted == wanted && !is_held; }

    waiter* who = nullptr;
    std::uint32_t const wanted;
    sender_name const sender;
    bool const is_send; // else it only reserves, and what the sender starts later may pass it
    std::uint32_t granted = 0;
    bool is_held = false; // behind an earlier send of its sender
    bool refused = false; // the channel was closed
};

/// Those who wait for room. Under the channel's mutex; how slots are counted is the core's.
class sender_queue {
public:
    /// Nobody waits.
    [[nodiscard]] bool empty() const noexcept { return waiting_.empty(); }

    /// Whether a send of this sender has its slot and has not looked yet. Linear in all such sends, if their lane is the
    /// same; else constant.
    [[nodiscard]] bool is_behind(sender_name name) noexcept { return first_granted(name) != nullptr; }

    /// A bit for each lane in which is_behind() may find something.
    [[nodiscard]] sender_lanes lanes() const noexcept {
        sender_lanes bits = 0;
        for (std::size_t lane = 0; lane != lanes_; ++lane) {
            bits |= sender_lanes{in_lane_[lane] != 0} << lane;
        }
        return bits;
    }

    [[nodiscard]] static sender_lanes bit_of(sender_name name) noexcept {
        return sender_lanes{1} << lane_of(name);
    }

    /// Puts a new request at the end.
    void push_back(slot_request& r) noexcept { waiting_.push_back(r); }

    /// Gives what take(most) has, at most what is asked for, to the front, until that is not enough. Who has all is
    /// woken, or held back; but for `quiet`, who asks for itself.
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
                r.is_held = is_behind(r.sender);
                granted_.push_back(r);
                ++in_lane_[lane_of(r.sender)];
            }
            if (!r.is_held && &r != quiet) {
                r.who->wake(woken);
            }
        }
    }

    /// A request has looked, or goes: the next one of its sender may look. Returns the slots that it had.
    [[nodiscard]] std::uint32_t leave(slot_request& r, wake_batch& woken) noexcept {
        if (r.is_linked()) {
            r.unlink();
            if (r.granted == r.wanted) { // else it was waiting
                --in_lane_[lane_of(r.sender)];
                let_next_look(r, woken);
            }
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

    [[nodiscard]] slot_request* first_granted(sender_name name) noexcept {
        return in_lane_[lane_of(name)] == 0
                   ? nullptr
                   : granted_.find([&](slot_request const& r) { return r.sender == name; });
    }

    void let_next_look(slot_request& after, wake_batch& woken) noexcept {
        if (!std::exchange(after.is_held, false)) { // else that is for the one that it was behind
            if (auto* const next = first_granted(after.sender)) {
                next->is_held = false;
                next->who->wake(woken);
            }
        }
    }

    [[nodiscard]] static std::size_t lane_of(sender_name name) noexcept { return name % lanes_; }

    intrusive_list<slot_request> waiting_;        // in order
    intrusive_list<slot_request> granted_;        // sends that have their slots, and have not looked yet
    std::array<std::uint32_t, lanes_> in_lane_{}; // how many of granted_ have a sender in that lane
};

} // namespace weir::detail

#endif
