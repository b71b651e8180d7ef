// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#ifndef WEIR_MARKET_HPP
#define WEIR_MARKET_HPP

// The market part: exact values, sources of ticks, statistics, and the hub.

#include <weir/market/decimal.hpp>
#include <weir/market/exact_decimal.hpp>
#include <weir/market/high_throughput_processor.hpp>
#include <weir/market/hub_client.hpp>
#include <weir/market/hub_statistics.hpp>
#include <weir/market/market_command.hpp>
#include <weir/market/market_data_consumer.hpp>
#include <weir/market/market_data_hub.hpp>
#include <weir/market/market_data_producer.hpp>
#include <weir/market/market_tick.hpp>
#include <weir/market/price_aggregator.hpp>
#include <weir/market/random_walk.hpp>
#include <weir/market/recorded_file.hpp>
#include <weir/market/subscription.hpp>
#include <weir/market/subscription_options.hpp>
#include <weir/market/symbol_pattern.hpp>
#include <weir/market/symbol_table.hpp>
#include <weir/market/tick_source.hpp>

#endif
