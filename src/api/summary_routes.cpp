// SPDX-License-Identifier: Apache-2.0
// What many points come to together, and how long points were in which state.
#include "api/history_request.h"
#include "api/point_access.h"
#include "api/route.h"

namespace gantry::api {
namespace {

// ?point= as often as wanted and ?under=, of these those of ?key=.
Result<std::vector<directory::PointRef>> points_of(const Services& services, const Call& call) {
    if (call.request.parameters("point").empty() && !call.request.parameter("under")) {
        return bad_field("point", "name points, or with under a path that they are below");
    }
    TRY_ASSIGN(auto points, select_points(services, call, call.request.parameters("point"),
                                          call.request.parameter("under").value_or("")));
    if (const auto key = call.request.parameter("key")) {
        std::erase_if(points, [&key](const directory::PointRef& entry) {
            return entry->point.property.key != *key;
        });
    }
    // Named twice, or named and below the path: each counts once.
    std::ranges::sort(points, {}, [](const auto& entry) { return entry->series.value; });
    const auto same =
        std::ranges::unique(points, {}, [](const auto& entry) { return entry->series.value; });
    points.erase(same.begin(), same.end());
    std::ranges::sort(points, {},
                      [](const auto& entry) -> const std::string& { return entry->point.path; });
    return points;
}

bool only_counts(const std::vector<query::AggregateKind>& aggregates) {
    return std::ranges::all_of(aggregates, [](query::AggregateKind kind) {
        return kind == query::AggregateKind::Count || kind == query::AggregateKind::GoodCount;
    });
}

// Bars and cubic metres have no sum, and texts have none at all.
Result<> check_alike(const std::vector<directory::PointRef>& points) {
    for (const auto& entry : points) {
        const Point& point = entry->point;
        if (point.property.type == ValueType::String) {
            return bad_field("point", std::format("'{}' holds texts, which can only be counted: "
                                                  "leave it out, choose by key, or ask for "
                                                  "agg=count",
                                                  point.path));
        }
        const Point& first = points.front()->point;
        if (point.property.unit != first.property.unit) {
            return bad_field(
                "point",
                std::format(
                    "'{}' is in {} and '{}' in {}: choose points of one unit, "
                    "as by key",
                    first.path, first.property.unit.empty() ? "no unit" : first.property.unit,
                    point.path, point.property.unit.empty() ? "no unit" : point.property.unit));
        }
    }
    return {};
}

Result<http::Response> read_group(Services& services, const Call& call) {
    TRY_ASSIGN(const HistoryRequest request, read_history_request(call, services.clock.now()));
    TRY_ASSIGN(const auto points, points_of(services, call));
    const bool counts = only_counts(request.aggregates);
    if (!counts) {
        TRY(check_alike(points));
    }
    std::vector<SeriesId> series;
    for (const auto& entry : points) {
        series.push_back(entry->series);
    }
    TRY_ASSIGN(const auto history,
               query::group_history(services.store, series, request.range, request.every,
                                    request.aggregates, request.bucket_usable()));
    std::string body;
    JsonWriter json(body);
    json.begin_object().field("points", points.size());
    if (!counts && !points.empty() && !points.front()->point.property.unit.empty()) {
        json.field("unit", points.front()->point.property.unit);
    }
    write_buckets(json, history, request);
    json.end_object();
    return http::Response::text(200, "application/json", std::move(body));
}

void write_states(JsonWriter& json, const std::string& path, const query::StateHistory& history) {
    json.begin_object().field("point", path).key("columns").begin_object();
    json.key("time").begin_array();
    for (const Time time : history.time) {
        json.value(format_time(time));
    }
    json.end_array().key("state").begin_array();
    for (const Value& state : history.state) {
        write_value(json, state);
    }
    json.end_array().key("seconds").begin_array();
    for (const std::uint64_t duration : history.duration) {
        json.value(static_cast<double>(duration) / 1e9);
    }
    json.end_array().key("entries").begin_array();
    for (const std::uint64_t entries : history.entries) {
        json.value(entries);
    }
    json.end_array().end_object().end_object();
}

Result<http::Response> read_states(Services& services, const Call& call) {
    TRY_ASSIGN(const HistoryRequest request, read_history_request(call, services.clock.now()));
    if (request.range.to == time_max) {
        return bad_field("to", "is the end of all time: a state lasts until the range ends");
    }
    TRY_ASSIGN(const auto points, points_of(services, call));
    std::string body;
    JsonWriter json(body);
    json.begin_object().key("items").begin_array();
    std::size_t rows = 0;
    for (const auto& entry : points) {
        auto history = query::state_history(services.store, entry->series, request.range,
                                            request.every, request.bucket_usable());
        if (!history) {
            return within("point '" + entry->point.path + "'", history.error());
        }
        rows += history->time.size();
        if (rows > history_limit_max) {
            return fail(Code::TooLarge,
                        "the answer has more than {} rows: ask for fewer points, a shorter range "
                        "or longer buckets",
                        history_limit_max);
        }
        write_states(json, entry->point.path, *history);
    }
    json.end_array().end_object();
    return http::Response::text(200, "application/json", std::move(body));
}

const std::vector<QueryParameter> selection = {
    {"point", "string", "Id or path.", false, true},
    {"under", "string", "All points below this path."},
    {"key", "string", "Of these only points with this key, as in flow."},
    {"from", "string", "RFC 3339, a date (UTC), or relative to now as in -2h. Default: -1h."},
    {"to", "string", "Exclusive. Default: now."},
    {"every", "string", "Bucket length, as in 1m; without it the range is one bucket."},
};

}  // namespace

void add_summary_routes(std::vector<Route>& out) {
    using enum http::Method;
    constexpr std::string_view tag = "Samples";
    std::vector<QueryParameter> states = selection;
    states.push_back({"quality", "string",
                      "Which samples count: good, uncertain (and good ones; the default), all."});
    std::vector<QueryParameter> group = selection;
    group.insert(
        group.end(),
        {{"agg", "string",
          "Aggregates a bucket, comma-separated: avg (default), min, max, sum, "
          "count, good_count, first, last, stddev, time_avg, integral."},
         {"explain", "boolean",
          "The answer also says how it was made: from statistics, roll-ups or samples."},
         {"quality", "string",
          "Which rows count: good, uncertain (and good ones; the default), all that have a value. "
          "\"code\" adds the OPC UA status codes; both by a comma."}});
    out.push_back(
        {.method = Get,
         .path = "/v1/samples/group",
         .id = "readGroup",
         .tag = tag,
         .summary = "Aggregates over many points together, in buckets",
         .permission = "samples:read",
         .handle = read_group,
         .query = std::move(group),
         .response = "GroupHistory",
         .about = "The samples of all points count as if they were of one: avg is of all samples, "
                  "so a point with more of them weighs more, while in time_avg each moment of each "
                  "point weighs the same. The points must be of one unit, but for counts. Below a "
                  "path those count that the caller may read.",
         .in_turn = true});
    out.push_back(
        {.method = Get,
         .path = "/v1/samples/states",
         .id = "readStates",
         .tag = tag,
         .summary = "How long points were in which state, in buckets",
         .permission = "samples:read",
         .handle = read_states,
         .query = std::move(states),
         .response = "States",
         .about = "A value holds until the next sample, the last until the range ends. Time before "
                  "the first sample, and behind one that does not count, belongs to no state. "
                  "entries counts how often a state was entered in the bucket.",
         .in_turn = true});
}

}  // namespace gantry::api
