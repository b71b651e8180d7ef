// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_WEIR_HPP
#define WEIR_WEIR_HPP

// Everything but the market part: channels, select, tasks, time, cancellation, locks.

#include <weir/barrier.hpp>
#include <weir/broadcast.hpp>
#include <weir/busy_poll.hpp>
#include <weir/cancellation.hpp>
#include <weir/error.hpp>
#include <weir/mpmc.hpp>
#include <weir/mpsc.hpp>
#include <weir/mutex.hpp>
#include <weir/notify.hpp>
#include <weir/oneshot.hpp>
#include <weir/operation.hpp>
#include <weir/select.hpp>
#include <weir/semaphore.hpp>
#include <weir/shared_mutex.hpp>
#include <weir/synchronized.hpp>
#include <weir/task.hpp>
#include <weir/task_group.hpp>
#include <weir/threading.hpp>
#include <weir/timeout.hpp>
#include <weir/watch.hpp>

#endif
