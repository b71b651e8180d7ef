// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#ifndef WEIR_MARKET_SYMBOL_TABLE_HPP
#define WEIR_MARKET_SYMBOL_TABLE_HPP

#include <weir/market/detail/append_only_array.hpp>
#include <weir/market/detail/quoted.hpp>
#include <weir/market/symbol_pattern.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>

/// Names of instruments, each stored once and known by a small number from then on.
///
/// An instrument is a venue and a symbol, written `"venue:symbol"`: the same symbol trades at several venues, at
/// several prices. Strings are compared once, at the border; behind it ticks carry an `instrument_id`, and whoever
/// keeps something per instrument keeps it in an array. Ids are dense from 0 in the order of first sight, and are
/// never given to another name while the table lives, so an array index stays valid for as long as the table.
///
/// The table only grows. A program that takes names from a peer that it does not trust should bound how many it
/// lets in; each is at most `max_name_size` bytes.
///
/// Thread safety: every member may be called from any thread at any time. `name` takes no lock, `find` and
/// the `intern` of a known name share one, and only a new name excludes others.
/// Visibility: an id that came from `intern` or `find`, handed to another thread in any synchronising way, can be
/// looked up there.
///
///     weir::market::symbol_table symbols;
///     auto const id = symbols.intern("binance-spot:BTCUSDT");   // 0, the first
///     assert(symbols.name(id) == "binance-spot:BTCUSDT" && symbols.find("okx:BTC-USDT") == std::nullopt);
namespace weir::market {

/// A dense number for a venue and a symbol, given by a `symbol_table`.
using instrument_id = std::uint32_t;

/// The instruments of a hub or a program, by name and by id.
class symbol_table {
public:
    /// The longest name in bytes, the colon included.
    static constexpr std::size_t max_name_size = 128;

    symbol_table() = default;
    symbol_table(symbol_table const&) = delete;
    symbol_table& operator=(symbol_table const&) = delete;

    /// The id of `name`; a name not seen before gets the next one.
    /// Throws: std::invalid_argument if it is not `venue:symbol` (split at the first colon) with both parts there,
    /// holds a control character or a space, or is longer than `max_name_size`; std::bad_alloc, with nothing changed.
    /// Complexity: one hash of the name. Allocates: only for a new name.
    instrument_id intern(std::string_view name);

    /// The id of `name`, or nothing if it has never been interned; a malformed name never has.
    [[nodiscard]] std::optional<instrument_id> find(std::string_view name) const;

    /// The name of `id`; the text stays where it is for as long as the table lives.
    /// Throws: std::out_of_range if no name has that id. Complexity: constant, without a lock.
    [[nodiscard]] std::string_view name(instrument_id id) const {
        if (id >= names_.size())
            throw std::out_of_range("weir: no instrument has this id");
        return names_[id];
    }

    /// How many names there are; their ids are all the numbers below.
    [[nodiscard]] std::size_t size() const noexcept { return names_.size(); }

    /// What is wrong with `name` as `venue:symbol`; empty if nothing is.
    [[nodiscard]] static std::string fault_in(std::string_view name);

private:
    mutable std::shared_mutex mutex_;                         // guards ids_, and excludes writers of names_
    std::unordered_map<std::string_view, instrument_id> ids_; // keys point into names_
    detail::append_only_array<std::string> names_;            // by id; read without the lock
};

inline std::string symbol_table::fault_in(std::string_view name) {
    auto const unprintable = [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f; };
    auto const colon = name.find(':');
    if (name.empty())
        return "the name of an instrument cannot be empty";
    if (name.size() > max_name_size)
        return detail::quoted(name) + " is longer than " + std::to_string(max_name_size) + " bytes";
    if (std::any_of(name.begin(), name.end(), unprintable))
        return detail::quoted(name) + " holds a space or a control character";
    if (colon == std::string_view::npos)
        return detail::quoted(name) + " has no colon between venue and symbol";
    if (colon == 0)
        return detail::quoted(name) + " has no venue before the colon";
    if (colon + 1 == name.size())
        return detail::quoted(name) + " has no symbol after the colon";
    return {};
}

inline std::optional<instrument_id> symbol_table::find(std::string_view name) const {
    std::shared_lock const lock(mutex_);
    auto const found = ids_.find(name);
    return found == ids_.end() ? std::nullopt : std::optional(found->second);
}

inline instrument_id symbol_table::intern(std::string_view name) {
    if (auto const known = find(name))
        return *known;
    if (auto const fault = fault_in(name); !fault.empty())
        throw std::invalid_argument("weir: " + fault);
    std::unique_lock const lock(mutex_);
    if (auto const found = ids_.find(name); found != ids_.end())
        return found->second;
    auto const id = static_cast<instrument_id>(names_.size());
    ids_.emplace(names_.stage(std::string(name)), id); // if this throws, the staged name is never seen
    names_.publish();
    return id;
}

} // namespace weir::market

#endif
