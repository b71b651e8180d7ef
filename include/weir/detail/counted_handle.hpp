// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_COUNTED_HANDLE_HPP
#define WEIR_DETAIL_COUNTED_HANDLE_HPP

// What a handle of a channel holds: a core, and one of the counts that the core keeps. With it the special members of
// senders, weak senders and receivers are the compiler's.
//
//   counted_handle<core, counts_sender> core_;   // copying it is one sender more, destroying it one less

#include <utility>

namespace weir::detail {

/// Of handles that need not be told apart.
struct no_label {};

/// Keeps the channel open.
struct counts_sender {
    using label_type = no_label;

    template <class Core>
    static no_label label(Core&) noexcept {
        return {};
    }

    template <class Core>
    static void add(Core& core) noexcept {
        core.add_sender();
    }

    template <class Core>
    static void drop(Core& core) noexcept {
        core.release_sender();
    }
};

/// Keeps only the core alive, and is counted.
struct counts_weak {
    using label_type = no_label;

    template <class Core>
    static no_label label(Core&) noexcept {
        return {};
    }

    template <class Core>
    static void add(Core& core) noexcept {
        core.add_ref();
        core.add_weak();
    }

    template <class Core>
    static void drop(Core& core) noexcept {
        core.release_weak();
        core.release();
    }
};

/// A pointer to a core that owns one of its counts. Null when moved from.
template <class Core, class Count>
class counted_handle {
public:
    /// Adopts one.
    explicit counted_handle(Core& core) noexcept : core_(&core), label_(Count::label(core)) {}

    /// One more.
    [[nodiscard]] static counted_handle add(Core& core) noexcept {
        Count::add(core);
        return counted_handle(core);
    }

    counted_handle(counted_handle const& other) noexcept : core_(other.core_) {
        if (core_ != nullptr) {
            Count::add(*core_);
            label_ = Count::label(*core_);
        }
    }

    counted_handle(counted_handle&& other) noexcept
        : core_(std::exchange(other.core_, nullptr)), label_(other.label_) {}

    counted_handle& operator=(counted_handle other) noexcept {
        std::swap(core_, other.core_);
        std::swap(label_, other.label_);
        return *this;
    }

    ~counted_handle() {
        if (core_ != nullptr) {
            Count::drop(*core_);
        }
    }

    /// The same core?
    [[nodiscard]] bool operator==(counted_handle const& other) const noexcept { return core_ == other.core_; }

    explicit operator bool() const noexcept { return core_ != nullptr; }

    Core* operator->() const noexcept { return core_; }

    Core& operator*() const noexcept { return *core_; }

    /// Moves along with the handle; a copy has one of its own.
    [[nodiscard]] typename Count::label_type label() const noexcept { return label_; }

private:
    Core* core_;
    [[no_unique_address]] typename Count::label_type label_{};
};

} // namespace weir::detail

#endif
