// SPDX-License-Identifier: Apache-2.0
// The HTTP API of Prometheus: remote write, and queries as Grafana and others send them. Answers
// and errors have Prometheus' form.
#include <charconv>
#include <ranges>
#include <set>

#include "api/line_write.h"
#include "api/remote_write.h"
#include "api/route.h"
#include "base/json_writer.h"
#include "promql/query.h"
#include "query/metric_source.h"

namespace gantry::api {
namespace {

constexpr Duration query_time_max = std::chrono::minutes(2);
constexpr std::size_t list_max = 100'000;

using Fields = std::multimap<std::string, std::string, std::less<>>;

// Parameters of the target and, of a POST, of the form in the body.
Result<Fields> fields_of(const Call& call) {
    Fields out = call.request.query;
    if (call.request.method == http::Method::Post && !call.request.body.empty()) {
        auto form = http::parse_form(call.request.body);
        if (!form) {
            return fail(Code::InvalidArgument,
                        "the body is not a form: send application/x-www-form-urlencoded");
        }
        out.merge(*form);
    }
    return out;
}

std::optional<std::string> field(const Fields& fields, std::string_view name) {
    const auto found = fields.find(name);
    return found == fields.end() ? std::nullopt : std::optional(found->second);
}

Result<promql::Millis> time_field(const Fields& fields, std::string_view name,
                                  promql::Millis otherwise) {
    const auto text = field(fields, name);
    if (!text) {
        return otherwise;
    }
    auto time = promql::parse_query_time(*text);
    if (!time) {
        return fail(Code::InvalidArgument, "invalid parameter \"{}\": {}", name,
                    time.error().message);
    }
    return time;
}

Result<promql::Millis> duration_field(const Fields& fields, std::string_view name,
                                      promql::Millis otherwise) {
    const auto text = field(fields, name);
    if (!text) {
        return otherwise;
    }
    auto length = promql::parse_query_duration(*text);
    if (!length || *length <= 0) {
        return fail(Code::InvalidArgument, "invalid parameter \"{}\": {}", name,
                    length ? "must be more than 0" : length.error().message);
    }
    return length;
}

promql::Millis now_of(const Services& services) { return services.clock.now() / 1'000'000; }

query::MetricSource source_of(Services& services, const Call& call) {
    return {services.store, services.labels, services.directory, call.context};
}

http::Response error_answer(const Error& error) {
    std::string body;
    promql::append_error_json(body, error);
    return http::Response::text(promql::http_status(error), "application/json", std::move(body));
}

Result<promql::QueryOptions> options_of(Services& services, const Fields& fields) {
    promql::QueryOptions out;
    TRY_ASSIGN(out.lookback, duration_field(fields, "lookback_delta", out.lookback));
    const promql::Millis longest =
        std::chrono::duration_cast<std::chrono::milliseconds>(query_time_max).count();
    TRY_ASSIGN(const promql::Millis timeout, duration_field(fields, "timeout", longest));
    out.stop = services.stopping;
    out.clock = &services.clock;
    out.deadline =
        services.clock.monotonic() + std::chrono::milliseconds(std::min(timeout, longest));
    return out;
}

http::Response answer(const Result<promql::Answer>& answer) {
    if (!answer) {
        return error_answer(answer.error());
    }
    std::string body;
    promql::append_json(body, *answer);
    return http::Response::text(200, "application/json", std::move(body));
}

struct Question {
    promql::Query query;
    promql::QueryOptions options;
};

Result<Question> question_of(Services& services, const Fields& fields) {
    TRY_ASSIGN(promql::QueryOptions options, options_of(services, fields));
    auto parsed = promql::Query::parse(field(fields, "query").value_or(""));
    if (!parsed) {
        return fail(parsed.error().code, "invalid parameter \"query\": {}", parsed.error().message);
    }
    return Question{std::move(*parsed), std::move(options)};
}

Result<promql::Answer> instant(Services& services, const Call& call, const Fields& fields) {
    TRY_ASSIGN(const promql::Millis time, time_field(fields, "time", now_of(services)));
    TRY_ASSIGN(const Question question, question_of(services, fields));
    query::MetricSource source = source_of(services, call);
    return promql::evaluate(question.query, source, time, question.options);
}

Result<promql::Answer> range(Services& services, const Call& call, const Fields& fields) {
    for (const std::string_view name : {"start", "end", "step"}) {
        if (!field(fields, name)) {
            return fail(Code::InvalidArgument, "invalid parameter \"{}\": it is missing", name);
        }
    }
    promql::Steps steps;
    TRY_ASSIGN(steps.start, time_field(fields, "start", 0));
    TRY_ASSIGN(steps.end, time_field(fields, "end", 0));
    TRY_ASSIGN(steps.step, duration_field(fields, "step", 1));
    if (steps.end < steps.start) {
        return fail(Code::InvalidArgument,
                    "invalid parameter \"end\": end timestamp must not be before start time");
    }
    TRY_ASSIGN(const Question question, question_of(services, fields));
    query::MetricSource source = source_of(services, call);
    return promql::evaluate(question.query, source, steps, question.options);
}

using Evaluate = Result<promql::Answer> (*)(Services&, const Call&, const Fields&);

template <Evaluate evaluate>
Result<http::Response> run_query(Services& services, const Call& call) {
    const auto fields = fields_of(call);
    return fields ? answer(evaluate(services, call, *fields)) : error_answer(fields.error());
}

using Selectors = std::vector<std::vector<promql::Matcher>>;

Result<Selectors> selectors_of(const Fields& fields) {
    Selectors selectors;
    const auto [from, to] = fields.equal_range("match[]");
    for (auto at = from; at != to; ++at) {
        auto selector = promql::parse_selector(at->second);
        if (!selector) {
            return fail(Code::InvalidArgument, "invalid parameter \"match[]\": {}",
                        selector.error().message);
        }
        selectors.push_back(std::move(*selector));
    }
    return selectors;
}

// Series of all match[], each once; every series when there is none.
Result<std::vector<promql::Labels>> matching(Services& services, const Call& call,
                                             const Fields& fields) {
    query::MetricSource source = source_of(services, call);
    std::set<promql::Labels> out;
    TRY_ASSIGN(Selectors selectors, selectors_of(fields));
    if (selectors.empty()) {
        selectors.emplace_back();
    }
    for (const auto& selector : selectors) {
        TRY_ASSIGN(auto found, source.find(selector, query::MetricSource::series_max));
        for (auto& series : found) {
            out.insert(std::move(series.labels));
        }
    }
    return std::vector<promql::Labels>(out.begin(), out.end());
}

std::size_t limit_field(const Fields& fields, std::string_view name) {
    std::size_t out = 0;
    if (const auto text = field(fields, name)) {
        std::from_chars(text->data(), text->data() + text->size(), out);
    }
    return out == 0 ? list_max : std::min(out, list_max);
}

// {"status":"success","data":[…]}, with `limit` items at most and a warning then.
template <class Items, class Write>
http::Response list_answer(const Items& items, const Fields& fields, Write write) {
    const std::size_t limit = limit_field(fields, "limit");
    std::string body;
    JsonWriter json(body);
    json.begin_object().field("status", "success").key("data").begin_array();
    std::size_t count = 0;
    for (const auto& item : items) {
        if (count++ == limit) {
            break;
        }
        write(json, item);
    }
    json.end_array();
    if (count > limit) {
        json.key("warnings").begin_array().value("results truncated due to limit").end_array();
    }
    json.end_object();
    return http::Response::text(200, "application/json", std::move(body));
}

template <class Make>
http::Response run_list(const Call& call, Make make) {
    const auto fields = fields_of(call);
    if (!fields) {
        return error_answer(fields.error());
    }
    Result<http::Response> answered = make(*fields);
    return answered ? std::move(*answered) : error_answer(answered.error());
}

Result<http::Response> list_series(Services& services, const Call& call) {
    return run_list(call, [&](const Fields& fields) -> Result<http::Response> {
        if (!field(fields, "match[]")) {
            return fail(Code::InvalidArgument, "no match[] parameter provided");
        }
        TRY_ASSIGN(const auto found, matching(services, call, fields));
        return list_answer(found, fields, [](JsonWriter& json, const promql::Labels& labels) {
            json.begin_object();
            for (const promql::Label& label : labels) {
                json.field(label.name, label.value);
            }
            json.end_object();
        });
    });
}

Result<http::Response> list_labels(Services& services, const Call& call) {
    return run_list(call, [&](const Fields& fields) -> Result<http::Response> {
        TRY_ASSIGN(const auto found, matching(services, call, fields));
        std::set<std::string> names;
        for (const promql::Labels& labels : found) {
            for (const promql::Label& label : labels) {
                names.insert(label.name);
            }
        }
        return list_answer(names, fields,
                           [](JsonWriter& json, const std::string& name) { json.value(name); });
    });
}

Result<http::Response> list_values(Services& services, const Call& call) {
    return run_list(call, [&](const Fields& fields) -> Result<http::Response> {
        TRY_ASSIGN(const auto found, matching(services, call, fields));
        std::set<std::string> values;
        for (const promql::Labels& labels : found) {
            if (const std::string_view value = labels.get(call.part("name")); !value.empty()) {
                values.emplace(value);
            }
        }
        return list_answer(values, fields,
                           [](JsonWriter& json, const std::string& value) { json.value(value); });
    });
}

// The samples go for good; the names of their series stay.
Result<http::Response> erase_series(Services& services, const Call& call) {
    return run_list(call, [&](const Fields& fields) -> Result<http::Response> {
        if (!field(fields, "match[]")) {
            return fail(Code::InvalidArgument, "no match[] parameter provided");
        }
        TRY_ASSIGN(const Selectors selectors, selectors_of(fields));
        constexpr promql::Millis unbounded = time_max / 1'000'000;
        TRY_ASSIGN(const promql::Millis start, time_field(fields, "start", -unbounded));
        TRY_ASSIGN(const promql::Millis end, time_field(fields, "end", unbounded));
        const auto nanos = [](promql::Millis ms) {
            return ms >= unbounded ? time_max : ms <= -unbounded ? time_min : ms * 1'000'000;
        };
        if (start > end) {
            return fail(Code::InvalidArgument, "invalid parameter \"end\": is before start");
        }
        const TimeRange range{nanos(start), nanos(end < unbounded ? end + 1 : end)};
        query::MetricSource source = source_of(services, call);
        for (const auto& selector : selectors) {
            TRY_ASSIGN(const auto found,
                       source.find_for("metrics:erase", selector, query::MetricSource::series_max));
            for (const SeriesId series : found) {
                TRY(services.store.erase(series, range));
            }
        }
        TRY(services.store.commit());
        return no_content();
    });
}

// {"flow": [{"type": "gauge", "help": "…", "unit": "m3/h"}]}. Of what remote write brings nothing
// is kept.
Result<http::Response> metadata(Services& services, const Call& call) {
    return run_list(call, [&](const Fields& fields) -> Result<http::Response> {
        const std::size_t limit = limit_field(fields, "limit");
        const std::size_t of_each = limit_field(fields, "limit_per_metric");
        const auto metric = field(fields, "metric");
        std::string body;
        JsonWriter json(body);
        json.begin_object().field("status", "success").key("data").begin_object();
        std::size_t count = 0;
        for (const auto& [name, entries] : source_of(services, call).about(call.context.language)) {
            if ((metric && name != *metric) || count == limit) {
                continue;
            }
            ++count;
            json.key(name).begin_array();
            for (const auto& entry : entries | std::views::take(of_each)) {
                json.begin_object().field("type", "gauge").field("help", entry.help);
                json.field("unit", entry.unit).end_object();
            }
            json.end_array();
        }
        json.end_object().end_object();
        return http::Response::text(200, "application/json", std::move(body));
    });
}

// What clients look at to know what may be asked: the version whose language it is.
Result<http::Response> build_info(Services& services, const Call&) {
    std::string body;
    JsonWriter json(body);
    json.begin_object().field("status", "success").key("data").begin_object();
    json.field("version", "2.53.0").field("application", "gantry");
    json.field("revision", services.version).field("branch", "").field("buildUser", "");
    json.field("buildDate", "").field("goVersion", "").end_object().end_object();
    return http::Response::text(200, "application/json", std::move(body));
}

Async<http::Response> remote_write(Services& services, const Call& call) {
    CO_TRY_ASSIGN(const RemoteReport report, co_await take_remote_write(services, call));
    if (report.refused == 0) {
        http::Response out = no_content();
        report.add_headers(out);
        co_return out;
    }
    // 4xx: to send it again would not help. Prometheus writes the text into its log.
    http::Response out =
        http::Response::text(400, "text/plain; charset=utf-8", report.first_refusal + "\n");
    report.add_headers(out);
    co_return out;
}

std::vector<QueryParameter> with_selection(std::vector<QueryParameter> more = {}) {
    more.push_back(
        {"match[]", "string", "Selector; a series that fits one of them counts.", false, true});
    more.push_back({"start", "string", "Not used: series are listed whenever they had samples."});
    more.push_back({"end", "string", "Not used."});
    more.push_back({"limit", "integer", "Most items."});
    return more;
}

// The same by GET and, with the parameters in a form, by POST.
void add_both(std::vector<Route>& out, std::string_view path, std::string_view id,
              std::string_view post_id, std::string_view summary, BlockingHandler handle,
              const std::vector<QueryParameter>& query, std::string_view about = {}) {
    for (const auto method : {http::Method::Get, http::Method::Post}) {
        out.push_back({.method = method,
                       .path = path,
                       .id = method == http::Method::Get ? id : post_id,
                       .tag = "Prometheus",
                       .summary = summary,
                       .permission = "metrics:read",
                       .handle = handle,
                       .query = query,
                       .response = "PrometheusAnswer",
                       .about = about,
                       .foreign_credentials = true,
                       .in_turn = true});
    }
}

}  // namespace

void add_prometheus_routes(std::vector<Route>& out) {
    const std::vector<QueryParameter> options = {
        {"query", "string", "PromQL."},
        {"timeout", "string", "How long it may take; at most 2m."},
        {"lookback_delta", "string", "How long a sample counts as the present value: 5m."},
        {"limit", "integer", "Not used."},
        {"stats", "string", "Not used."}};
    std::vector<QueryParameter> at = options;
    at.push_back({"time", "string", "Seconds since 1970, or RFC 3339. Default: now."});
    std::vector<QueryParameter> over = options;
    over.push_back({"start", "string", "First step."});
    over.push_back({"end", "string", "Last step, at most."});
    over.push_back({"step", "string", "Seconds, or a duration as in 1m."});
    add_both(out, "/api/v1/query", "promQuery", "promQueryForm", "PromQL at one time",
             run_query<instant>, at,
             "Over series with labels, and points of assets: flow{asset, point, unit}. What is not "
             "offered says so: docs/guide/prometheus.md.");
    add_both(out, "/api/v1/query_range", "promQueryRange", "promQueryRangeForm",
             "PromQL over a range, in steps", run_query<range>, over);
    add_both(out, "/api/v1/series", "promSeries", "promSeriesForm", "Series that fit selectors",
             list_series, with_selection());
    add_both(out, "/api/v1/labels", "promLabels", "promLabelsForm", "Names of labels", list_labels,
             with_selection());
    const auto plain = [&out](std::string_view path, std::string_view id, std::string_view summary,
                              BlockingHandler handle, std::vector<QueryParameter> query) {
        out.push_back({.method = http::Method::Get,
                       .path = path,
                       .id = id,
                       .tag = "Prometheus",
                       .summary = summary,
                       .permission = "metrics:read",
                       .handle = handle,
                       .query = std::move(query),
                       .response = "PrometheusAnswer",
                       .foreign_credentials = true,
                       .in_turn = true});
    };
    plain("/api/v1/label/{name}/values", "promLabelValues", "Values of a label", list_values,
          with_selection());
    plain("/api/v1/metadata", "promMetadata", "Types and units of metrics", metadata,
          {{"metric", "string", "Of this metric only."},
           {"limit", "integer", "Most items."},
           {"limit_per_metric", "integer", "Most items a metric."}});
    plain("/api/v1/status/buildinfo", "promBuildInfo", "Which version's language is spoken",
          build_info, {});
    for (const auto method : {http::Method::Post, http::Method::Put}) {
        const bool post = method == http::Method::Post;
        out.push_back(
            {.method = method,
             .path = "/api/v1/admin/tsdb/delete_series",
             .id = post ? "promDeleteSeries" : "promDeleteSeriesPut",
             .tag = "Prometheus",
             .summary = "Erase samples of series with labels, for good",
             .permission = "metrics:erase",
             .handle = erase_series,
             .query = {{"match[]", "string", "Selector of series with labels.", false, true},
                       {"start", "string", "Seconds since 1970, or RFC 3339. Default: the first."},
                       {"end", "string", "The last time that goes, too. Default: the last."}},
             .success = 204,
             .audited = true,
             .about = "Answers when it is durable. Points of assets are not touched: DELETE "
                      "/v1/points/{point}/samples is for them.",
             .foreign_credentials = true,
             .in_turn = true});
    }
    out.push_back({.method = http::Method::Post,
                   .path = "/api/v1/write",
                   .id = "promRemoteWrite",
                   .tag = "Prometheus",
                   .summary = "Remote write; answers when the samples are durable",
                   .permission = "metrics:write",
                   .handle = remote_write,
                   .request = "RemoteWrite",
                   .success = 204,
                   .body_max = 64 * 1024 * 1024,
                   .about =
                       "Protobuf packed with snappy, version 1 or 2. Series that are wrong are "
                       "refused with 400 and the others stored.",
                   .foreign_credentials = true});
}

}  // namespace gantry::api
