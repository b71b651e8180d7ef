// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_RANGE_CASES_HPP
#define WEIR_DETAIL_RANGE_CASES_HPP

// The cases of a select whose number is known when it runs: one for each receiver of a range, all with the same handler,
// which is told the index. They live on the heap, in one block of the select: a case must not move once it waits, and
// the handler that they share must stay where it is.

#include <weir/detail/config.hpp>
#include <weir/detail/erased.hpp>
#include <weir/detail/recycled.hpp>
#include <weir/detail/select_arm.hpp>
#include <weir/detail/select_case.hpp>
#include <weir/detail/select_core.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/system_executor.hpp>

#include <cstddef>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

namespace weir::detail {

template <class Receiver, class F>
class range_cases {
    struct handler {
        F* f;
        std::size_t index;

        template <class T>
        void operator()(T&& value) const {
            (*f)(index, std::forward<T>(value));
        }
    };

    using source = receive_source<Receiver>;
    using one = channel_arm<core_of_source<source>, handler>;

    struct block : recycled {
        explicit block(F&& function) : f(std::move(function)) {}

        F f;
        std::vector<one> cases;
    };

public:
    /// Erased, because there may be no case that has one.
    using executor_type = asio::any_io_executor;
    static constexpr bool has_channels = true;

    template <class Range>
    range_cases(Range& receivers, F&& f) : block_(new block(std::move(f))) {
        block_->cases.reserve(static_cast<std::size_t>(std::ranges::distance(receivers)));
        for (auto& receiver : receivers) {
            block_->cases.emplace_back(source(receiver), handler{&block_->f, block_->cases.size()});
        }
    }

    [[nodiscard]] executor_type get_executor() const {
        if (block_->cases.empty()) {
            return erased<asio::system_executor>();
        }
        return block_->cases.front().core().get_executor();
    }

    [[nodiscard]] std::size_t size() const noexcept { return block_->cases.size(); }

    /// f(case) for number `i`.
    template <class G>
    void visit(std::size_t i, G f) {
        f(block_->cases[i]);
    }

    /// The first case, in turn from number `start` on, for which f(case, number) is true; or none.
    template <class G>
    std::size_t find(std::size_t start, G f) {
        for (std::size_t k = 0; k != size(); ++k) {
            std::size_t const i = start + k < size() ? start + k : start + k - size();
            if (f(block_->cases[i], i)) {
                return i;
            }
        }
        return none;
    }

    template <class G>
    void for_each(G f) {
        for (auto& c : block_->cases) {
            f(c);
        }
    }

private:
    std::unique_ptr<block> block_;
};

} // namespace weir::detail

#endif
