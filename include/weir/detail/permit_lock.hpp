// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_PERMIT_LOCK_HPP
#define WEIR_DETAIL_PERMIT_LOCK_HPP

// What the locks of mutex and shared_mutex are inside: permits, under the names that a lock has.

#include <weir/detail/config.hpp>
#include <weir/detail/semaphore_core.hpp>
#include <weir/semaphore.hpp>

#include <cstdint>

namespace weir::detail {

/// The base of a lock. Move-only; unlocks when it is destroyed or assigned to. May be empty.
template <class Lock, class Threading>
class permit_lock {
public:
    [[nodiscard]] bool owns_lock() const noexcept { return static_cast<bool>(permit_); }

    [[nodiscard]] explicit operator bool() const noexcept { return owns_lock(); }

    /// Unlocks now.
    void unlock() noexcept { permit_.release(); }

protected:
    permit_lock() noexcept = default;

    /// Unlocks but for one permit, which goes on as a lock of another kind.
    template <class Other>
    Other keep_one() noexcept {
        Other kept;
        kept.permit_ = permit_.split_one();
        unlock();
        return kept;
    }

private:
    template <class, class>
    friend class permit_lock;
    template <class, class, class>
    friend class acquire_core;

    static Lock adopt(semaphore_core<Threading>& c, std::uint64_t n) noexcept {
        Lock lock;
        lock.permit_ = basic_semaphore_permit<Threading>::adopt(c, n);
        return lock;
    }

    basic_semaphore_permit<Threading> permit_;
};

} // namespace weir::detail

#endif
