// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#ifndef WEIR_MARKET_DETAIL_TRADE_SUMS_HPP
#define WEIR_MARKET_DETAIL_TRADE_SUMS_HPP

#include <weir/market/decimal.hpp>
#include <weir/market/detail/int128.hpp>
#include <weir/market/detail/ratio.hpp>

#include <cstdint>
#include <utility>

namespace weir::market::detail {

/// A sum of any size: a big coefficient over ten to the `scale`.
struct wide_sum {
    big_integer value;
    unsigned scale = 0;

    /// Adds `term` over ten to the `term_scale`, exactly; the finer of the two scales stays.
    void add(big_integer term, unsigned term_scale) {
        if (term_scale > scale) {
            value *= power_of_ten(term_scale - scale);
            scale = term_scale;
        } else if (term_scale < scale) {
            term *= power_of_ten(scale - term_scale);
        }
        value += term;
    }
};

/// The four exact sums behind volume, VWAP, mean and deviation.
///
/// Each is a 128-bit integer at a running scale, that of the finest price or size seen: a trade costs two
/// multiplications to reach that scale, two for its products, and four additions. When a trade is finer than the
/// running scale, does not fit 63 bits at it, or makes a sum overflow, the sums are spilled into sums of any size and
/// start again from zero at a scale that suits the trade. So nothing is ever rounded, and what is rare pays for it.
///
/// The totals do not depend on where spills fell, hence not on the order of the trades.
class trade_sums {
public:
    /// The sums as exact numbers.
    struct totals {
        wide_sum price;
        wide_sum volume;
        wide_sum value;        // of price times volume
        wide_sum price_square; // of price times price
    };

    /// Adds one trade. Allocates only when it spills.
    /// Throws: std::bad_alloc, with nothing changed.
    void add(decimal price, decimal volume) {
        if (!try_add(price, volume)) [[unlikely]] {
            restart(total());
            price_scale_ = suitable_scale(price, price_scale_);
            volume_scale_ = suitable_scale(volume, volume_scale_);
            try_add(price, volume); // from zero and at a scale that suits, products of 63 bits always fit
        }
    }

    /// Adds the trades that went into `other`, which may be this object.
    /// Throws: std::bad_alloc, with nothing changed.
    void merge(trade_sums const& other) {
        auto sums = total();
        other.spill_into(sums);
        add_wide(sums.price, other.wide_.price);
        add_wide(sums.volume, other.wide_.volume);
        add_wide(sums.value, other.wide_.value);
        add_wide(sums.price_square, other.wide_.price_square);
        restart(std::move(sums));
    }

    /// All that was added.
    [[nodiscard]] totals total() const {
        auto sums = wide_;
        spill_into(sums);
        return sums;
    }

private:
    // The coefficient of `number` at `scale`; false if it is finer than that or does not fit.
    static bool align(decimal number, unsigned scale, std::int64_t& coefficient) noexcept {
        auto const up = scale - number.scale(); // wraps to a large number if finer
        return up <= max_power_of_ten &&
               !__builtin_mul_overflow(number.coefficient(), powers_of_ten[up], &coefficient);
    }

    // The finer of the two scales if the number fits there, else its own.
    static unsigned suitable_scale(decimal number, unsigned running) noexcept {
        std::int64_t unused = 0;
        return align(number, running, unused) ? running : number.scale();
    }

    bool try_add(decimal price, decimal volume) noexcept {
        std::int64_t p = 0;
        std::int64_t v = 0;
        if (!align(price, price_scale_, p) || !align(volume, volume_scale_, v)) [[unlikely]]
            return false;
        int128 value = 0;
        int128 square = 0;
        if (__builtin_add_overflow(value_, static_cast<int128>(p) * v, &value) ||
            __builtin_add_overflow(price_square_, static_cast<int128>(p) * p, &square)) [[unlikely]]
            return false;
        price_ += p; // 63 bits each: 2^64 trades cannot overflow them
        volume_ += v;
        value_ = value;
        price_square_ = square;
        return true;
    }

    void restart(totals&& sums) noexcept {
        wide_ = std::move(sums);
        price_ = volume_ = value_ = price_square_ = 0;
    }

    void spill_into(totals& sums) const {
        sums.price.add(big_integer(price_), price_scale_);
        sums.volume.add(big_integer(volume_), volume_scale_);
        sums.value.add(big_integer(value_), price_scale_ + volume_scale_);
        sums.price_square.add(big_integer(price_square_), 2 * price_scale_);
    }

    static void add_wide(wide_sum& to, wide_sum const& from) { to.add(from.value, from.scale); }

    int128 price_ = 0;          // at price_scale_
    int128 volume_ = 0;         // at volume_scale_
    int128 value_ = 0;          // at both together
    int128 price_square_ = 0;   // at twice price_scale_
    unsigned price_scale_ = 0;  // changes only while the four above are zero
    unsigned volume_scale_ = 0; // as above
    totals wide_;               // what was spilled; touched by the slow path only
};

} // namespace weir::market::detail

#endif
