// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_LATE_HPP
#define WEIR_DETAIL_LATE_HPP

// A place for an object that is made when it is first wanted, and stays there: requests are made when an operation has to
// wait. What std::optional is, for objects that neither move nor copy, in one class instead of its many: a request is of a
// known type, so every file that includes the operation compiles its place, whether it is used or not.

#include <cassert>
#include <memory>
#include <new>

namespace weir::detail {

template <class T>
class late {
public:
    late() noexcept {}

    late(late const&) = delete;
    late& operator=(late const&) = delete;

    ~late() { reset(); }

    [[nodiscard]] explicit operator bool() const noexcept { return is_made_; }

    [[nodiscard]] T& operator*() noexcept {
        assert(is_made_);
        return object_;
    }

    /// Makes the object. There must be none.
    template <class... Args>
    void emplace(Args const&... args) {
        assert(!is_made_);
        ::new (static_cast<void*>(std::addressof(object_))) T(args...);
        is_made_ = true;
    }

    void reset() noexcept {
        if (is_made_) {
            is_made_ = false;
            object_.~T();
        }
    }

private:
    union {
        T object_; // if is_made_
    };

    bool is_made_ = false;
};

} // namespace weir::detail

#endif
