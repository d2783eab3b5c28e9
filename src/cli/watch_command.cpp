// SPDX-License-Identifier: Apache-2.0
// Values as they come, by WebSocket.
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <format>

#include "base/error_tables.h"
#include "cli/context.h"
#include "cli/text_width.h"
#include "model/json.h"

namespace gantry::cli {
namespace {

// A token lives a quarter of an hour; a new one is shown well before that.
constexpr std::chrono::minutes authorize_every{5};
constexpr int attempts_max = 20;
constexpr std::chrono::seconds pause_longest{30};

class Watch {
public:
    Watch(Context& context, const Arguments& arguments, std::uint64_t count)
        : context_(context), left_(count), counted_(count > 0) {
        json::object subscribe;
        json::array points;
        for (const std::string& point : arguments.list("POINT")) {
            points.push_back(json::string(point));
        }
        if (!points.empty()) {
            subscribe["points"] = std::move(points);
        }
        if (const auto under = arguments.text("--under")) {
            subscribe["under"] = *under;
        }
        if (const auto rate = arguments.text("--rate")) {
            subscribe["rate"] = *rate;
        }
        subscribe_ = json::serialize(json::object{{"subscribe", std::move(subscribe)}});
    }

    Async<> run() {
        std::chrono::seconds pause{1};
        for (int attempt = 0; attempt < attempts_max; ++attempt) {
            auto done = co_await converse();
            if (done) {
                co_return done;
            }
            const bool will_pass = done.error().code == Code::Unavailable ||
                                   done.error().code == Code::Timeout ||
                                   done.error().code == Code::Cancelled;
            if (!ever_ || !will_pass) {
                co_return done;
            }
            if (talked_) {
                attempt = 0;
                pause = std::chrono::seconds(1);
                talked_ = false;
            }
            context_.out.warn(std::format("the connection broke ({}); trying again in {} s",
                                          done.error().message, pause.count()));
            asio::steady_timer timer(co_await asio::this_coro::executor, pause);
            (void)co_await timer.async_wait(as_result);
            pause = std::min(pause * 2, pause_longest);
        }
        co_return fail(Code::Unavailable, "{} stays away: given up", context_.api.url().text());
    }

private:
    Async<> converse() {
        using namespace asio::experimental::awaitable_operators;
        CO_TRY_ASSIGN(socket_, co_await context_.api.open_live());
        CO_TRY(co_await socket_->write_text(subscribe_));
        auto ended = co_await (read_all() || keep_authorized());
        auto result = std::visit([](auto& side) { return std::move(side); }, ended);
        if (result) {
            co_await socket_->close(1000, "");
        }
        co_return result;
    }

    Async<> read_all() {
        while (true) {
            CO_TRY_ASSIGN(const std::string text, co_await socket_->read());
            CO_TRY_ASSIGN(const json::value message, parse_json(text));
            if (!message.is_object()) {
                continue;
            }
            ever_ = true;
            talked_ = true;
            CO_TRY_ASSIGN(const bool enough, take(message.as_object()));
            if (enough) {
                co_return Result<>{};
            }
        }
    }

    Async<> keep_authorized() {
        while (true) {
            asio::steady_timer timer(co_await asio::this_coro::executor, authorize_every);
            (void)co_await timer.async_wait(as_result);
            CO_TRY_ASSIGN(const Secret token, co_await context_.api.token());
            CO_TRY(co_await socket_->write_text(
                json::serialize(json::object{{"authorize", token.reveal()}})));
        }
    }

    // True when as many values have come as were asked for.
    Result<bool> take(const json::object& message) {
        if (const json::value* error = message.if_contains("error"); error && error->is_object()) {
            return std::unexpected(Error{
                code_from_name(field_text(error->as_object(), "code")).value_or(Code::Internal),
                field_text(error->as_object(), "detail"),
                {}});
        }
        if (message.contains("subscribed") && !said_) {
            said_ = true;
            context_.out.say(std::format("Watching {} point{}. Stop with Ctrl-C.",
                                         field_text(message, "subscribed"),
                                         field_text(message, "subscribed") == "1" ? "" : "s"));
        }
        if (const std::string skipped = field_text(message, "skipped"); !skipped.empty()) {
            context_.out.say(std::format("{} values were left out: too many to show", skipped));
        }
        const json::value* samples = message.if_contains("samples");
        if (samples == nullptr || !samples->is_array()) {
            return false;
        }
        for (const json::value& sample : samples->as_array()) {
            TRY(print(sample.as_object()));
            if (counted_ && --left_ == 0) {
                TRY(context_.out.flush());
                return true;
            }
        }
        TRY(context_.out.flush());
        return false;
    }

    Result<> print(const json::object& sample) {
        if (context_.out.for_programs()) {
            return context_.out.data(json::serialize(sample) + "\n");
        }
        const std::string time = field_text(sample, "time");
        const std::string point = field_text(sample, "point");
        const std::string value = field_text(sample, "value");
        const std::string quality = field_text(sample, "quality");
        if (context_.out.form() == Form::Plain) {
            return context_.out.data(tab_separated({{}, {{time, point, value, quality}}}));
        }
        width_ = std::max(width_, text_width(point));
        const bool mark = context_.out.options().color && quality != "good";
        return context_.out.data(
            std::format("{}  {}  {}{}{}{}\n", pad_right(time, 30), pad_right(point, width_),
                        mark ? "\x1b[33m" : "", pad_left(printable(value), 12),
                        quality == "good" ? "" : "  " + quality, mark ? "\x1b[0m" : ""));
    }

    Context& context_;
    std::string subscribe_;
    std::unique_ptr<http::WebSocket> socket_;
    std::uint64_t left_;
    bool counted_;
    bool ever_ = false;    // a connection was made, so that breaking is not the end
    bool talked_ = false;  // since the last break
    bool said_ = false;
    std::size_t width_ = 0;
};

Result<> watch(Context& context, const Arguments& arguments) {
    if (arguments.list("POINT").empty() && !arguments.has("--under")) {
        return fail(Code::InvalidArgument, "which points? Name some, or an asset with --under");
    }
    TRY_ASSIGN(const auto count, arguments.number("--count", 1, INT64_MAX));
    Watch conversation(context, arguments, static_cast<std::uint64_t>(count.value_or(0)));
    auto done = context.loop.run(conversation.run());
    // Ctrl-C is how a watch ends; there is nothing to complain about.
    if (!done && done.error().code == Code::Cancelled && context.loop.interrupted()) {
        TRY(context.out.flush());
    }
    return done;
}

}  // namespace

void add_watch_command(std::vector<Command>& out) {
    out.push_back(
        {.path = "watch",
         .summary = "Values as they come",
         .examples =
             "  gantry watch plant/line2/pump3.flow            until Ctrl-C\n"
             "  gantry watch --under plant/line2 --rate 1/s    at most one a second a point\n"
             "  gantry watch --under plant/line2 --count 10    ten values, then end\n",
         .next = "gantry history POINT",
         .parameters = {{.name = "POINT",
                         .value = "",
                         .about = "Path (plant/line2/pump3.flow) or id",
                         .many = true,
                         .offer = Offer::Point},
                        {.name = "--under",
                         .value = "ASSET",
                         .about = "All points below this path",
                         .offer = Offer::Asset},
                        {.name = "--count", .value = "NUMBER", .about = "End after so many values"},
                        {.name = "--rate",
                         .value = "RATE",
                         .about = "At most so many messages, 1/s to 50/s"}},
         .run = watch,
         .more =
             "First come the latest values, then every new one. With --json each line is a JSON\n"
             "object. If the connection breaks it is made again.\n"});
}

}  // namespace gantry::cli
