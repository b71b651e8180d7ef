// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_INTRUSIVE_LIST_HPP
#define WEIR_DETAIL_INTRUSIVE_LIST_HPP

// A doubly linked list through hooks that live inside its elements: linking allocates nothing, and an element that
// is cancelled or destroyed leaves in constant time wherever it stands. A circle with the list as its sentinel.
// (boost::intrusive has the same thing; including it costs more compile time than all channels together.)

#include <cassert>

namespace weir::detail {

/// What an element derives from. `Tag` tells apart the lists that one element can be in at the same time.
template <class Tag = void>
class list_hook {
public:
    list_hook() noexcept = default;
    list_hook(list_hook const&) = delete;
    list_hook& operator=(list_hook const&) = delete;

    // g++ 12 does not see that a hook inside an empty optional is never asked.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
    [[nodiscard]] bool is_linked() const noexcept { return next_ != nullptr; }
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

    void unlink() noexcept {
        assert(is_linked());
        prev_->next_ = next_;
        next_->prev_ = prev_;
        next_ = prev_ = nullptr;
    }

protected:
    ~list_hook() { assert(!is_linked()); }

private:
    template <class T, class OtherTag>
    friend class intrusive_list;

    list_hook* next_ = nullptr;
    list_hook* prev_ = nullptr;
};

/// First in, first out. Owns nothing; not thread-safe: its owner's lock guards the list and the hooks in it.
template <class T, class Tag = void>
class intrusive_list {
    using hook = list_hook<Tag>;

    struct sentinel : hook {
        sentinel() noexcept { this->next_ = this->prev_ = this; }

        ~sentinel() { this->next_ = this->prev_ = nullptr; }
    };

public:
    intrusive_list() noexcept = default;
    intrusive_list(intrusive_list const&) = delete;
    intrusive_list& operator=(intrusive_list const&) = delete;

    ~intrusive_list() { assert(empty()); }

    [[nodiscard]] bool empty() const noexcept { return end_.next_ == &end_; }

    [[nodiscard]] T& front() noexcept { return static_cast<T&>(*end_.next_); }

    void push_back(T& element) noexcept { link_before(end_, element); }

    void push_front(T& element) noexcept { link_before(*end_.next_, element); }

    /// Before the first element that `test` holds for; at the end if there is none. Linear.
    template <class Test>
    void insert_before_first(T& element, Test test) noexcept {
        hook* place = end_.next_;
        while (place != &end_ && !test(static_cast<T&>(*place))) {
            place = place->next_;
        }
        link_before(*place, element);
    }

    T* pop_front() noexcept {
        if (empty()) {
            return nullptr;
        }
        T& element = front();
        static_cast<hook&>(element).unlink();
        return &element;
    }

    /// The first element that `test` holds for, or null. Linear.
    template <class Test>
    [[nodiscard]] T* find(Test test) noexcept {
        hook* p = end_.next_;
        while (p != &end_ && !test(static_cast<T const&>(*p))) {
            p = p->next_;
        }
        return p != &end_ ? static_cast<T*>(p) : nullptr;
    }

    /// f(T&) in order. `f` changes no list.
    template <class F>
    void for_each(F f) {
        for (hook* p = end_.next_; p != &end_; p = p->next_) {
            f(static_cast<T&>(*p));
        }
    }

    /// Lets go of all elements. They stay linked, in a circle of their own without a list, and leave it by unlink().
    void let_go() noexcept {
        end_.unlink();
        end_.next_ = end_.prev_ = &end_;
    }

    /// Another element of the circle; null if it is the last.
    [[nodiscard]] static T* another_in_circle(T& element) noexcept {
        hook* const next = static_cast<hook&>(element).next_;
        return next != &element ? static_cast<T*>(next) : nullptr;
    }

    /// Moves all of `other` behind what is here.
    void append(intrusive_list& other) noexcept { splice_before(end_, other); }

    /// Moves all of `other` before what is here.
    void prepend(intrusive_list& other) noexcept { splice_before(*end_.next_, other); }

private:
    static void link_before(hook& place, hook& element) noexcept {
        assert(!element.is_linked());
        element.prev_ = place.prev_;
        element.next_ = &place;
        place.prev_->next_ = &element;
        place.prev_ = &element;
    }

    static void splice_before(hook& place, intrusive_list& other) noexcept {
        if (other.empty()) {
            return;
        }
        hook* first = other.end_.next_;
        hook* last = other.end_.prev_;
        other.end_.next_ = other.end_.prev_ = &other.end_;
        first->prev_ = place.prev_;
        place.prev_->next_ = first;
        last->next_ = &place;
        place.prev_ = last;
    }

    sentinel end_;
};

} // namespace weir::detail

#endif
