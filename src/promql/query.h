// SPDX-License-Identifier: Apache-2.0
// The whole of what a door for Prometheus clients calls: parse, evaluate, write (answer.h).
#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "promql/answer.h"
#include "promql/source.h"

namespace gantry::promql {

struct Expr;

struct ParseLimits {
    std::size_t bytes_max = std::size_t{64} << 10;  // of the text
    std::size_t depth_max = 100;                    // of brackets and operators in each other
    std::size_t regexes_max = 100;                  // each may take a megabyte
};

// An expression that was read and whose types fit. May be evaluated many times, by many threads.
class Query {
public:
    // InvalidArgument with the place, "1:5: parse error: …"; Unsupported, also with the place, for
    // what PromQL has and this does not (docs/guide/prometheus.md).
    static Result<Query> parse(std::string_view text, ParseLimits limits = {});

    const Expr& expression() const { return *expression_; }
    const std::string& text() const { return text_; }

private:
    Query(std::string text, std::shared_ptr<const Expr> expression)
        : text_(std::move(text)), expression_(std::move(expression)) {}

    std::string text_;
    std::shared_ptr<const Expr> expression_;
};

// Reads what stands in a parameter `match[]`: one instant selector without offset or @.
Result<std::vector<Matcher>> parse_selector(std::string_view text);

// Time parameters of the HTTP API: seconds since 1970 with a fraction, or RFC 3339.
Result<Millis> parse_query_time(std::string_view text);
// `step`, `timeout`, `lookback_delta`: seconds with a fraction, or a duration as in an expression
// ("1h30m").
Result<Millis> parse_query_duration(std::string_view text);

struct QueryLimits {
    std::uint64_t points_max = 11'000;                 // steps of a range query, as in Prometheus
    std::uint64_t samples_max = 50'000'000;            // read and computed, of the whole query
    std::uint64_t series_max = 200'000;                // that one selector finds
    std::uint64_t bytes_max = std::uint64_t{1} << 30;  // held at one time
};

struct QueryOptions {
    Millis lookback = 300'000;      // how long a sample counts as the present value
    Millis subquery_step = 60'000;  // of [1h:]
    // Windows have their left end, as in Prometheus 2; false: they have not, as in Prometheus 3.
    bool closed_windows = true;
    QueryLimits limits = {};
    // When one of them says so, the query ends: Cancelled, or Timeout.
    std::stop_token stop = {};
    const Clock* clock = nullptr;
    Duration deadline = Duration::max();  // on clock->monotonic()
};

// The expression at one time.
// Errors: those of the source; TooLarge: a limit, and which; Conflict: the series, or values that
// are known only now, do not fit the expression ("many-to-many matching not allowed"); Cancelled,
// Timeout.
Result<Answer> evaluate(const Query& query, Source& source, Millis time,
                        const QueryOptions& options = {});

struct Steps {
    Millis start = 0;
    Millis end = 0;  // the last step is at or before it
    Millis step = 1;
};

// The expression at each step, as one matrix. InvalidArgument: the steps are wrong or too many, or
// the expression is a string or a range vector.
Result<Answer> evaluate(const Query& query, Source& source, Steps steps,
                        const QueryOptions& options = {});

}  // namespace gantry::promql
