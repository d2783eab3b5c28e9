// SPDX-License-Identifier: Apache-2.0
#include "promql/answer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>

#include "base/json_writer.h"

namespace gantry::promql {
namespace {

template <class T, class... Format>
void append_chars(std::string& out, T value, Format... format) {
    std::array<char, 400> buffer{};
    const auto [end, error] =
        std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, format...);
    out.append(buffer.data(), end);
}

void append_point(std::string& out, Millis time, double value) {
    out += '[';
    append_seconds(out, time);
    out += ",\"";
    append_value(out, value);
    out += "\"]";
}

void append_labels(std::string& out, const Labels& labels) {
    out += "{\"metric\":{";
    bool first = true;
    for (const Label& label : labels) {
        out += first ? "" : ",";
        first = false;
        append_json_string(out, label.name);
        out += ':';
        append_json_string(out, label.value);
    }
    out += '}';
}

void append_points(std::string& out, const Answer& answer, const AnswerSeries& series) {
    out += ",\"values\":[";
    bool first = true;
    for (std::size_t i = 0; i < series.values.size(); ++i) {
        if (is_absent(series.values[i])) {
            continue;
        }
        out += first ? "" : ",";
        first = false;
        const Millis time = series.times.empty()
                                ? answer.start + static_cast<Millis>(i) * answer.step
                                : series.times[i];
        append_point(out, time, series.values[i]);
    }
    out += "]}";
}

void append_series(std::string& out, const Answer& answer) {
    out += '[';
    bool first = true;
    for (const AnswerSeries& series : answer.series) {
        out += first ? "" : ",";
        first = false;
        append_labels(out, series.labels);
        if (answer.kind == Answer::Kind::Matrix) {
            append_points(out, answer, series);
        } else {
            out += ",\"value\":";
            append_point(out, answer.start, series.values[0]);
            out += '}';
        }
    }
    out += ']';
}

void append_texts(std::string& out, std::string_view name, const std::vector<std::string>& texts) {
    if (texts.empty()) {
        return;
    }
    out += ",\"";
    out += name;
    out += "\":[";
    for (std::size_t i = 0; i < texts.size(); ++i) {
        out += i == 0 ? "" : ",";
        append_json_string(out, texts[i]);
    }
    out += ']';
}

std::string_view kind_name(Answer::Kind kind) {
    switch (kind) {
        case Answer::Kind::Matrix: return "matrix";
        case Answer::Kind::Vector: return "vector";
        case Answer::Kind::Scalar: return "scalar";
        case Answer::Kind::String: return "string";
    }
    return "vector";
}

// The fewest digits that read back the same, and noughts up to the point. What to_chars writes
// without an exponent are all digits of a large number.
void append_decimal(std::string& out, double value) {
    constexpr double fractions_below = 9007199254740992;  // 2^53
    if (std::abs(value) < fractions_below) {
        append_chars(out, value, std::chars_format::fixed);
        return;
    }
    std::string shortest;
    append_chars(shortest, value, std::chars_format::scientific);
    const std::size_t mark = shortest.find('e');
    std::size_t exponent = 0;
    std::from_chars(shortest.data() + mark + 2, shortest.data() + shortest.size(), exponent);
    std::string digits = shortest.substr(0, mark);
    std::erase(digits, '.');
    const std::size_t sign = value < 0 ? 1 : 0;
    digits.resize(std::max(digits.size(), sign + exponent + 1), '0');
    out += digits;
}

}  // namespace

void append_value(std::string& out, double value) {
    const double size = std::abs(value);
    if (std::isfinite(value) && size != 0 && (size < 1e-6 || size >= 1e21)) {
        append_chars(out, value, std::chars_format::scientific);
    } else {
        append_fixed(out, value);
    }
}

void append_fixed(std::string& out, double value) {
    if (std::isnan(value)) {
        out += "NaN";
    } else if (std::isinf(value)) {
        out += value < 0 ? "-Inf" : "+Inf";
    } else {
        append_decimal(out, value);
    }
}

void append_seconds(std::string& out, Millis time) {
    if (time < 0) {
        out += '-';
        time = -time;
    }
    append_chars(out, time / 1000);
    if (const Millis rest = time % 1000; rest != 0) {
        out += '.';
        out += rest < 100 ? "0" : "";
        out += rest < 10 ? "0" : "";
        append_chars(out, rest);
    }
}

void append_json(std::string& out, const Answer& answer) {
    out += R"({"status":"success","data":{"resultType":")";
    out += kind_name(answer.kind);
    out += R"(","result":)";
    switch (answer.kind) {
        case Answer::Kind::Matrix:
        case Answer::Kind::Vector: append_series(out, answer); break;
        case Answer::Kind::Scalar: append_point(out, answer.start, answer.scalar); break;
        case Answer::Kind::String:
            out += '[';
            append_seconds(out, answer.start);
            out += ',';
            append_json_string(out, answer.text);
            out += ']';
            break;
    }
    out += '}';
    append_texts(out, "warnings", answer.warnings);
    append_texts(out, "infos", answer.infos);
    out += '}';
}

std::string_view error_type(const Error& error) {
    switch (error.code) {
        case Code::InvalidArgument:
        case Code::Unsupported: return "bad_data";
        case Code::Conflict:
        case Code::TooLarge: return "execution";
        case Code::Cancelled: return "canceled";
        case Code::Timeout: return "timeout";
        case Code::NotFound: return "not_found";
        case Code::RateLimited:
        case Code::Unavailable: return "unavailable";
        default: return "internal";
    }
}

int http_status(const Error& error) {
    const std::string_view type = error_type(error);
    return type == "bad_data"    ? 400
           : type == "execution" ? 422
           : type == "not_found" ? 404
           : type == "internal"  ? 500
                                 : 503;
}

void append_error_json(std::string& out, const Error& error) {
    JsonWriter(out)
        .begin_object()
        .field("status", "error")
        .field("errorType", error_type(error))
        .field("error", error.message)
        .end_object();
}

}  // namespace gantry::promql
