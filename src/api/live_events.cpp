// SPDX-License-Identifier: Apache-2.0
// Live samples as server-sent events.
#include <charconv>

#include "api/live_session.h"
#include "api/route.h"

namespace gantry::api {
namespace {

constexpr Duration keep_alive = std::chrono::seconds(15);
constexpr Duration identity_check = std::chrono::seconds(2);
constexpr Duration gather = std::chrono::milliseconds(20);

std::string_view bearer_of(const http::Request& request) {
    std::string_view header = request.header("authorization");
    header.remove_prefix(std::min<std::size_t>(header.find(' ') + 1, header.size()));
    return header;
}

// One answer, from its head to where the client goes away, the token ends or the server stops.
class EventStream {
public:
    EventStream(Services& services, security::Context context, std::string token,
                const asio::any_io_executor& executor)
        : services_(services),
          context_(std::move(context)),
          token_(std::move(token)),
          signal_(executor),
          left_(std::make_shared<std::atomic<bool>>(false)) {}
    EventStream(const EventStream&) = delete;
    EventStream& operator=(const EventStream&) = delete;
    // The client may come back.
    ~EventStream() {
        if (conversation_) {
            services_.live_parking.park(std::move(conversation_), context_);
        }
    }

    Async<> begin(const http::Request& request) {
        last_checked_ = services_.clock.monotonic();
        if (!co_await resume(std::string(request.header("last-event-id")))) {
            CO_TRY(follow(request));
        }
        conversation_->wake_with(signal_.waker());
        co_return services_.live_parking.begin(conversation_->token(), context_,
                                               [left = left_, wake = signal_.waker()] {
                                                   *left = true;
                                                   wake();
                                               });
    }

    Result<> follow(const http::Request& request) {
        conversation_ = std::make_unique<LiveConversation>(services_);
        conversation_->show_codes(request.parameter("quality") == "code");
        LiveConversation::Wish wish;
        wish.points = request.parameters("point");
        wish.under = request.parameter("under").value_or("");
        wish.rate = request.parameter("rate").value_or("");
        TRY(conversation_->follow(context_, wish));
        return {};
    }

    // The next events; a comment when nothing has come for long, so that nobody between takes the
    // connection for dead.
    Async<std::string> next() {
        if (!first_.empty()) {
            co_return std::exchange(first_, {});
        }
        const Duration until = services_.clock.monotonic() + keep_alive;
        while (true) {
            if (!co_await still_known()) {
                context_.identity.reset();
                co_return std::string();
            }
            if (*left_) {
                co_return std::string();
            }
            if (const auto message = conversation_->next(context_)) {
                co_await services_.timers.sleep(std::max(conversation_->pause(), gather));
                co_return event(*message);
            }
            const Duration now = services_.clock.monotonic();
            if (now >= until) {
                co_return std::string(":\n\n");
            }
            co_await signal_.wait(std::min(identity_check, until - now));
        }
    }

private:
    // "<token>:<sequence>"
    asio::awaitable<bool> resume(const std::string& id) {
        const std::size_t colon = id.rfind(':');
        std::uint64_t sequence = 0;
        if (colon == std::string::npos ||
            std::from_chars(id.data() + colon + 1, id.data() + id.size(), sequence).ec !=
                std::errc()) {
            co_return false;
        }
        std::vector<LiveConversation::Message> missed;
        conversation_ =
            co_await take_up(services_, context_, id.substr(0, colon), sequence, missed);
        for (const LiveConversation::Message& message : missed) {
            first_ += event(message);
        }
        co_return conversation_ != nullptr;
    }

    std::string event(const LiveConversation::Message& message) const {
        return std::format("id: {}:{}\nevent: samples\ndata: {}\n\n", conversation_->token(),
                           message.sequence, message.text);
    }

    asio::awaitable<bool> still_known() {
        const Duration now = services_.clock.monotonic();
        if (now - last_checked_ < identity_check) {
            co_return true;
        }
        last_checked_ = now;
        auto& sessions = services_.registry.sessions();
        if (sessions.remembered(token_.reveal())) {
            co_return true;
        }
        const auto known = co_await offload(
            services_.offload, [&sessions, this] { return sessions.verify(token_.reveal()); });
        if (known) {
            context_.identity = *known;  // its roles may have changed
        }
        co_return known.has_value();
    }

    Services& services_;
    security::Context context_;
    Secret token_;  // asked about again and again: it may be taken back
    LiveSignal signal_;
    std::shared_ptr<std::atomic<bool>> left_;  // somebody came back for it elsewhere
    std::unique_ptr<LiveConversation> conversation_;
    std::string first_ = ":\n\n";  // so that the head goes out at once
    Duration last_checked_{0};
};

}  // namespace

Async<http::Response> serve_live_events(Services& services, const Call& call) {
    const std::string_view accept = call.request.header("accept");
    if (!accept.empty() && accept.find("text/event-stream") == std::string_view::npos &&
        accept.find("*/*") == std::string_view::npos) {
        co_return fail(Code::InvalidArgument,
                       "{} is not offered: accept text/event-stream, or upgrade to a WebSocket",
                       accept);
    }
    auto stream =
        std::make_shared<EventStream>(services, call.context, std::string(bearer_of(call.request)),
                                      co_await asio::this_coro::executor);
    CO_TRY(co_await stream->begin(call.request));
    http::Response out;
    out.with("Content-Type", "text/event-stream");
    out.with("X-Accel-Buffering", "no");
    out.source = [stream] { return stream->next(); };
    co_return out;
}

void add_live_routes(std::vector<Route>& out) {
    out.push_back({.method = http::Method::Get,
                   .path = LiveSession::path,
                   .id = "followSamples",
                   .tag = "Samples",
                   .summary = "Live samples, as server-sent events or by WebSocket",
                   .permission = "samples:read",
                   .handle = serve_live_events,
                   .query = {{"point", "string", "Id or path.", false, true},
                             {"under", "string", "All points below this path."},
                             {"rate", "string", "At most so many events a second: 1/s to 50/s."},
                             {"quality", "string", "\"code\" adds the OPC UA status codes."}},
                   .response = "EventStream",
                   .about = "Last-Event-ID goes on where a connection broke, for a minute. A "
                            "request to upgrade gets a WebSocket: docs/guide/live.md."});
}

}  // namespace gantry::api
