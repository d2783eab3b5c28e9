// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "api/live_session.h"
#include "api/route.h"
#include "api/static_files.h"
#include "http/server.h"
#include "security/rate_limit.h"

namespace gantry::api {

// The public API and the console's files: finds the route, who is asking, whether they may, runs
// the handler, and renders errors. Any shard.
class Api final : public http::Application {
public:
    explicit Api(Services& services);

    std::size_t body_limit(const http::Request& head) const override;
    std::string payer(const http::Request& head) const override;
    asio::awaitable<http::Response> serve(http::Request& request) override;
    asio::awaitable<std::optional<http::Response>> upgrade(http::Request& request) override;
    std::string subprotocol(const http::Request& request) const override;
    asio::awaitable<void> converse(http::Request& request, http::WebSocket& socket) override;
    http::Response reject(int status, std::string_view detail) const override;

private:
    bool is_mqtt(const http::Request& request) const;
    struct Outcome;

    security::Context new_context(const http::Request& request) const;
    // Finds out who asks; nothing if no token was shown.
    Async<> identify(const http::Request& request, security::Context& context);
    Async<> identify(const http::Request& request, std::string token, security::Context& context);
    // `rate` gets what is left of the requests that the principal may send.
    using Rate = std::optional<security::RateLimiter::Verdict>;
    Result<> admit(const Route& route, const security::Context& context, Rate& rate);
    Async<http::Response> run(const Route& route, const Call& call);
    Async<http::Response> run_once(const Route& route, const Call& call);
    asio::awaitable<Result<http::Response>> dispatch(http::Request& request,
                                                     security::Context& context, Rate& rate);
    Async<> audit(const Route& route, const Call& call, const Result<http::Response>& answer);
    void finish(http::Response& response, const http::Request& request,
                const security::Context& context) const;
    void tell_rate(http::Response& response, const Rate& rate) const;

    Services& services_;
    http::Router router_;
    StaticFiles files_;
    security::RateLimiter audited_reads_;  // so that guessing ids does not fill the audit log
    security::RateLimiter requests_;       // of a principal
    std::array<Counter*, 6> by_class_;     // answers by the hundreds of their status
    LatencyHistogram& latency_;
};

}  // namespace gantry::api
