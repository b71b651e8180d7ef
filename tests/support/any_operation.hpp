// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

/// An operation of any kind behind one type, so that what a test does with all of them is compiled once. It completes with
/// the error alone: values that come with it are destroyed, guards give back what they hold.

#ifndef WEIR_TESTS_SUPPORT_ANY_OPERATION_HPP
#define WEIR_TESTS_SUPPORT_ANY_OPERATION_HPP

#include <weir/operation.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/system/system_error.hpp>

#include <exception>
#include <memory>
#include <tuple>
#include <utility>

namespace support {

class any_core {
    struct face {
        virtual ~face() = default;
        [[nodiscard]] virtual boost::asio::any_io_executor executor() const = 0;
        virtual bool try_complete() = 0;
        virtual weir::detail::wait_result start_waiting(weir::detail::waiter&) = 0;
        virtual void stop_waiting(weir::detail::waiter&) noexcept = 0;
        virtual void retain() noexcept = 0;
        virtual bool cancel(boost::asio::cancellation_type) = 0;
        virtual void fail(weir::detail::failure) = 0;
        virtual weir::error_code take() = 0;
    };

    template <class Core>
    struct face_of final : face {
        explicit face_of(Core c) : core(std::move(c)) {}

        [[nodiscard]] boost::asio::any_io_executor executor() const override { return core.get_executor(); }

        bool try_complete() override { return core.try_complete(); }

        weir::detail::wait_result start_waiting(weir::detail::waiter& w) override {
            return core.start_waiting(w);
        }

        void stop_waiting(weir::detail::waiter& w) noexcept override { core.stop_waiting(w); }

        void retain() noexcept override { core.retain(); }

        bool cancel(boost::asio::cancellation_type type) override { return core.cancel(type); }

        void fail(weir::detail::failure why) override { core.fail(why); }

        weir::error_code take() override { return error_of(std::get<0>(core.take())); }

        Core core;
    };

public:
    using signature = void(weir::error_code);
    using executor_type = boost::asio::any_io_executor;
    static constexpr bool eager = false;

    template <class Core>
    explicit any_core(weir::operation<Core> op)
        : face_(std::make_unique<face_of<Core>>(std::move(op).core())) {}

    [[nodiscard]] executor_type get_executor() const { return face_->executor(); }

    bool try_complete() { return face_->try_complete(); }

    weir::detail::wait_result start_waiting(weir::detail::waiter& w) { return face_->start_waiting(w); }

    void stop_waiting(weir::detail::waiter& w) noexcept {
        if (face_) {
            face_->stop_waiting(w);
        }
    }

    void retain() noexcept { face_->retain(); }

    bool cancel(boost::asio::cancellation_type type) { return face_->cancel(type); }

    void fail(weir::detail::failure why) { face_->fail(why); }

    std::tuple<weir::error_code> take() { return {face_->take()}; }

private:
    static weir::error_code error_of(weir::error_code ec) { return ec; }

    static weir::error_code error_of(std::exception_ptr const& thrown) {
        try {
            weir::detail::throw_if(thrown);
        } catch (boost::system::system_error const& e) {
            return e.code();
        }
        return {};
    }

    std::unique_ptr<face> face_; // null: moved from
};

/// That of a lazy operation.
template <class Core>
[[nodiscard]] weir::operation<any_core> any_operation(weir::operation<Core> op) {
    return weir::operation<any_core>(any_core(std::move(op)));
}

} // namespace support

#endif // WEIR_TESTS_SUPPORT_ANY_OPERATION_HPP
