// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "api/call.h"
#include "base/json_writer.h"
#include "query/history.h"
#include "query/summaries.h"

namespace gantry::api {

// What a request for history asks, whatever form the answer takes.
struct HistoryRequest {
    TimeRange range;
    Duration every{0};  // 0: raw samples
    std::vector<query::AggregateKind> aggregates;
    query::Fill fill = query::Fill::None;
    std::size_t limit = 10'000;
    std::size_t plot = 0;  // pixels; 0: all samples
    bool quality_codes = false;
    bool explain = false;                 // buckets also say how they were made
    std::optional<store::Usable> usable;  // if that was said

    // Buckets are of good and uncertain rows unless something else was said.
    store::Usable bucket_usable() const { return usable.value_or(store::Usable::NotBad); }
    // Raw samples are all that there are.
    store::Usable raw_usable() const { return usable.value_or(store::Usable::Any); }
};

inline constexpr std::size_t history_limit_max = 1'000'000;

Result<HistoryRequest> read_history_request(const Call& call, Time now);

// Of a query string: RFC 3339, or relative to now.
Result<Time> time_parameter(const Call& call, std::string_view name, std::string_view otherwise,
                            Time now);

// "columns" of buckets: time, the aggregates, quality; and "plan" if that was asked for.
void write_buckets(JsonWriter& json, const query::BucketHistory& history,
                   const HistoryRequest& request);

// The JSON answer: one {"point", "columns", "next"?} if `one_point`, else {"items": […]}. TooLarge
// if all points together have more than history_limit_max rows.
Result<> write_history(std::string& out, const store::Store& store,
                       const std::vector<directory::PointRef>& points,
                       const HistoryRequest& request, bool one_point);

}  // namespace gantry::api
