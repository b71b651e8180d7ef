// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_READY_LIST_HPP
#define WEIR_DETAIL_READY_LIST_HPP

// What is ready to run, one at a time: nodes that any thread adds and that whoever has the turn runs.
//
// One word holds a stack of the nodes that came from outside, latest on top, and flags. Who has the turn takes the
// whole stack at once (a node is never taken alone, so nothing can come back meanwhile: no ABA) and keeps what it runs in
// two plain lists, to which it adds without the word: what is ready in this turn, and what waits for the next.
//
//   posted   a function that will take the turn is posted, or about to be, and has not come yet. If it finds the turn
//            taken it leaves, and whoever has the turn sees at its end that nobody is posted any more.
//   in_turn  somebody runs nodes. Nobody else touches the plain lists.
//   neither  idle: nothing is ready. Who adds the first node sets `posted`, and has to post.
//   closed   nothing is added any more.
//   [N] is_ready of a node: from the push until it is run or removed. Every change is one exchange, but for one by who
//       knows that nobody else can reach the node: so who runs a node sees what those did who found it ready.
//   [P] who is about to set `posted` counts itself before and until it has posted. Who closes the list waits for them:
//       what it closes is used by nobody any more. Both change the word by read-modify-write: one of the two sees the other.
//       Who sets `posted` sees what those did who had posted before.
//       Nothing of the list is touched after a push that was not the first: the node may have run, and the list be gone.
//
// The stack: R. K. Treiber, Systems programming: coping with parallelism, IBM RJ 5118, 1986.

#include <weir/detail/intrusive_list.hpp>

#include <atomic>
#include <cassert>
#include <cstdint>

namespace weir::detail {

template <template <class> class Atomic>
class basic_ready_list;

/// What is put into the list. `Atomic` is for a test that interleaves its threads on purpose.
template <template <class> class Atomic>
class alignas(8) basic_ready_node : public list_hook<struct ready_tag> {
    friend class basic_ready_list<Atomic>;

protected:
    ~basic_ready_node() { assert(!is_ready_.load(std::memory_order_relaxed)); } // nobody pushes it any more

private:
    Atomic<bool> is_ready_{false};      // [N] any thread
    basic_ready_node* below_ = nullptr; // of the stack: who pushes, then who takes
};

template <template <class> class Atomic>
class basic_ready_list {
public:
    using node = basic_ready_node<Atomic>;

    /// What became of a push: was ready already or the list is closed; added; added, and the caller has to post and then
    /// call end_post().
    enum class pushed : unsigned char { no, yes, first };

    basic_ready_list() noexcept = default;
    basic_ready_list(basic_ready_list const&) = delete;
    basic_ready_list& operator=(basic_ready_list const&) = delete;

    // --- any thread ----------------------------------------------------------------------------------------------

    [[nodiscard]] pushed push(node& n) noexcept {
        if (!claim(n)) {
            return pushed::no;
        }
        bool counted = false;
        word s = word_.load(std::memory_order_relaxed); // a guess, the exchange decides
        do {
            if (is_idle(s) && !counted) {
                posters_.fetch_add(1, std::memory_order_relaxed); // [P] the exchange publishes it
                counted = true;
            } else if (!is_idle(s) && counted) {
                end_post();
                counted = false;
            }
            if ((s & closed) != 0) {
                n.is_ready_.store(false, std::memory_order_relaxed); // nobody runs it
                if (counted) {
                    end_post();
                }
                return pushed::no;
            }
            n.below_ = top_of(s);
        } while (!word_.compare_exchange_weak(s, word_of(n) | (s & flags) | (counted ? posted : 0),
                                              std::memory_order_acq_rel,
                                              std::memory_order_relaxed)); // [P]
        return counted ? pushed::first : pushed::yes;
    }

    void end_post() noexcept { posters_.fetch_sub(1, std::memory_order_release); } // [P]

    /// Counts the caller as one who posts, until it calls end_post(). False if the list is closed: not counted.
    [[nodiscard]] bool hold() noexcept {
        posters_.fetch_add(1, std::memory_order_relaxed);                   // [P] the next line publishes it
        if ((word_.fetch_or(0, std::memory_order_release) & closed) == 0) { // [P]
            return true;
        }
        end_post();
        return false;
    }

    /// Whether anybody is between a push that was the first, or hold(), and its end_post(). Once it has been false after
    /// close(), nobody is who does not find the list closed.
    [[nodiscard]] bool is_being_posted() const noexcept {
        return posters_.load(std::memory_order_acquire) != 0; // [P] what they did has happened
    }

    /// From now on nothing is added.
    void close() noexcept { word_.fetch_or(closed, std::memory_order_acquire); } // [P]

    [[nodiscard]] bool is_closed() const noexcept {
        return (word_.load(std::memory_order_acquire) & closed) != 0;
    }

    // --- who was posted ------------------------------------------------------------------------------------------

    /// Takes the turn, with all that is ready. False: somebody has it, who will post again.
    [[nodiscard]] bool begin_turn() noexcept {
        word s = word_.load(std::memory_order_relaxed); // a guess, the exchange decides
        word next = 0;
        do {
            next = (s & in_turn) != 0 ? s & ~posted : (s & closed) | in_turn;
        } while (!word_.compare_exchange_weak(s, next, std::memory_order_acquire, std::memory_order_relaxed));
        if ((s & in_turn) != 0) {
            return false;
        }
        now_.append(next_);
        take_stack(s, now_);
        return true;
    }

    /// Ends the turn. True: there is more and nobody is posted, so the caller has to post.
    [[nodiscard]] bool end_turn() noexcept {
        bool const has_more = !now_.empty() || !next_.empty();
        word s = word_.load(std::memory_order_relaxed); // a guess, the exchange decides
        bool posts = false;
        do {
            posts = (s & posted) == 0 && (has_more || top_of(s) != nullptr);
        } while (!word_.compare_exchange_weak(s, (s & ~in_turn) | (posts ? posted : 0),
                                              std::memory_order_release, std::memory_order_relaxed));
        return posts;
    }

    // --- who runs something else in between ----------------------------------------------------------------------

    /// Takes the turn if nobody has it, without what is ready. Also ended by end_turn().
    [[nodiscard]] bool begin_aside() noexcept {
        word s = word_.load(std::memory_order_relaxed); // a guess, the exchange decides
        do {
            if ((s & (in_turn | closed)) != 0) {
                return false;
            }
        } while (!word_.compare_exchange_weak(s, s | in_turn, std::memory_order_acquire,
                                              std::memory_order_relaxed));
        return true;
    }

    // --- who has the turn ----------------------------------------------------------------------------------------

    /// Adds a node to this turn. False: it was ready already.
    bool push_here(node& n) noexcept {
        if (!claim(n)) {
            return false;
        }
        now_.push_back(n);
        return true;
    }

    /// Adds a node to the next turn. False: it was ready already.
    bool push_behind(node& n) noexcept {
        if (!claim(n)) {
            return false;
        }
        next_.push_back(n);
        return true;
    }

    /// Takes out the next node of this turn, to be run; null at the end.
    [[nodiscard]] node* pop() noexcept {
        node* const n = now_.pop_front();
        if (n != nullptr) {
            n->is_ready_.exchange(false, std::memory_order_acq_rel); // [N]
        }
        return n;
    }

    /// Takes a node out that nobody can push any more; false if it was not in. Also called when nobody can have the turn.
    bool remove(node& n) noexcept {
        if (!n.is_ready_.load(std::memory_order_acquire)) { // [N]
            return false;
        }
        if (!n.is_linked()) {
            take_stack(next_);
        }
        n.unlink();
        n.is_ready_.store(false, std::memory_order_relaxed); // [N] nobody else can reach it
        return true;
    }

    /// Takes out all nodes, f(node&). When nobody can have the turn any more.
    template <class F>
    void clear(F f) {
        now_.append(next_);
        take_stack(now_);
        while (node* n = pop()) {
            f(*n);
        }
    }

private:
    using word = std::uintptr_t;
    using node_list = intrusive_list<node, ready_tag>;

    static constexpr word posted = 1;
    static constexpr word in_turn = 2;
    static constexpr word closed = 4;
    static constexpr word flags = posted | in_turn | closed;
    static_assert(alignof(node) > flags); // 8: what a coroutine frame is aligned to everywhere

    static bool is_idle(word s) noexcept { return (s & (posted | in_turn)) == 0; }

    static word word_of(node& n) noexcept { return reinterpret_cast<word>(&n); }

    static node* top_of(word s) noexcept { return reinterpret_cast<node*>(s & ~flags); }

    static bool claim(node& n) noexcept {
        return !n.is_ready_.exchange(true, std::memory_order_acq_rel); // [N]
    }

    void take_stack(node_list& to) noexcept {
        word s = word_.load(std::memory_order_relaxed); // a guess, the exchange decides
        while (!word_.compare_exchange_weak(s, s & flags, std::memory_order_acquire,
                                            std::memory_order_relaxed)) {
        }
        take_stack(s, to);
    }

    /// Appends what was on the stack, in the order in which it came.
    static void take_stack(word s, node_list& to) noexcept {
        node_list came_in;
        for (node* n = top_of(s); n != nullptr; n = n->below_) {
            came_in.push_front(*n);
        }
        to.append(came_in);
    }

    Atomic<word> word_{0};        // stack and flags; any thread
    Atomic<unsigned> posters_{0}; // [P] any thread
    node_list now_;               // who has the turn
    node_list next_;              // who has the turn
};

} // namespace weir::detail

#endif
