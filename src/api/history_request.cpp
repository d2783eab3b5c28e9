// SPDX-License-Identifier: Apache-2.0
#include "api/history_request.h"

#include <charconv>

#include "api/point_access.h"
#include "query/plot.h"

namespace gantry::api {

Result<Time> time_parameter(const Call& call, std::string_view name, std::string_view otherwise,
                            Time now) {
    auto time =
        parse_time_or_relative(call.request.parameter(name).value_or(std::string(otherwise)), now);
    if (!time) {
        return bad_field(std::string(name), time.error().message);
    }
    return time;
}

namespace {

Result<std::vector<query::AggregateKind>> aggregates_of(std::string_view text) {
    std::vector<query::AggregateKind> out;
    while (true) {
        const std::size_t comma = text.find(',');
        const auto kind = query::parse_aggregate(text.substr(0, comma));
        if (!kind) {
            return bad_field(
                "agg",
                std::format(
                    "there is no aggregate '{}': choose from count, "
                    "good_count, min, max, sum, avg, first, last, stddev, time_avg, integral",
                    text.substr(0, comma)));
        }
        out.push_back(*kind);
        if (comma == std::string_view::npos) {
            return out;
        }
        text.remove_prefix(comma + 1);
    }
}

void write_quality(JsonWriter& json, std::string_view key, const std::vector<Quality>& column,
                   bool codes) {
    json.key(key).begin_array();
    for (const Quality quality : column) {
        if (codes) {
            json.value(quality.code);
        } else {
            json.value(severity_name(quality.severity()));
        }
    }
    json.end_array();
}

void write_qualities(JsonWriter& json, const std::vector<Quality>& column, bool with_codes) {
    write_quality(json, "quality", column, false);
    if (with_codes) {
        write_quality(json, "quality_code", column, true);
    }
}

void write_raw(JsonWriter& json, const query::RawHistory& history, bool with_codes) {
    json.key("columns").begin_object().key("time").begin_array();
    std::vector<Quality> qualities;
    for (const Sample& sample : history.samples) {
        json.value(format_time(sample.time));
        qualities.push_back(sample.quality);
    }
    json.end_array().key("value").begin_array();
    for (const Sample& sample : history.samples) {
        write_value(json, sample.value);
    }
    json.end_array();
    write_qualities(json, qualities, with_codes);
    json.end_object();
    if (history.next) {
        json.field("next", format_time(*history.next));
    }
}

Result<> read_number(const Call& call, std::string_view name, std::size_t most, std::size_t& out) {
    const auto text = call.request.parameter(name);
    if (!text) {
        return {};
    }
    const char* end = text->data() + text->size();
    if (std::from_chars(text->data(), end, out).ptr != end || out < 1 || out > most) {
        return bad_field(std::string(name), std::format("must be 1 to {}", most));
    }
    return {};
}

// "good", "code", or both by a comma.
Result<> read_quality(std::string_view text, HistoryRequest& out) {
    while (!text.empty()) {
        const std::size_t comma = std::min(text.find(','), text.size());
        const std::string_view word = text.substr(0, comma);
        const auto usable = query::parse_usable(word);
        const bool known = usable || word == "code";
        if (!known || (usable && out.usable) || comma + 1 == text.size()) {
            return bad_field("quality",
                             "must be one of good, uncertain and all, or code, or one of "
                             "them and code by a comma");
        }
        out.usable = usable ? usable : out.usable;
        out.quality_codes = out.quality_codes || word == "code";
        text.remove_prefix(std::min(comma + 1, text.size()));
    }
    return {};
}

Result<query::RawHistory> raw_rows(const store::Store& store, SeriesId series,
                                   const HistoryRequest& request) {
    return request.plot != 0 ? query::plot_history(store, series, request.range, request.plot,
                                                   request.raw_usable())
                             : query::usable_history(store, series, request.range, request.limit,
                                                     request.raw_usable());
}

}  // namespace

void write_buckets(JsonWriter& json, const query::BucketHistory& history,
                   const HistoryRequest& request) {
    json.key("columns").begin_object().key("time").begin_array();
    for (const Time time : history.time) {
        json.value(format_time(time));
    }
    json.end_array();
    for (std::size_t i = 0; i < request.aggregates.size(); ++i) {
        json.key(query::aggregate_name(request.aggregates[i])).begin_array();
        for (const auto& value : history.values[i]) {
            if (value) {
                json.value(*value);
            } else {
                json.null();
            }
        }
        json.end_array();
    }
    write_qualities(json, history.quality, request.quality_codes);
    json.end_object();
    if (request.explain) {
        json.key("plan").begin_object();
        json.field("blocks_by_statistics", history.work.by_statistics);
        json.field("blocks_by_roll_ups", history.work.by_roll_ups);
        json.field("blocks_read", history.work.read);
        json.field("series_in_memory", history.work.series_in_memory).end_object();
    }
}

Result<HistoryRequest> read_history_request(const Call& call, Time now) {
    HistoryRequest out;
    TRY_ASSIGN(out.range.from, time_parameter(call, "from", "-1h", now));
    TRY_ASSIGN(out.range.to, time_parameter(call, "to", "now", now));
    if (out.range.from > out.range.to) {
        return bad_field("from", "is after 'to'");
    }
    if (const auto every = call.request.parameter("every")) {
        auto length = parse_duration(*every);
        if (!length || *length <= Duration{0}) {
            return bad_field("every",
                             length ? "must be longer than nothing" : length.error().message);
        }
        out.every = *length;
    }
    TRY_ASSIGN(out.aggregates, aggregates_of(call.request.parameter("agg").value_or("avg")));
    const auto fill = query::parse_fill(call.request.parameter("fill").value_or("none"));
    if (!fill) {
        return bad_field("fill", "must be none, previous or linear");
    }
    out.fill = *fill;
    TRY(read_number(call, "limit", history_limit_max, out.limit));
    TRY(read_number(call, "plot", query::plot_spans_max, out.plot));
    if (out.plot != 0 && out.every != Duration{0}) {
        return bad_field("plot", "is for raw samples: leave 'every' out");
    }
    TRY(read_quality(call.request.parameter("quality").value_or(""), out));
    TRY_ASSIGN(const auto explain, call.flag("explain"));
    out.explain = explain.value_or(false);
    return out;
}

Result<> write_history(std::string& out, const store::Store& store,
                       const std::vector<directory::PointRef>& points,
                       const HistoryRequest& request, bool one_point) {
    JsonWriter json(out);
    std::size_t rows = 0;
    if (!one_point) {
        json.begin_object().key("items").begin_array();
    }
    for (const auto& entry : points) {
        json.begin_object().field("point", entry->point.path);
        if (!entry->point.property.unit.empty()) {
            json.field("unit", entry->point.property.unit);
        }
        if (request.every == Duration{0}) {
            TRY_ASSIGN(const auto history, raw_rows(store, entry->series, request));
            rows += history.samples.size();
            write_raw(json, history, request.quality_codes);
        } else {
            TRY_ASSIGN(
                const auto history,
                query::bucket_history(store, entry->series, request.range, request.every,
                                      request.aggregates, request.fill, request.bucket_usable()));
            rows += history.time.size();
            write_buckets(json, history, request);
        }
        json.end_object();
        if (rows > history_limit_max) {
            return fail(
                Code::TooLarge,
                "the answer has more than {} rows: ask for fewer points, a shorter range, a "
                "smaller limit, or for CSV or Parquet",
                history_limit_max);
        }
    }
    if (!one_point) {
        json.end_array().end_object();
    }
    return {};
}

}  // namespace gantry::api
