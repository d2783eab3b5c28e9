// SPDX-License-Identifier: Apache-2.0
#include "api/live_session.h"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/post.hpp>

#include "api/problem.h"
#include "base/error_tables.h"

namespace gantry::api {
namespace {

constexpr Duration authorize_within = std::chrono::seconds(10);
constexpr Duration identity_check = std::chrono::seconds(2);
constexpr Duration for_ever = std::chrono::hours(24);
// So long one who comes back waits for a connection to be given up that has broken unnoticed.
constexpr Duration leave_step = std::chrono::milliseconds(20);
constexpr int leave_steps = 100;
// Samples that come within this time go in one message: a batch of a poll, not a message each.
constexpr Duration gather = std::chrono::milliseconds(20);

}  // namespace

LiveSignal::LiveSignal(const asio::any_io_executor& executor)
    : executor_(executor), timer_(std::make_shared<asio::steady_timer>(executor)) {}

std::function<void()> LiveSignal::waker() const {
    return [executor = executor_, weak = std::weak_ptr(timer_)] {
        asio::post(executor, [weak] {
            if (const auto timer = weak.lock()) {
                timer->cancel();
            }
        });
    };
}

asio::awaitable<void> LiveSignal::wait(Duration at_most) {
    timer_->expires_after(at_most);
    (void)co_await timer_->async_wait(as_result);
}

LiveSession::LiveSession(Services& services, http::WebSocket& socket, security::Context& context,
                         std::string token)
    : services_(services),
      socket_(socket),
      context_(context),
      token_(std::move(token)),
      conversation_(std::make_unique<LiveConversation>(services)) {}

asio::awaitable<void> LiveSession::run() {
    using namespace asio::experimental::awaitable_operators;
    const auto executor = co_await asio::this_coro::executor;
    signal_.emplace(executor);
    leave_.emplace(executor);
    conversation_->wake_with(signal_->waker());
    co_await (read_loop() || write_loop() || watch_identity() || watch_leave());
    services_.live_parking.park(std::move(conversation_), context_);
}

Result<> LiveSession::announce() {
    return services_.live_parking.begin(conversation_->token(), context_, leave_->waker());
}

asio::awaitable<void> LiveSession::watch_leave() { co_await leave_->wait(for_ever); }

asio::awaitable<void> LiveSession::read_loop() {
    while (true) {
        const auto message = co_await socket_.read();
        if (!message) {
            co_return;
        }
        if (!co_await on_message(*message)) {
            co_return;
        }
        signal_->wake();
    }
}

Async<> LiveSession::handle(const std::string& text) {
    CO_TRY_ASSIGN(const json::value message, parse_json(text));
    ObjectReader in(message, "");
    const json::value* token = in.take("authorize");
    const json::value* wish = in.take("subscribe");
    const json::value* no_more = in.take("unsubscribe");
    const json::value* quality = in.take("quality");
    std::string resumed;
    std::int64_t sequence = 0;
    in.optional("resume", resumed);
    in.optional("seq", sequence);
    CO_TRY(in.finish());
    if (token != nullptr && token->is_string()) {
        CO_TRY(co_await authorize(std::string(token->as_string())));
    }
    if (!context_.identity) {
        co_return fail(Code::Unauthenticated, "say {{\"authorize\": \"<token>\"}} first");
    }
    if (!resumed.empty()) {
        co_await resume(resumed, static_cast<std::uint64_t>(std::max<std::int64_t>(sequence, 0)));
    }
    if (quality != nullptr) {
        conversation_->show_codes(quality->is_string() && quality->as_string() == "code");
    }
    if (no_more != nullptr) {
        CO_TRY(subscribe(*no_more, false));
    }
    if (wish != nullptr) {
        CO_TRY(subscribe(*wish, true));
    }
    co_return Result<>{};
}

asio::awaitable<bool> LiveSession::on_message(const std::string& text) {
    const auto handled = co_await handle(text);
    if (handled) {
        co_return true;
    }
    std::string out;
    JsonWriter json(out);
    json.begin_object().key("error").begin_object();
    json.field("code", code_name(handled.error().code));
    json.field("title", problem_title(handled.error().code, context_.language));
    json.field("detail", handled.error().message).end_object().end_object();
    // Who is not known gets no second try on this connection.
    if (handled.error().code == Code::Unauthenticated) {
        (void)co_await socket_.write_text(out);
        co_await socket_.close(1008, handled.error().message);
        co_return false;
    }
    outbox_.push_back(std::move(out));
    co_return true;
}

Async<> LiveSession::authorize(const std::string& token) {
    auto& sessions = services_.registry.sessions();
    CO_TRY_ASSIGN(context_.identity, co_await offload(services_.offload, [&sessions, token] {
                      return sessions.verify(token);
                  }));
    if (context_.identity->must_change_password) {
        context_.identity.reset();
        co_return fail(Code::Unauthenticated, "change your password first");
    }
    context_.tenant = context_.identity->tenant;
    token_ = Secret(token);
    outbox_.emplace_back(R"({"authorized":true})");
    co_return Result<>{};
}

asio::awaitable<std::unique_ptr<LiveConversation>> take_up(
    Services& services, const security::Context& context, std::string token, std::uint64_t sequence,
    std::vector<LiveConversation::Message>& missed) {
    LiveParking& parking = services.live_parking;
    auto found = parking.resume(token, context);
    if (!found && parking.ask_to_leave(token, context)) {
        for (int step = 0; step < leave_steps && !found; ++step) {
            co_await services.timers.sleep(leave_step);
            found = parking.resume(token, context);
        }
    }
    auto sent = found ? found->after(sequence) : std::nullopt;
    if (!sent) {
        co_return nullptr;
    }
    missed = std::move(*sent);
    co_return found;
}

asio::awaitable<void> LiveSession::resume(const std::string& token, std::uint64_t sequence) {
    std::vector<LiveConversation::Message> missed;
    auto taken = co_await take_up(services_, context_, token, sequence, missed);
    std::string out;
    JsonWriter json(out);
    json.begin_object().field("resumed", taken != nullptr).end_object();
    outbox_.push_back(std::move(out));
    if (!taken) {
        co_return;
    }
    services_.live_parking.end(conversation_->token());
    conversation_ = std::move(taken);
    conversation_->wake_with(signal_->waker());
    (void)announce();  // one that went on before, and is counted anew
    for (const LiveConversation::Message& message : missed) {
        outbox_.push_back(message.text);
    }
}

Result<> LiveSession::subscribe(const json::value& wish, bool add) {
    LiveConversation::Wish wanted;
    ObjectReader in(wish, add ? "/subscribe" : "/unsubscribe");
    in.optional("points", wanted.points);
    in.optional("under", wanted.under);
    in.optional("rate", wanted.rate);
    in.optional("latest", wanted.with_latest);
    TRY(in.finish());
    if (!add) {
        TRY(conversation_->unfollow(context_, wanted));
        return {};
    }
    TRY(announce());
    TRY_ASSIGN(const std::size_t points, conversation_->follow(context_, wanted));
    std::string out;
    JsonWriter json(out);
    json.begin_object().field("subscribed", points).field("resume", conversation_->token());
    json.end_object();
    outbox_.push_back(std::move(out));
    return {};
}

asio::awaitable<void> LiveSession::write_loop() {
    while (true) {
        while (!outbox_.empty()) {
            const std::vector<std::string> texts = std::exchange(outbox_, {});
            for (const std::string& text : texts) {
                if (!co_await socket_.write_text(text)) {
                    co_return;
                }
            }
        }
        const auto message = context_.identity ? conversation_->next(context_) : std::nullopt;
        if (message) {
            if (!co_await socket_.write_text(message->text)) {
                co_return;
            }
            // The time in which others gather; also what a slow client's rate asks for.
            co_await services_.timers.sleep(std::max(conversation_->pause(), gather));
            continue;
        }
        co_await signal_->wait(for_ever);
    }
}

// A token that ends, or is taken back, ends what it opened within seconds.
asio::awaitable<void> LiveSession::watch_identity() {
    auto& sessions = services_.registry.sessions();
    co_await services_.timers.sleep(authorize_within);
    while (context_.identity) {
        if (!sessions.remembered(token_.reveal())) {
            const auto known = co_await offload(
                services_.offload, [&sessions, this] { return sessions.verify(token_.reveal()); });
            if (!known) {
                context_.identity.reset();
                break;
            }
            context_.identity = *known;  // its roles may have changed
        }
        co_await services_.timers.sleep(identity_check);
    }
    co_await socket_.close(1008, "the token has ended, or none was shown: authorize again");
}

}  // namespace gantry::api
