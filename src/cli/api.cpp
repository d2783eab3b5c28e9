// SPDX-License-Identifier: Apache-2.0
#include "cli/api.h"

#include <boost/asio/steady_timer.hpp>
#include <format>

#include "base/error_tables.h"
#include "base/random.h"
#include "cli/loop.h"
#include "cli/output.h"
#include "model/json.h"
#include "runtime/tcp_network.h"

namespace gantry::cli {
namespace {

using http::Method;

// A token that ends within this time is renewed before it is used.
constexpr Duration renew_before = std::chrono::seconds(60);
constexpr Duration lock_wait_max = std::chrono::seconds(30);
constexpr std::size_t page_items = 1000;

constexpr JsonLimits answer_limits{.bytes_max = 512UL * 1024 * 1024, .depth_max = 64};

http::Outgoing outgoing(Method method, std::string target, std::string body) {
    http::Outgoing out{method, std::move(target), {}, std::move(body)};
    if (!out.body.empty()) {
        out.headers.emplace_back("Content-Type", "application/json");
    }
    return out;
}

std::unexpected<Error> not_signed_in(const http::Url& url) {
    return fail(Code::Unauthenticated, "you are not signed in at {0}: run gantry sign-in {0}",
                url.text());
}

}  // namespace

std::string target_of(std::string_view path, const Query& query) {
    std::string out(path);
    char separator = '?';
    for (const auto& [name, value] : query) {
        if (!value.empty()) {
            out += separator + std::string(name) + "=" + http::percent_encode(value);
            separator = '&';
        }
    }
    return out;
}

std::string item_target(std::string_view collection, std::string_view reference) {
    return std::format("{}/{}", collection, http::percent_encode(reference));
}

Api::Api(Loop& loop, Credentials& credentials, const Clock& clock, ServerSettings settings)
    : loop_(loop),
      credentials_(credentials),
      clock_(clock),
      settings_(std::move(settings)),
      network_(std::make_unique<TcpNetwork>()),
      client_(std::make_unique<http::Client>(
          *network_, clock_, settings_.url,
          http::ClientOptions{.trust = {.ca_file = settings_.ca_file}})) {}

Api::~Api() = default;

Error Api::unreachable(Error error) const {
    if (error.code == Code::Unavailable) {
        error.message =
            std::format("cannot reach {} ({}). Does gantryd run there? gantry doctor looks closer",
                        settings_.url.text(), error.message);
    } else if (error.code == Code::Unauthenticated) {
        error.message += ". If an authority of your own signed it, name its file with --ca";
    }
    return error;
}

Async<http::Answer> Api::send(http::Outgoing request, http::BodySink sink) {
    if (!settings_.url.encrypted && !settings_.url.loopback() && !settings_.plaintext) {
        co_return fail(Code::Forbidden,
                       "{0} is not encrypted, and whoever is on the way could read your token: use "
                       "https, or gantry sign-in --plaintext {0} if you know the way to be safe",
                       settings_.url.text());
    }
    request.headers.emplace_back("User-Agent", "gantry-cli");
    request.headers.emplace_back("Accept-Language",
                                 settings_.language == Language::Chinese ? "zh-CN" : "en");
    auto answer = co_await client_->call(std::move(request), std::move(sink));
    if (!answer) {
        co_return std::unexpected(unreachable(std::move(answer).error()));
    }
    co_return answer;
}

Async<http::Answer> Api::call(http::Outgoing request, http::BodySink sink) {
    CO_TRY_ASSIGN(Secret shown, co_await token());
    http::Outgoing first = request;
    first.headers.emplace_back("Authorization", std::format("Bearer {}", shown.reveal()));
    CO_TRY_ASSIGN(http::Answer answer, co_await send(std::move(first), sink));
    if (answer.status == 401 && settings_.token.empty()) {
        // It was taken back, or the clocks differ: 401 means that nothing was done, so the request
        // may go again.
        CO_TRY_ASSIGN(shown, co_await renewed_token(shown.reveal()));
        request.headers.emplace_back("Authorization", std::format("Bearer {}", shown.reveal()));
        CO_TRY_ASSIGN(answer, co_await send(std::move(request), sink));
    }
    if (answer.status / 100 != 2) {
        co_return std::unexpected(problem_of(answer, settings_.url.text()));
    }
    co_return answer;
}

Async<Secret> Api::token() {
    if (!settings_.token.empty()) {
        co_return settings_.token;
    }
    CO_TRY_ASSIGN(const auto known, credentials_.find(settings_.url.text()));
    if (!known) {
        co_return not_signed_in(settings_.url);
    }
    if (known->access_expires - clock_.now() > renew_before.count()) {
        co_return known->access;
    }
    co_return co_await renewed_token(known->access.reveal());
}

Async<Secret> Api::renewed_token(std::string_view refused) {
    const auto executor = co_await asio::this_coro::executor;
    const Duration until = clock_.monotonic() + lock_wait_max;
    std::unique_ptr<Credentials::Lock> lock;
    while (true) {
        CO_TRY_ASSIGN(lock, credentials_.try_lock());
        if (lock) {
            break;
        }
        if (clock_.monotonic() > until) {
            co_return fail(Code::Timeout, "another gantry holds {}/credentials.lock for too long",
                           credentials_.folder());
        }
        asio::steady_timer pause(executor, std::chrono::milliseconds(20));
        (void)co_await pause.async_wait(as_result);
    }
    // Another program may have renewed it while this one waited.
    CO_TRY_ASSIGN(const auto known, credentials_.find(settings_.url.text()));
    if (!known) {
        co_return not_signed_in(settings_.url);
    }
    if (known->access.reveal() != refused) {
        co_return known->access;
    }
    CO_TRY_ASSIGN(const SignIn renewed, co_await refresh(*known));
    CO_TRY(credentials_.save(renewed, false));
    co_return renewed.access;
}

Async<SignIn> Api::refresh(SignIn before) {
    const json::object body = {{"refresh_token", before.refresh.reveal()}};
    CO_TRY_ASSIGN(
        const http::Answer answer,
        co_await send(outgoing(Method::Post, "/v1/session/refresh", json::serialize(body)), {}));
    if (answer.status == 401) {
        co_return fail(Code::Unauthenticated,
                       "your sign-in at {0} has ended: run gantry sign-in {0}",
                       settings_.url.text());
    }
    co_return read_sign_in(answer, std::move(before));
}

Result<json::value> Api::call_json(Method method, std::string target, std::string body) {
    TRY_ASSIGN(const http::Answer answer,
               loop_.run(call(outgoing(method, std::move(target), std::move(body)), {})));
    if (answer.body.empty()) {
        return json::value();
    }
    auto parsed = parse_json(answer.body, answer_limits);
    if (!parsed) {
        return fail(Code::Unavailable, "{} answered something that is not JSON: is it a Gantry?",
                    settings_.url.text());
    }
    return parsed;
}

Result<json::value> Api::get(std::string target) {
    return call_json(Method::Get, std::move(target), "");
}

Result<json::value> Api::post(std::string target, const json::value& body) {
    return call_json(Method::Post, std::move(target), json::serialize(body));
}

Result<json::value> Api::patch(std::string target, const json::value& body) {
    return call_json(Method::Patch, std::move(target), json::serialize(body));
}

Result<json::value> Api::put(std::string target, const json::value& body) {
    return call_json(Method::Put, std::move(target), json::serialize(body));
}

Result<json::value> Api::remove(std::string target) {
    return call_json(Method::Delete, std::move(target), "");
}

Result<json::array> Api::list(std::string_view path, Query query, std::size_t most) {
    json::array out;
    std::string cursor;
    while (true) {
        Query page = query;
        page.emplace_back("limit", std::to_string(std::min(page_items, most - out.size())));
        page.emplace_back("cursor", cursor);
        TRY_ASSIGN(json::value answer, get(target_of(path, page)));
        if (!answer.is_object() || !answer.as_object().contains("items") ||
            !answer.as_object()["items"].is_array()) {
            return fail(Code::Internal, "{} answered no list for {}", settings_.url.text(), path);
        }
        for (json::value& item : answer.as_object()["items"].as_array()) {
            out.push_back(std::move(item));
        }
        cursor = field_text(answer.as_object(), "next");
        if (cursor.empty() || out.size() >= most) {
            return out;
        }
    }
}

Result<http::Answer> Api::post_text(std::string target, std::string body) {
    return loop_.run(call(outgoing(Method::Post, std::move(target), std::move(body)), {}));
}

Result<> Api::put_bytes(std::string target, std::string body) {
    http::Outgoing request{Method::Put, std::move(target), {}, std::move(body)};
    request.headers.emplace_back("Content-Type", "application/octet-stream");
    TRY(loop_.run(call(std::move(request), {})));
    return {};
}

Result<> Api::download(std::string target, std::string_view type, const http::BodySink& sink) {
    http::Outgoing request = outgoing(Method::Get, std::move(target), "");
    request.headers.emplace_back("Accept", std::string(type));
    TRY(loop_.run(call(std::move(request), sink)));
    return {};
}

Result<http::Answer> Api::open_call(http::Outgoing request) {
    if (!request.body.empty()) {
        request.headers.emplace_back("Content-Type", "application/json");
    }
    return loop_.run(send(std::move(request), {}));
}

Async<std::unique_ptr<http::WebSocket>> Api::open_live() {
    CO_TRY_ASSIGN(const Secret shown, co_await token());
    auto socket = co_await client_->open_websocket(
        "/v1/live", {{"Authorization", std::format("Bearer {}", shown.reveal())}});
    if (!socket) {
        co_return std::unexpected(unreachable(std::move(socket).error()));
    }
    co_return socket;
}

Result<> Api::reach() {
    auto stream = loop_.run(client_->connect());
    return stream ? Result<>{} : std::unexpected(stream.error());
}

Error problem_of(const http::Answer& answer, std::string_view url) {
    Error out{Code::Internal, "", {}};
    const auto body = parse_json(answer.body);
    if (body && body->is_object()) {
        const json::object& problem = body->as_object();
        out.code = code_from_name(field_text(problem, "code")).value_or(Code::Internal);
        out.message = field_text(problem, "detail");
        const json::value* fields = problem.if_contains("fields");
        if (fields != nullptr && fields->is_array() && !fields->as_array().empty() &&
            fields->as_array()[0].is_object()) {
            out.field = field_text(fields->as_array()[0].as_object(), "field");
        }
        if (out.code == Code::Internal && !field_text(problem, "trace").empty()) {
            out.message += std::format(" (trace {})", field_text(problem, "trace"));
        }
    }
    if (out.message.empty()) {
        out.code = answer.status == 404 ? Code::NotFound : Code::Unavailable;
        out.message = std::format("{} answered with status {}, not as a Gantry does: is there a "
                                  "proxy on the way?",
                                  url, answer.status);
    }
    return out;
}

Result<SignIn> read_sign_in(const http::Answer& answer, SignIn into) {
    if (answer.status / 100 != 2) {
        return std::unexpected(problem_of(answer, into.url));
    }
    TRY_ASSIGN(const json::value body, parse_json(answer.body));
    if (!body.is_object()) {
        return fail(Code::Internal, "the answer to the sign-in is no object");
    }
    const json::object& in = body.as_object();
    into.access = Secret(field_text(in, "access_token"));
    into.refresh = Secret(field_text(in, "refresh_token"));
    into.access_expires = parse_time(field_text(in, "expires")).value_or(0);
    into.refresh_expires = parse_time(field_text(in, "refresh_expires")).value_or(0);
    if (into.access.empty()) {
        return fail(Code::Internal, "the answer to the sign-in has no token");
    }
    return into;
}

}  // namespace gantry::cli
