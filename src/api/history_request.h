// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "api/call.h"
#include "query/history.h"

namespace gantry::api {

// What a request for history asks, whatever form the answer takes.
struct HistoryRequest {
    TimeRange range;
    Duration every{0};  // 0: raw samples
    std::vector<query::AggregateKind> aggregates;
    query::Fill fill = query::Fill::None;
    std::size_t limit = 10'000;
    bool quality_codes = false;
};

inline constexpr std::size_t history_limit_max = 1'000'000;

Result<HistoryRequest> read_history_request(const Call& call, Time now);

// The JSON answer: one {"point", "columns", "next"?} if `one_point`, else {"items": […]}. TooLarge
// if all points together have more than history_limit_max rows.
Result<> write_history(std::string& out, const store::Store& store,
                       const std::vector<directory::PointRef>& points,
                       const HistoryRequest& request, bool one_point);

}  // namespace gantry::api
