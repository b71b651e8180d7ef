// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

/// Two threads that do two things at the same time, again and again.

#ifndef WEIR_TESTS_SUPPORT_TWO_THREADS_HPP
#define WEIR_TESTS_SUPPORT_TWO_THREADS_HPP

#include <barrier>
#include <functional>
#include <thread>

namespace support {

/// A second thread, which meets the first before and after each round.
class two_threads {
public:
    two_threads()
        : other_([this] {
              for (;;) {
                  meet_.arrive_and_wait();
                  if (!work_) {
                      return;
                  }
                  work_();
                  meet_.arrive_and_wait();
              }
          }) {}

    ~two_threads() {
        work_ = nullptr;
        meet_.arrive_and_wait();
        other_.join();
    }

    /// f here and g there. `round` shifts them against each other.
    template <class F, class G>
    void run(int round, F f, G g) {
        bool const f_first = round % 2 == 0;
        int const late = round / 2 % 50;
        work_ = [&] {
            dawdle(f_first ? late : 0);
            g();
        };
        meet_.arrive_and_wait();
        dawdle(f_first ? 0 : late);
        f();
        meet_.arrive_and_wait();
    }

private:
    static void dawdle(int n) {
        int volatile left = n;
        while (left > 0) {
            left = left - 1;
        }
    }

    std::barrier<> meet_{2};
    std::function<void()> work_; // none: it is over
    std::thread other_;
};

} // namespace support

#endif // WEIR_TESTS_SUPPORT_TWO_THREADS_HPP
