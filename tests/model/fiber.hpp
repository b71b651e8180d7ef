// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_TESTS_MODEL_FIBER_HPP
#define WEIR_TESTS_MODEL_FIBER_HPP

// A thread of a scenario: a stack of its own that runs only while somebody is in resume().
//
// Fibers and no threads, because a schedule has some forty switches and a test has up to a million schedules. The
// sanitizers are told of each switch; AddressSanitizer would take a stack that it does not know for an overflow.

#include "explorer.hpp"
#include "sanitizers.hpp"

#include <boost/context/fiber.hpp>
#include <boost/context/preallocated.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <utility>

#ifdef WEIR_MODEL_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#ifdef WEIR_MODEL_TSAN
#include <sanitizer/tsan_interface.h>
#endif

namespace model {

class fiber {
public:
    /// `body` is started by the first resume(). It must have returned when the fiber is destroyed.
    explicit fiber(std::function<void()> body) : body_(std::move(body)), stack_(new std::byte[stack_size]) {
        boost::context::stack_context whole;
        whole.sp = stack_.get() + stack_size;
        whole.size = stack_size;
        inside_ = boost::context::fiber(std::allocator_arg,
                                        boost::context::preallocated(whole.sp, whole.size, whole),
                                        no_allocator{}, [this](boost::context::fiber&& outside) {
                                            outside_ = std::move(outside);
                                            arrive_inside(nullptr);
                                            body_();
                                            leave_inside(true);
                                            return std::move(outside_);
                                        });
#ifdef WEIR_MODEL_TSAN
        tsan_inside_ = __tsan_create_fiber(0);
#endif
    }

    fiber(fiber const&) = delete;
    fiber& operator=(fiber const&) = delete;

    ~fiber() {
#ifdef WEIR_MODEL_TSAN
        __tsan_destroy_fiber(tsan_inside_);
#endif
    }

    /// Runs the body until it suspends or returns.
    void resume() {
        void* fake_stack = nullptr;
#ifdef WEIR_MODEL_ASAN
        __sanitizer_start_switch_fiber(&fake_stack, stack_.get(), stack_size);
#endif
#ifdef WEIR_MODEL_TSAN
        tsan_outside_ = __tsan_get_current_fiber();
        __tsan_switch_to_fiber(tsan_inside_, 0);
#endif
        inside_ = std::move(inside_).resume();
#ifdef WEIR_MODEL_ASAN
        __sanitizer_finish_switch_fiber(fake_stack, nullptr, nullptr);
#endif
        static_cast<void>(fake_stack);
    }

    /// Back to whoever resumed. On the fiber's own stack only.
    void suspend() {
        void* const fake_stack = leave_inside(false);
        outside_ = std::move(outside_).resume();
        arrive_inside(fake_stack);
    }

private:
    static constexpr std::size_t stack_size = 256 * 1024;

    struct no_allocator {
        void deallocate(boost::context::stack_context&) noexcept {} // the fiber owns its stack
    };

    void arrive_inside([[maybe_unused]] void* fake_stack) noexcept {
#ifdef WEIR_MODEL_ASAN
        __sanitizer_finish_switch_fiber(fake_stack, &outside_bottom_, &outside_size_);
#endif
    }

    void* leave_inside([[maybe_unused]] bool for_ever) noexcept {
        void* fake_stack = nullptr;
#ifdef WEIR_MODEL_ASAN
        __sanitizer_start_switch_fiber(for_ever ? nullptr : &fake_stack, outside_bottom_, outside_size_);
#endif
#ifdef WEIR_MODEL_TSAN
        __tsan_switch_to_fiber(tsan_outside_, 0);
#endif
        return fake_stack;
    }

    std::function<void()> body_;
    std::unique_ptr<std::byte[]> stack_;
    boost::context::fiber inside_;  // while suspended
    boost::context::fiber outside_; // while running
#ifdef WEIR_MODEL_ASAN
    void const* outside_bottom_ = nullptr;
    std::size_t outside_size_ = 0;
#endif
#ifdef WEIR_MODEL_TSAN
    void* tsan_inside_ = nullptr;
    void* tsan_outside_ = nullptr;
#endif
};

} // namespace model

#endif // WEIR_TESTS_MODEL_FIBER_HPP
