// SPDX-License-Identifier: Apache-2.0
// Writing samples, and reading them back: raw or in buckets, as JSON, CSV, Parquet or Arrow.
#include <charconv>

#include "api/arrow_export.h"
#include "api/arrow_import.h"
#include "api/history_request.h"
#include "api/point_access.h"
#include "api/route.h"
#include "api/sample_export.h"
#include "api/sample_reader.h"
#include "api/write_report.h"
#include "arrow/writer.h"

namespace gantry::api {
namespace {

Result<Acknowledge> acknowledge_of(const Call& call) {
    const std::string word = call.request.parameter("ack").value_or("durable");
    if (word == "durable") {
        return Acknowledge::Durable;
    }
    if (word == "written") {
        return Acknowledge::Written;
    }
    if (word == "received") {
        return Acknowledge::Received;
    }
    return bad_field("ack", "must be received, written or durable");
}

Async<http::Response> write_samples(Services& services, const Call& call) {
    CO_TRY_ASSIGN(const Acknowledge acknowledge, acknowledge_of(call));
    if (is_arrow(call.request)) {
        co_return co_await write_arrow(services, call, acknowledge);
    }
    const auto find = [&](const std::string& reference) {
        return find_point(services, call, reference, "samples:write");
    };
    CO_TRY_ASSIGN(SamplesRead read, read_samples(call.request.body, services.clock.now(), find));
    CO_TRY_ASSIGN(const pipeline::SubmitReport report,
                  co_await services.pipeline.take(std::move(read.batch), acknowledge,
                                                  pipeline::WhenFull::Fail));
    for (const pipeline::RejectedRow& row : report.rejected) {
        read.rejected.push_back({read.origin[row.index], row.error});
    }
    const std::size_t rejected = read.rejected.size();
    co_return write_report(report.accepted, std::move(read.rejected), rejected);
}

// "points" of a query string: ?point= as often as wanted, and ?under=.
Result<std::vector<directory::PointRef>> points_of(const Services& services, const Call& call) {
    return select_points(services, call, call.request.parameters("point"),
                         call.request.parameter("under").value_or(""));
}

Result<http::Response> answer_history(Services& services, const Call& call,
                                      const std::vector<directory::PointRef>& points,
                                      bool one_point) {
    TRY_ASSIGN(const HistoryRequest request, read_history_request(call, services.clock.now()));
    const std::string_view accept = call.request.header("accept");
    const bool as_json = accept.empty() || accept.find("json") != std::string_view::npos ||
                         accept.find("*/*") != std::string_view::npos;
    if (request.plot != 0 && !as_json) {
        return bad_field("plot", "is for JSON: files hold all samples");
    }
    if (accept.starts_with("text/csv")) {
        return export_csv(services, call, points, request);
    }
    if (accept.starts_with("application/vnd.apache.parquet")) {
        return export_parquet(services, call, points, request);
    }
    if (accept.starts_with(arrow::media_type)) {
        return export_arrow(services, call, points, request);
    }
    if (!accept.empty() && accept.find("application/json") == std::string_view::npos &&
        accept.find("*/*") == std::string_view::npos) {
        return fail(Code::InvalidArgument,
                    "{} is not offered: accept application/json, text/csv, "
                    "application/vnd.apache.parquet or {}",
                    accept, arrow::media_type);
    }
    std::string body;
    TRY(write_history(body, services.store, points, request, one_point));
    return http::Response::text(200, "application/json", std::move(body));
}

Result<http::Response> read_many(Services& services, const Call& call) {
    TRY_ASSIGN(const auto points, points_of(services, call));
    return answer_history(services, call, points, false);
}

Result<http::Response> read_one(Services& services, const Call& call) {
    TRY_ASSIGN(const auto entry, find_point(services, call, call.part("point"), "samples:read"));
    return answer_history(services, call, {entry}, true);
}

// The rows go for good, so both ends must be said.
Result<http::Response> erase_samples(Services& services, const Call& call) {
    TRY_ASSIGN(const auto entry, find_point(services, call, call.part("point"), "samples:erase"));
    const Time now = services.clock.now();
    TimeRange range;
    for (const auto& [name, time] : {std::pair("from", &range.from), std::pair("to", &range.to)}) {
        if (!call.request.parameter(name)) {
            return bad_field(name, "is required: which samples are to go?");
        }
        TRY_ASSIGN(*time, time_parameter(call, name, "", now));
    }
    if (range.from >= range.to) {
        return bad_field("from", "must be before 'to'");
    }
    std::uint64_t rows = 0;
    TRY(services.store.aggregate(std::span(&entry->series, 1), range, Duration{0},
                                 [&rows](const store::Bucket& bucket) {
                                     rows += bucket.aggregate.rows;
                                     return true;
                                 }));
    TRY(services.store.erase(entry->series, range));
    TRY(services.store.commit());
    return json_answer({{"point", entry->point.path},
                        {"from", format_time(range.from)},
                        {"to", format_time(range.to)},
                        {"rows", rows}});
}

}  // namespace

void add_sample_routes(std::vector<Route>& out) {
    using enum http::Method;
    constexpr std::string_view tag = "Samples";
    const std::vector<QueryParameter> history = {
        {"from", "string", "RFC 3339, a date (UTC), or relative to now as in -2h. Default: -1h."},
        {"to", "string", "Exclusive. Default: now."},
        {"every", "string", "Bucket length, as in 1m; raw samples without it."},
        {"agg", "string",
         "Aggregates a bucket, comma-separated: avg (default), min, max, sum, "
         "count, good_count, first, last, stddev, time_avg, integral."},
        {"fill", "string", "Empty buckets: none (default), previous, linear."},
        {"limit", "integer", "Most raw samples a point, 1 to 1000000. Default: 10000."},
        {"explain", "boolean",
         "Buckets also say how they were made: from statistics, roll-ups or samples."},
        {"plot", "integer",
         "Only the raw samples that a line needs which is drawn so many pixels wide (M4): of each "
         "pixel's span the first, last, smallest and largest, and the ends of gaps."},
        {"quality", "string",
         "Which rows count: good, uncertain (and good ones; the default for buckets), all (the "
         "default for raw samples). \"code\" adds the OPC UA status codes; both by a comma."},
    };
    const std::vector<std::string_view> history_files = {
        "text/csv", "application/vnd.apache.parquet", arrow::media_type};
    std::vector<QueryParameter> many = {
        {"point", "string", "Id or path.", false, true},
        {"under", "string", "All points below this path."},
    };
    many.insert(many.end(), history.begin(), history.end());
    out.push_back(
        {.method = Post,
         .path = "/v1/samples",
         .id = "writeSamples",
         .tag = tag,
         .summary = "Write samples; answers when they are durable",
         .permission = "samples:write",
         .handle = write_samples,
         .query = {{"ack", "string",
                    "received, written or durable (default): how far the samples must have "
                    "come before the answer."}},
         .request = "Samples",
         .request_files = {arrow::media_type},
         .response = "WriteReport",
         .success = 200,
         .body_max = 64 * 1024 * 1024,
         .about = "204 when every row was taken, else 200 with the rows that were rejected "
                  "and why. 507 when the disk is full: nothing was stored. An Arrow stream has "
                  "the columns point, time and value, or time and a column a point."});
    out.push_back({.method = Get,
                   .path = "/v1/samples",
                   .id = "readSamples",
                   .tag = tag,
                   .summary = "Samples of many points, raw or in buckets",
                   .permission = "samples:read",
                   .handle = read_many,
                   .query = std::move(many),
                   .response = "History",
                   .response_files = history_files,
                   .about = "JSON, or all samples as a file, by Accept. In JSON a point that has "
                            "more rows than the limit says where to go on (next).",
                   .in_turn = true});
    out.push_back({.method = Get,
                   .path = "/v1/points/{point}/samples",
                   .id = "readPointSamples",
                   .tag = tag,
                   .summary = "Samples of one point in a range, raw or in buckets",
                   .permission = "samples:read",
                   .handle = read_one,
                   .query = history,
                   .response = "PointHistory",
                   .response_files = history_files,
                   .in_turn = true});
    out.push_back(
        {.method = Delete,
         .path = "/v1/points/{point}/samples",
         .id = "erasePointSamples",
         .tag = tag,
         .summary = "Erase the samples of one point in a range, for good",
         .permission = "samples:erase",
         .handle = erase_samples,
         .query = {{"from", "string", "RFC 3339, a date (UTC), or relative to now.", true},
                   {"to", "string", "Exclusive.", true}},
         .response = "EraseReport",
         .audited = true,
         .about = "Answers when it is durable, with how many samples there were. Samples that are "
                  "written into the range afterwards are kept."});
}

}  // namespace gantry::api
