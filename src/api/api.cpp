// SPDX-License-Identifier: Apache-2.0
#include "api/api.h"

#include <boost/asio/this_coro.hpp>

#include "api/problem.h"
#include "base/encoding.h"
#include "base/error_tables.h"
#include "broker/broker.h"
#include "security/token.h"

namespace gantry::api {
namespace {

constexpr std::size_t default_body_max = 1024 * 1024;
constexpr security::Rate audited_read_rate{.interval = std::chrono::seconds(1), .burst = 20};

security::Rate request_rate(std::int64_t a_second) {
    return {.interval = Duration(std::chrono::seconds(1)) / std::max<std::int64_t>(a_second, 1),
            .burst = a_second};
}

// The trace id of W3C Trace Context, "00-<32 hex>-<16 hex>-<2 hex>", or empty.
std::string trace_of(std::string_view traceparent) {
    if (traceparent.size() >= 55 && traceparent.starts_with("00-") && traceparent[35] == '-') {
        const std::string_view id = traceparent.substr(3, 32);
        if (id.find_first_not_of("0123456789abcdef") == std::string_view::npos &&
            id.find_first_not_of('0') != std::string_view::npos) {
            return std::string(id);
        }
    }
    return {};
}

std::string_view bearer_of(const http::Request& request) {
    const std::string_view header = request.header("authorization");
    return header.size() > 7 && (header.starts_with("Bearer ") || header.starts_with("bearer "))
               ? header.substr(7)
               : std::string_view();
}

// The token of a client that knows only other systems' ways to show one.
std::string foreign_token_of(const http::Request& request) {
    const std::string_view header = request.header("authorization");
    if (header.starts_with("Token ")) {
        return std::string(header.substr(6));
    }
    if (!header.starts_with("Basic ")) {
        return {};
    }
    const auto decoded = from_base64(header.substr(6));
    const std::string_view pair = decoded ? as_text(*decoded) : std::string_view();
    const std::size_t colon = pair.find(':');
    return colon == std::string_view::npos ? std::string() : std::string(pair.substr(colon + 1));
}

// What may be asked for in spite of a password that must be changed first.
bool needs_no_new_password(const Route& route) {
    return route.admission == Admission::Public || route.tag == "Session";
}

// An id that somebody had to know or guess, unlike a path.
bool is_id(std::string_view text) {
    const std::size_t underscore = text.find('_');
    return underscore != std::string_view::npos && has_id_form(text, text.substr(0, underscore));
}

std::string object_of(const Call& call) {
    std::string out;
    for (const auto& [name, value] : call.path) {
        out += (out.empty() ? "" : " ") + value;
    }
    return out.empty() ? std::string(call.request.path()) : out;
}

// What a change was asked to do beside its body: " from=… to=…".
std::string query_of(const http::Request& request) {
    std::string out;
    for (const auto& [name, value] : request.query) {
        out += std::format(" {}={}", name, value.substr(0, 64));
    }
    return out;
}

Code code_of_status(int status) {
    switch (status) {
        case 408: return Code::Timeout;
        case 413:
        case 431: return Code::TooLarge;
        case 503: return Code::Unavailable;
        default: return Code::InvalidArgument;
    }
}

// A misspelt parameter that is ignored would answer another question than was asked.
Result<> check_query(const Route& route, const http::Request& request) {
    for (const auto& [name, value] : request.query) {
        if (std::ranges::find(route.query, name, &QueryParameter::name) != route.query.end()) {
            continue;
        }
        std::string known;
        for (const QueryParameter& parameter : route.query) {
            known += (known.empty() ? "" : ", ") + std::string(parameter.name);
        }
        return bad_field("?" + name.substr(0, 64),
                         known.empty() ? "this takes no query parameters"
                                       : "there is no such query parameter: there are " + known);
    }
    return {};
}

}  // namespace

Api::Api(Services& services)
    : services_(services),
      audited_reads_(services.clock, audited_read_rate),
      requests_(services.clock, request_rate(services.requests_per_second)),
      latency_(services.metrics.latency("gantry_http_request_seconds",
                                        "Time from a whole request to its answer.")) {
    for (const Route& route : routes()) {
        router_.add(route.method, route.path);
    }
    for (std::size_t i = 0; i < by_class_.size(); ++i) {
        by_class_[i] = &services.metrics.counter("gantry_http_requests_total", "HTTP requests.",
                                                 {{"status", std::to_string(i) + "xx"}});
    }
}

std::size_t Api::body_limit(const http::Request& head) const {
    std::vector<http::Method> allowed;
    const auto match = router_.match(head, allowed);
    return match ? routes()[match->index].body_max : default_body_max;
}

// The principal whose token is known already, or else whoever has that address.
std::string Api::payer(const http::Request& head) const {
    std::string token(bearer_of(head));
    if (token.empty()) {
        token = foreign_token_of(head);
    }
    if (const auto known =
            token.empty() ? nullptr : services_.registry.sessions().remembered(token)) {
        return known->principal.text();
    }
    return head.peer.substr(0, head.peer.rfind(':'));
}

security::Context Api::new_context(const http::Request& request) const {
    security::Context context;
    context.address = request.peer;
    context.language = language_of(request.header("accept-language"));
    context.trace = trace_of(request.header("traceparent"));
    if (context.trace.empty()) {
        std::array<std::byte, 16> id{};
        services_.random.fill(id);
        context.trace = to_hex(id);
    }
    return context;
}

Async<> Api::identify(const http::Request& request, security::Context& context) {
    co_return co_await identify(request, std::string(bearer_of(request)), context);
}

Async<> Api::identify(const http::Request& request, std::string token, security::Context& context) {
    if (token.empty()) {
        co_return Result<>{};
    }
    auto& sessions = services_.registry.sessions();
    context.identity = sessions.remembered(token);
    if (!context.identity) {
        CO_TRY_ASSIGN(context.identity, co_await offload(services_.offload, [&sessions, token] {
                          return sessions.verify(token);
                      }));
    }
    context.tenant = context.identity->tenant;
    const std::string wanted(request.header("gantry-tenant"));
    if (!wanted.empty() && wanted != context.tenant.text()) {
        if (!context.identity->operates_platform) {
            co_return fail(Code::Forbidden, "only an operator of the platform may name a tenant");
        }
        CO_TRY_ASSIGN(const registry::Tenant tenant, co_await offload(services_.offload, [&] {
                          return services_.registry.tenants().get(wanted);
                      }));
        context.tenant = tenant.id;
    }
    co_return Result<>{};
}

Result<> Api::admit(const Route& route, const security::Context& context, Rate& rate) {
    if (route.admission == Admission::Public) {
        return {};
    }
    if (!context.identity) {
        return fail(Code::Unauthenticated,
                    "sign in (POST /v1/session) and send Authorization: Bearer …");
    }
    const std::int64_t a_second = services_.requests_per_second;
    if (a_second != 0) {
        rate = requests_.take(context.identity->principal.text());
    }
    if (rate && !rate->allowed) {
        return fail(Code::RateLimited,
                    "these are more than {} requests a second, which is what one principal may "
                    "send: put more into one request, or slow down",
                    a_second);
    }
    if (context.identity->must_change_password && !needs_no_new_password(route)) {
        return fail(
            Code::Forbidden,
            "change your password first: PUT /v1/session/password, or sign in at the console");
    }
    if (route.admission == Admission::Permitted &&
        !security::may_anywhere(context.identity->statements, route.permission)) {
        return fail(Code::Forbidden, "this needs the permission {}", route.permission);
    }
    return {};
}

Async<http::Response> Api::run(const Route& route, const Call& call) {
    if (const auto* handler = std::get_if<AsyncHandler>(&route.handle)) {
        co_return co_await (*handler)(services_, call);
    }
    const BlockingHandler handler = std::get<BlockingHandler>(route.handle);
    if (route.in_turn) {
        co_return co_await offload(services_.queries, call.party(),
                                   [this, handler, &call] { return handler(services_, call); });
    }
    co_return co_await offload(services_.offload,
                               [this, handler, &call] { return handler(services_, call); });
}

// A request with an Idempotency-Key is carried out once.
Async<http::Response> Api::run_once(const Route& route, const Call& call) {
    const std::string key(call.request.header("idempotency-key"));
    if (key.empty() || route.own_idempotency || route.method != http::Method::Post ||
        !call.context.identity) {
        co_return co_await run(route, call);
    }
    if (key.size() > 255) {
        co_return bad_field("Idempotency-Key", "is longer than 255 characters");
    }
    auto& kept = services_.registry.idempotency();
    const PrincipalId principal = call.context.identity->principal;
    const std::string request_hash =
        security::sha256_hex(call.request.target + "\n" + call.request.body);
    CO_TRY_ASSIGN(const auto before, co_await offload(services_.offload, [&] {
                      return kept.find(call.tenant(), principal, key, request_hash);
                  }));
    if (before) {
        const std::size_t line = before->find('\n');
        http::Response again = http::Response::text(std::stoi(before->substr(0, line)),
                                                    "application/json", before->substr(line + 1));
        again.with("Idempotency-Replayed", "true");
        co_return again;
    }
    auto answer = co_await run(route, call);
    if (answer && !answer->source) {
        const std::string text = std::to_string(answer->status) + "\n" + answer->body;
        CO_TRY(co_await offload(services_.offload, [&] {
            return kept.keep(call.tenant(), principal, key, request_hash, text);
        }));
    }
    co_return answer;
}

// Changes are recorded with their outcome; so is asking for an id that is not there or not theirs.
Async<> Api::audit(const Route& route, const Call& call, const Result<http::Response>& answer) {
    const bool denied = !answer && (answer.error().code == Code::Forbidden ||
                                    answer.error().code == Code::NotFound);
    bool record = route.audited;
    if (!record && denied && call.context.identity) {
        const bool by_id =
            std::ranges::any_of(call.path, [](const auto& part) { return is_id(part.second); });
        record = (by_id || answer.error().code == Code::Forbidden) &&
                 audited_reads_.take(call.context.identity->principal.text()).allowed;
    }
    if (!record) {
        co_return Result<>{};
    }
    security::AuditEntry entry;
    entry.tenant = call.tenant().text();
    entry.principal = call.context.identity ? call.context.identity->principal.text() : "";
    entry.action = route.permission.empty() ? std::string(route.id) : std::string(route.permission);
    entry.object = std::format("{} {}{}", route.id, object_of(call),
                               route.audited ? query_of(call.request) : "");
    entry.outcome = answer ? "ok" : denied ? "denied" : "failed";
    entry.detail = answer ? "" : answer.error().message;
    entry.address = call.context.address;
    entry.trace = call.context.trace;
    co_return co_await offload(services_.offload,
                               [this, &entry] { return services_.audit.record(std::move(entry)); });
}

asio::awaitable<Result<http::Response>> Api::dispatch(http::Request& request,
                                                      security::Context& context, Rate& rate) {
    std::vector<http::Method> allowed;
    const auto match = router_.match(request, allowed);
    if (!match) {
        if (!allowed.empty()) {
            std::string methods;
            for (const http::Method method : allowed) {
                methods += (methods.empty() ? "" : ", ") + std::string(http::method_name(method));
            }
            http::Response wrong =
                problem(Error{Code::Unsupported,
                              std::format("{} does not take {}: use {}", request.path(),
                                          http::method_name(request.method), methods),
                              {}},
                        context.language, context.trace);
            wrong.status = 405;
            wrong.with("Allow", methods);
            co_return wrong;
        }
        if (auto file = files_.find(request)) {
            co_return std::move(*file);
        }
        co_return fail(Code::NotFound, "there is nothing at {}", request.path());
    }
    const Route& route = routes()[match->index];
    const Call call{request, match->parameters, context};
    std::string token(bearer_of(request));
    if (token.empty() && route.foreign_credentials) {
        token = foreign_token_of(request);
    }
    Result<> admitted = co_await identify(request, std::move(token), context);
    if (admitted) {
        admitted = admit(route, context, rate);
    }
    if (admitted) {
        admitted = check_query(route, request);
    }
    Result<http::Response> answer;
    if (admitted) {
        answer = co_await run_once(route, call);
    } else {
        answer = std::unexpected(admitted.error());
    }
    const auto recorded = co_await audit(route, call, answer);
    if (!recorded && answer) {
        // It was done; that it cannot be recorded must not stay hidden.
        answer = fail(recorded.error().code, "it was done, but the audit log cannot record it: {}",
                      recorded.error().message);
    }
    co_return answer;
}

void Api::finish(http::Response& response, const http::Request& request,
                 const security::Context& context) const {
    const auto has = [&response](std::string_view name) {
        return std::ranges::any_of(response.headers,
                                   [name](const auto& header) { return header.first == name; });
    };
    if (!has("Cache-Control")) {
        response.with("Cache-Control", "no-store");
    }
    response.with("X-Content-Type-Options", "nosniff");
    response.with("Referrer-Policy", "no-referrer");
    response.with("Gantry-Trace", context.trace);
    if (request.encrypted) {
        response.with("Strict-Transport-Security", "max-age=31536000");
    }
}

// As draft-ietf-httpapi-ratelimit-headers-10 has it.
void Api::tell_rate(http::Response& response, const Rate& rate) const {
    if (!rate) {
        return;
    }
    const auto seconds = [](Duration length) {
        return std::chrono::ceil<std::chrono::seconds>(length).count();
    };
    response.with("RateLimit-Policy",
                  std::format("\"principal\";q={};w=1", services_.requests_per_second));
    response.with("RateLimit",
                  std::format("\"principal\";r={};t={}", rate->remaining, seconds(rate->reset)));
    if (!rate->allowed) {
        std::erase_if(response.headers,
                      [](const auto& header) { return header.first == "Retry-After"; });
        response.with("Retry-After", std::to_string(seconds(rate->retry_after)));
    }
}

asio::awaitable<http::Response> Api::serve(http::Request& request) {
    const Duration start = services_.clock.monotonic();
    security::Context context = new_context(request);
    Result<http::Response> answer;
    Rate rate;
    std::string defect;
    try {
        answer = co_await dispatch(request, context, rate);
    } catch (const boost::system::system_error& error) {
        if (error.code() == asio::error::operation_aborted) {
            throw;  // the connection is being ended
        }
        defect = error.what();
    } catch (const std::exception& error) {
        defect = error.what();
    }
    if (!defect.empty()) {
        services_.log.error(
            "api", "handler threw",
            {{"path", request.path()}, {"detail", defect}, {"trace", context.trace}});
        answer =
            fail(Code::Internal, "a defect of ours; the log has it under trace {}", context.trace);
    }
    http::Response response =
        answer ? std::move(*answer) : problem(answer.error(), context.language, context.trace);
    finish(response, request, context);
    tell_rate(response, rate);
    by_class_[std::min<std::size_t>(static_cast<std::size_t>(response.status) / 100,
                                    by_class_.size() - 1)]
        ->add();
    latency_.record(services_.clock.monotonic() - start);
    co_return response;
}

http::Response Api::reject(int status, std::string_view detail) const {
    http::Response out =
        problem(Error{code_of_status(status), std::string(detail), {}}, Language::English, "");
    out.status = status;
    return out;
}

asio::awaitable<std::optional<http::Response>> Api::upgrade(http::Request& request) {
    if (request.path() == LiveSession::path || is_mqtt(request)) {
        co_return std::nullopt;
    }
    security::Context context = new_context(request);
    http::Response out = problem(
        Error{Code::NotFound,
              std::format("there is no WebSocket at {}: use {}", request.path(), LiveSession::path),
              {}},
        context.language, context.trace);
    finish(out, request, context);
    co_return out;
}

// MQTT over WebSocket, as MQTT 5.0 section 6 has it: the subprotocol is "mqtt".
bool Api::is_mqtt(const http::Request& request) const {
    constexpr std::string_view path = "/mqtt";
    if (request.path() != path || !services_.broker.running()) {
        return false;
    }
    std::string_view offered = request.header("sec-websocket-protocol");
    while (!offered.empty()) {
        const std::size_t comma = std::min(offered.find(','), offered.size());
        std::string_view one = offered.substr(0, comma);
        one.remove_prefix(std::min(one.find_first_not_of(' '), one.size()));
        if (one.substr(0, one.find(' ')) == "mqtt") {
            return true;
        }
        offered.remove_prefix(std::min(comma + 1, offered.size()));
    }
    return false;
}

std::string Api::subprotocol(const http::Request& request) const {
    return is_mqtt(request) ? "mqtt" : "";
}

asio::awaitable<void> Api::converse(http::Request& request, http::WebSocket& socket) {
    if (is_mqtt(request)) {
        co_await services_.broker.converse(std::move(socket).into_stream());
        co_return;
    }
    security::Context context = new_context(request);
    LiveSession session(services_, socket, context, std::string(bearer_of(request)));
    if (const auto known = co_await identify(request, context); !known) {
        co_await socket.close(1008, known.error().message);
        co_return;
    }
    if (context.identity && context.identity->must_change_password) {
        context.identity.reset();
    }
    co_await session.run();
}

}  // namespace gantry::api
