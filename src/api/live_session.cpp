// SPDX-License-Identifier: Apache-2.0
#include "api/live_session.h"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/post.hpp>
#include <charconv>

#include "api/point_access.h"
#include "api/problem.h"
#include "base/error_tables.h"
#include "query/history.h"

namespace gantry::api {
namespace {

constexpr std::size_t followed_max = 20'000;
constexpr Duration authorize_within = std::chrono::seconds(10);
constexpr Duration identity_check = std::chrono::seconds(2);
// Samples that come within this time go in one message: a batch of a poll, not a message each.
constexpr Duration gather = std::chrono::milliseconds(20);

// "10/s"
Result<Duration> pause_of(std::string_view rate) {
    int per_second = 0;
    const auto [end, error] = std::from_chars(rate.data(), rate.data() + rate.size(), per_second);
    const std::string_view unit(end, static_cast<std::size_t>(rate.data() + rate.size() - end));
    if (error != std::errc() || unit != "/s" || per_second < 1 || per_second > 50) {
        return bad_field("/subscribe/rate", "must be 1/s to 50/s");
    }
    return Duration(std::chrono::seconds(1)) / per_second;
}

}  // namespace

LiveSession::LiveSession(Services& services, http::WebSocket& socket, security::Context& context,
                         std::string token)
    : services_(services), socket_(socket), context_(context), token_(std::move(token)) {}

asio::awaitable<void> LiveSession::run() {
    using namespace asio::experimental::awaitable_operators;
    const auto executor = co_await asio::this_coro::executor;
    woken_ = std::make_shared<asio::steady_timer>(executor);
    woken_->expires_at(asio::steady_timer::time_point::max());
    subscription_ =
        std::make_shared<pipeline::Subscription>([executor, weak = std::weak_ptr(woken_)] {
            asio::post(executor, [weak] {
                if (const auto timer = weak.lock()) {
                    timer->cancel();
                }
            });
        });
    co_await (read_loop() || write_loop() || watch_identity());
    services_.pipeline.live().unfollow(subscription_, {followed_.begin(), followed_.end()});
}

asio::awaitable<void> LiveSession::read_loop() {
    while (true) {
        const auto message = co_await socket_.read();
        if (!message) {
            co_return;
        }
        if (!co_await on_message(*message)) {
            co_return;
        }
        woken_->cancel();
    }
}

Async<> LiveSession::handle(const std::string& text) {
    CO_TRY_ASSIGN(const json::value message, parse_json(text));
    ObjectReader in(message, "");
    const json::value* token = in.take("authorize");
    const json::value* wish = in.take("subscribe");
    const json::value* no_more = in.take("unsubscribe");
    const json::value* quality = in.take("quality");
    CO_TRY(in.finish());
    if (token != nullptr && token->is_string()) {
        CO_TRY(co_await authorize(std::string(token->as_string())));
    }
    if (!context_.identity) {
        co_return fail(Code::Unauthenticated, "say {{\"authorize\": \"<token>\"}} first");
    }
    if (quality != nullptr) {
        with_code_ = quality->is_string() && quality->as_string() == "code";
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

Result<> LiveSession::subscribe(const json::value& wish, bool add) {
    std::vector<std::string> references;
    std::string under;
    std::string rate;
    bool with_latest = true;
    ObjectReader in(wish, add ? "/subscribe" : "/unsubscribe");
    in.optional("points", references);
    in.optional("under", under);
    in.optional("rate", rate);
    in.optional("latest", with_latest);
    TRY(in.finish());
    if (!rate.empty()) {
        TRY_ASSIGN(pause_, pause_of(rate));
    }
    const http::Request nothing;
    const http::PathParameters none;
    const Call call{nothing, none, context_};
    TRY_ASSIGN(const auto points, select_points(services_, call, references, under));
    std::vector<SeriesId> series;
    for (const auto& entry : points) {
        series.push_back(entry->series);
    }
    auto& live = services_.pipeline.live();
    if (!add) {
        live.unfollow(subscription_, series);
        for (const SeriesId id : series) {
            followed_.erase(id);
        }
        return {};
    }
    if (followed_.size() + series.size() > followed_max) {
        return fail(Code::TooLarge, "one connection follows at most {} points", followed_max);
    }
    live.follow(subscription_, series);
    followed_.insert(series.begin(), series.end());
    // The latest values come after the subscription, so nothing falls between.
    pipeline::Subscription::Taken taken;
    for (const auto& entry : points) {
        TRY_ASSIGN(const auto sample, query::latest(services_.store, entry->series));
        if (sample) {
            taken.samples.add(entry->series, sample->time, sample->quality, sample->value);
        }
    }
    std::string out;
    JsonWriter json(out);
    json.begin_object().field("subscribed", points.size()).end_object();
    outbox_.push_back(std::move(out));
    if (with_latest && !taken.samples.empty()) {
        outbox_.push_back(render(taken));
    }
    return {};
}

void LiveSession::append_sample(JsonWriter& json, const directory::PointEntry& entry,
                                const Sample& sample) {
    json.begin_object().field("point", entry.point.path);
    json.field("time", format_time(sample.time)).key("value");
    write_value(json, sample.value);
    json.field("quality", severity_name(sample.quality.severity()));
    if (with_code_) {
        json.field("quality_code", sample.quality.code);
    }
    json.end_object();
}

std::string LiveSession::render(const pipeline::Subscription::Taken& taken) {
    std::string out;
    JsonWriter json(out);
    json.begin_object().field("seq", ++sequence_).key("samples").begin_array();
    for (std::size_t i = 0; i < taken.samples.size(); ++i) {
        const Row row = taken.samples.row(i);
        const auto entry = services_.directory.find(row.series);
        // Between subscribing and now the point may have gone, or the permission.
        if (entry && entry->tenant == context_.tenant &&
            context_.may("samples:read", entry->point.path)) {
            append_sample(json, *entry, {row.time, row.value(), row.quality});
        }
    }
    json.end_array();
    if (taken.skipped > 0) {
        json.field("skipped", taken.skipped);
    }
    json.end_object();
    return out;
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
        const auto taken = subscription_->take();
        if (!taken.samples.empty()) {
            if (!co_await socket_.write_text(render(taken))) {
                co_return;
            }
            // The time in which others gather; also what a slow client's rate asks for.
            co_await services_.timers.sleep(std::max(pause_, gather));
            continue;
        }
        woken_->expires_at(asio::steady_timer::time_point::max());
        (void)co_await woken_->async_wait(as_result);
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
                break;
            }
            context_.identity = *known;  // its roles may have changed
        }
        co_await services_.timers.sleep(identity_check);
    }
    co_await socket_.close(1008, "the token has ended, or none was shown: authorize again");
}

}  // namespace gantry::api
