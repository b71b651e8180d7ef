// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_GROUP_CORE_HPP
#define WEIR_DETAIL_GROUP_CORE_HPP

// The tasks of a group: those that run, those that wait for their turn, and the first exception. One mutex guards all.
//
// A task has a member, which waits for its end as an operation would (waiter.hpp). The end is told by whichever thread ran
// the task last; there its result is kept, the next task is started, and who joins is woken. Tasks are started and asked
// to end without the mutex: cancelling moves the members one by one to the list of those that were asked. A member stands
// in no list while it is being started, and it may have ended before it would.

#include <weir/detail/config.hpp>
#include <weir/detail/endpoint_operations.hpp>
#include <weir/detail/group_results.hpp>
#include <weir/detail/intrusive_list.hpp>
#include <weir/detail/operation_core.hpp>
#include <weir/detail/ref_counted.hpp>
#include <weir/detail/spawn_core.hpp>
#include <weir/detail/waiter.hpp>
#include <weir/task.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include <cstddef>
#include <exception>
#include <memory>
#include <mutex>
#include <utility>

namespace weir::detail {

template <class T>
class group_core : public self_owned<group_core<T>> {
    using root_ptr = intrusive_ptr<spawned<T>>;
    using results = group_results<T>;

    struct member_tag;

    class member final
        : public waiter
        , public postable
        , public list_hook<member_tag> {
    public:
        member(group_core& group, root_ptr root) noexcept
            : group_(intrusive_ptr<group_core>::share(&group)), root_(std::move(root)) {}

        [[nodiscard]] root_ptr const& root() const noexcept { return root_; }

        [[nodiscard]] typename results::place& place() noexcept { return place_; }

        /// Under the group's mutex.
        void leave_list() noexcept {
            if (list_hook<member_tag>::is_linked()) {
                list_hook<member_tag>::unlink();
            }
        }

    private:
        void wake(wake_batch& woken) noexcept override { woken.add(*this); }

        void post() noexcept override {
            auto const group = group_;
            group->on_end(this, place_.fill(*root_));
        }

        [[nodiscard]] asio::any_io_executor executor() const override { return root_->executor(); }

        intrusive_ptr<group_core> group_;
        root_ptr root_;
        typename results::place place_;
    };

    using member_list = intrusive_list<member, member_tag>;

public:
    explicit group_core(std::size_t limit) noexcept : limit_(limit) {}

    group_core(group_core const&) = delete;

    /// Starts it, now or when its turn comes. False: the group was cancelled, and it is destroyed.
    bool add(root_ptr root) {
        auto m = std::make_unique<member>(*this, std::move(root));
        {
            std::lock_guard lock(mutex_);
            if (is_cancelled_) {
                return false;
            }
            results_.add(m->place());
            waiting_.push_back(*m.release());
            ++size_;
        }
        start_some();
        return true;
    }

    /// Asks all that run to end; what has not been started will not be.
    void cancel() noexcept {
        {
            std::lock_guard lock(mutex_);
            is_cancelled_ = true;
        }
        while (drop_one()) {
        }
        while (auto const root = next_to_ask()) {
            root->request_cancel(asio::cancellation_type::terminal);
        }
    }

    [[nodiscard]] bool is_cancelled() const noexcept {
        std::lock_guard lock(mutex_);
        return is_cancelled_;
    }

    /// Tasks that run, and tasks that wait for their turn.
    [[nodiscard]] std::size_t size() const noexcept {
        std::lock_guard lock(mutex_);
        return size_;
    }

    /// True, and the first exception or what no join has taken yet, if there is nothing left to wait for.
    bool try_join(std::exception_ptr& first, results& taken) noexcept {
        std::lock_guard lock(mutex_);
        if (!is_idle()) {
            return false;
        }
        first = first_;
        if (!first) {
            results_.give_to(taken);
        }
        return true;
    }

    wait_result park(waiter& w) noexcept {
        std::lock_guard lock(mutex_);
        return is_idle() ? wait_result::look_again : joining_.park(w);
    }

    void unpark(waiter& w) noexcept {
        std::lock_guard lock(mutex_);
        waiter_list::leave(w);
    }

private:
    void on_end(member* m, std::exception_ptr thrown) noexcept {
        bool is_first_failure = false;
        {
            std::lock_guard lock(mutex_);
            m->leave_list();
            // Who was asked to end and says so has not failed.
            if (thrown && first_ == nullptr && !(is_cancelled_ && is_abort(thrown))) {
                first_ = std::move(thrown);
                is_first_failure = true;
            }
        }
        delete m;
        if (is_first_failure) {
            cancel();
        }
        {
            wake_batch woken;
            std::lock_guard lock(mutex_);
            --running_;
            count_out(woken);
        }
        start_some();
    }

    void start_some() noexcept {
        while (member* const m = next_to_start()) {
            root_ptr const root = m->root();
            (void)root->start_waiting(*m); // it was not started before, so it parks
            root->start_once();            // it may end at once, and take m with it
            bool ask = false;
            {
                std::lock_guard lock(mutex_);
                if (!root->has_ended()) { // so its end has not been told, and m is there
                    ask = is_cancelled_;
                    (ask ? asked_ : started_).push_back(*m);
                }
            }
            if (ask) {
                root->request_cancel(asio::cancellation_type::terminal);
            }
        }
    }

    [[nodiscard]] member* next_to_start() noexcept {
        std::lock_guard lock(mutex_);
        if (running_ >= limit_) {
            return nullptr;
        }
        member* const m = waiting_.pop_front();
        running_ += m != nullptr ? 1 : 0;
        return m;
    }

    [[nodiscard]] root_ptr next_to_ask() noexcept {
        std::lock_guard lock(mutex_);
        member* const m = started_.pop_front();
        if (m == nullptr) {
            return {};
        }
        asked_.push_back(*m);
        return m->root();
    }

    /// Destroys a task that was not started.
    bool drop_one() noexcept {
        std::unique_lock lock(mutex_);
        std::unique_ptr<member> m(waiting_.pop_front());
        if (!m) {
            return false;
        }
        lock.unlock();
        m.reset();
        wake_batch woken;
        lock.lock();
        count_out(woken);
        lock.unlock();
        return true;
    }

    [[nodiscard]] static bool is_abort(std::exception_ptr const& e) noexcept {
        try {
            std::rethrow_exception(e);
        } catch (boost::system::system_error const& error) {
            return error.code() == asio::error::operation_aborted;
        } catch (...) {
            return false;
        }
    }

    // under the mutex

    [[nodiscard]] bool is_idle() const noexcept { return size_ == 0; }

    void count_out(wake_batch& woken) noexcept {
        if (--size_ == 0) {
            joining_.wake_all(woken);
        }
    }

    std::size_t const limit_;
    mutable std::mutex mutex_;
    member_list waiting_;       // mutex_; for their turn; none comes in once cancelled
    member_list started_;       // mutex_; run, and were not asked to end
    member_list asked_;         // mutex_; run, and were
    std::size_t running_ = 0;   // mutex_; until their end has been told
    std::size_t size_ = 0;      // mutex_; all that were added and have not ended
    bool is_cancelled_ = false; // mutex_
    std::exception_ptr first_;  // mutex_; what a task threw first
    results results_;           // mutex_; but each place is its task's until that has ended
    waiter_list joining_;       // mutex_
};

} // namespace weir::detail

#endif
