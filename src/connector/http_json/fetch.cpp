// SPDX-License-Identifier: Apache-2.0
#include "connector/http_json/fetch.h"

#include <format>

namespace gantry::connector::http_json {
namespace {

constexpr std::size_t shown_bytes_max = 120;

// What it says of the values behind it.
Quality quality_of(int status) {
    if (status == 408 || status == 429 || status / 100 == 5) {
        return quality::bad_device_failure;
    }
    return quality::bad_configuration_error;
}

std::string trouble_of(const gantry::http::Answer& answer) {
    const std::string_view why = gantry::http::reason_phrase(answer.status);
    std::string out =
        std::format("the server answers {}{}{}", answer.status, why.empty() ? "" : " ", why);
    if (answer.status / 100 == 3) {
        out += std::format(": it is at {} now", answer.header("location"));
    } else if (answer.status == 401 || answer.status == 403) {
        out += ": look at user name, password, token and header";
    }
    return out.substr(0, shown_bytes_max * 2);
}

}  // namespace

Asker::Asker(const Surroundings& around, const Settings& settings)
    : timers_(around.timers),
      patience_(settings.timeout),
      client_(around.network, around.clock, settings.server(), settings.client_options()),
      credentials_(settings.credentials()) {}

Async<Fetched> Asker::get(const std::string& path) {
    const gantry::http::Outgoing request{.method = gantry::http::Method::Get,
                                         .target = path,
                                         .headers = {{"Accept", "application/json, */*;q=0.5"}},
                                         .body = {}};
    const bool kept = kept_;
    const Duration began = timers_.now();
    auto out = co_await call(request);
    // To ask twice does no harm, and what has closed a kept connection need not be in trouble.
    if (!out && kept && timers_.now() - began < patience_) {
        out = co_await call(request);
    }
    co_return out;
}

Async<Fetched> Asker::send(gantry::http::Method method, const std::string& path, std::string body,
                           std::string_view type) {
    co_return co_await call({.method = method,
                             .target = path,
                             .headers = {{"Content-Type", std::string(type)}},
                             .body = std::move(body)});
}

Async<Fetched> Asker::call(gantry::http::Outgoing request) {
    request.headers.insert(request.headers.end(), credentials_.begin(), credentials_.end());
    request.headers.emplace_back("User-Agent", "gantry");
    Fetched out;
    const auto take = [&out](std::string_view piece) -> Result<> {
        if (out.body.size() + piece.size() > body_bytes_max) {
            return fail(Code::TooLarge, "the answer has more than {} MiB", body_bytes_max >> 20);
        }
        out.body += piece;
        return {};
    };
    kept_ = false;
    CO_TRY_ASSIGN(const auto answer, co_await client_.call(std::move(request), take));
    kept_ = true;
    out.status = answer.status;
    out.type = answer.header("content-type");
    if (answer.status / 100 != 2) {
        out.quality = quality_of(answer.status);
        out.trouble = trouble_of(answer);
    }
    co_return out;
}

}  // namespace gantry::connector::http_json
