// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "promql/labels.h"
#include "promql/source.h"

namespace gantry::promql {

// Stands in a row of values where there is none. Never a result: a stale marker ends a series.
inline constexpr double absent = std::bit_cast<double>(stale_bits);
inline bool is_absent(double value) { return is_stale(value); }

struct AnswerSeries {
    Labels labels;
    // Empty: the values stand at the steps of the answer, `absent` where there is none. Else they
    // have a time each, and none is absent.
    std::vector<Millis> times;
    std::vector<double> values;
};

// What an expression came to.
struct Answer {
    enum class Kind : unsigned char { Matrix, Vector, Scalar, String };

    Kind kind = Kind::Vector;
    Millis start = 0;  // the time of an instant query
    Millis step = 0;
    std::vector<AnswerSeries> series;  // of Matrix and Vector; of a vector one value each
    double scalar = 0;
    std::string text;
    std::vector<std::string> warnings;
    std::vector<std::string> infos;
    std::uint64_t samples = 0;  // that were read
};

// `errorType` of the HTTP API: bad_data, execution, canceled, timeout, unavailable, not_found,
// internal.
std::string_view error_type(const Error& error);
// As Prometheus answers it: 400, 422, 503, 404, 500.
int http_status(const Error& error);

// The whole body of an answer: {"status":"success","data":{"resultType":…,"result":…}}.
void append_json(std::string& out, const Answer& answer);
// {"status":"error","errorType":"bad_data","error":"1:5: parse error: …"}
void append_error_json(std::string& out, const Error& error);

// A value as Prometheus writes it: shortest digits, exponents below 1e-6 and from 1e21, NaN, +Inf.
void append_value(std::string& out, double value);
// The same without exponents, whatever its size: as a label of count_values().
void append_fixed(std::string& out, double value);
// Milliseconds as seconds: 1435781451, 1435781451.781.
void append_seconds(std::string& out, Millis time);

}  // namespace gantry::promql
