// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors
#ifndef WEIR_DETAIL_BOUNDED_WEAK_SENDER_HPP
#define WEIR_DETAIL_BOUNDED_WEAK_SENDER_HPP

// The weak sender of the bounded channels (mpsc::weak_sender, mpmc::weak_sender): weak_sender.hpp over their sender.

#include <weir/detail/weak_sender.hpp>

namespace weir::detail {

template <class T, class Executor, class Threading, template <class, class> class Core>
class bounded_sender;

template <class T, class Executor, class Threading, template <class, class> class Core>
using bounded_weak_sender = weak_sender_of<bounded_sender<T, Executor, Threading, Core>>;

} // namespace weir::detail

#endif
