// SPDX-License-Identifier: Apache-2.0
#include "pgwire/session.h"

#include <boost/asio/cancel_after.hpp>
#include <boost/asio/write.hpp>

#include "base/encoding.h"

namespace gantry::pgwire {
namespace {

constexpr std::size_t read_bytes = 16 * 1024;
constexpr auto far_away = std::chrono::hours(24 * 365);

auto as_timed(Duration limit) {
    return asio::cancel_after(std::chrono::duration_cast<asio::steady_timer::duration>(limit),
                              as_result);
}

std::chrono::steady_clock::time_point after(Duration length) {
    return std::chrono::steady_clock::now() +
           std::chrono::duration_cast<std::chrono::steady_clock::duration>(length);
}

}  // namespace

Session::Session(std::unique_ptr<Stream> stream, Server& server)
    : stream_(std::move(stream)),
      server_(server),
      deadline_(after(server.options().sign_in_timeout)) {
    server_.meters().connections.add(1);
    context_.address = stream_->peer();
    std::array<std::byte, 16> id{};
    server_.around().random.fill(id);
    context_.trace = to_hex(id);
}

Session::~Session() {
    forget_portals();
    if (admitted_) {
        server_.connections().leave(key_.process);
    }
    if (placed_) {
        server_.connections().give_back(context_.tenant);
    }
    server_.meters().connections.add(-1);
}

asio::awaitable<void> Session::run(std::shared_ptr<Session> session) {
    const bool started = co_await session->start_up();
    if (started) {
        co_await session->serve();
    }
    if (session->stream_) {
        session->stream_->close();
    }
}

// ---- reading and writing

asio::awaitable<bool> Session::read_more(Duration limit) {
    if (gone_) {
        co_return false;
    }
    if (admitted_) {
        deadline_ = after(limit);
    }
    const std::size_t had = in_.size();
    in_.resize(had + read_bytes);
    reading_ = true;
    const auto [error, size] =
        co_await stream_->async_read_some(asio::buffer(in_.data() + had, read_bytes), as_result);
    reading_ = false;
    in_.resize(had + (error ? 0 : size));
    if (admitted_) {
        deadline_ = after(far_away);  // from here on it is our turn
    }
    co_return !error && size > 0 && !gone_;
}

asio::awaitable<std::optional<std::pair<char, std::string>>> Session::read_body(
    std::size_t least, std::size_t most, std::size_t letter_bytes) {
    while (true) {
        const std::string_view bytes =
            std::string_view(in_).substr(std::min(letter_bytes, in_.size()));
        const auto length = message_length(bytes, least, most);
        if (!length) {
            co_await end_with({.severity = "FATAL",
                               .state = length.error().code == Code::TooLarge ? "54000" : "08P01",
                               .message = length.error().message});
            co_return std::nullopt;
        }
        if (*length && bytes.size() >= **length) {
            std::pair out(in_[0], std::string(bytes.substr(length_bytes, **length - length_bytes)));
            in_.erase(0, letter_bytes + **length);
            co_return out;
        }
        const bool more = co_await read_more(in_.empty() ? server_.options().idle_timeout
                                                         : server_.options().progress_timeout);
        if (!more) {
            co_return std::nullopt;
        }
    }
}

asio::awaitable<std::optional<Session::Message>> Session::read_message(std::size_t most) {
    auto body = co_await read_body(length_bytes, most, 1);
    if (!body) {
        co_return std::nullopt;
    }
    co_return Message{body->first, std::move(body->second)};
}

asio::awaitable<bool> Session::flush() {
    if (out_.empty()) {
        co_return true;
    }
    const auto [error, size] = co_await asio::async_write(
        *stream_, asio::buffer(out_), as_timed(server_.options().progress_timeout));
    server_.meters().bytes.add(size);
    out_.clear();
    co_return !error;
}

asio::awaitable<void> Session::end_with(Complaint complaint) {
    complaint.severity = "FATAL";
    writer_.error(complaint);
    (void)co_await flush();
    if (stream_) {
        stream_->close();
    }
}

asio::awaitable<void> Session::turn_away() {
    co_await end_with({.state = "57P01",
                       .message = "the token that this connection was made with is no longer "
                                  "good"});
}

asio::awaitable<void> Session::look_after() {
    const auto now = std::chrono::steady_clock::now();
    if (gone_ || !stream_) {
        co_return;
    }
    if (now >= deadline_) {
        gone_ = true;
        if (reading_ && admitted_) {
            writer_.error({.severity = "FATAL",
                           .state = "57P05",
                           .message = "the connection was idle for too long"});
            (void)co_await flush();
        }
        if (stream_) {
            stream_->close();
        }
        co_return;
    }
    if (!admitted_) {
        co_return;
    }
    const bool welcome = co_await still_welcome();
    if (welcome || gone_) {
        co_return;
    }
    gone_ = true;
    stop_.request();
    if (reading_ && stream_) {
        writer_.error({.severity = "FATAL",
                       .state = "57P01",
                       .message = "the token that this connection was made with is no longer "
                                  "good"});
        (void)co_await flush();
        stream_->close();
    }
}

// What the token stands for may have changed; then it is looked up again.
asio::awaitable<bool> Session::still_welcome() {
    auto& sessions = server_.around().registry.sessions();
    const std::uint64_t epoch = sessions.epoch();
    const auto identity = context_.identity;
    if (epoch == epoch_ && identity->expires > server_.around().clock.now()) {
        co_return true;
    }
    const auto fresh = co_await offload(server_.around().offload, [&sessions, identity] {
        return sessions.identity_of(identity->token);
    });
    if (!fresh) {
        // That the registry cannot be asked now says nothing about the token.
        co_return fresh.error().code != Code::Unauthenticated&& fresh.error().code !=
            Code::NotFound;
    }
    const bool abroad = context_.tenant != (*fresh)->tenant && !(*fresh)->operates_platform;
    if (abroad || !security::may_anywhere((*fresh)->statements, "sql:read")) {
        co_return false;
    }
    context_.identity = *fresh;
    epoch_ = epoch;
    co_return true;
}

// ---- the conversation

asio::awaitable<void> Session::serve() {
    const auto most = static_cast<std::size_t>(server_.options().message_bytes_max);
    while (true) {
        const auto message = co_await read_message(most);
        if (!message || message->letter == 'X') {
            co_return;
        }
        const bool going_on = co_await dispatch(*message);
        if (!going_on) {
            co_return;
        }
    }
}

asio::awaitable<bool> Session::dispatch(const Message& message) {
    if (skipping_ && message.letter != 'S') {
        co_return true;
    }
    switch (message.letter) {
        case 'Q': {
            const auto text = parse_query(message.body);
            if (!text) {
                broken_protocol(text.error());
                writer_.ready_for_query(transaction_);
                skipping_ = false;
                co_return co_await flush();
            }
            co_return co_await simple_query(*text);
        }
        case 'P':
        case 'B':
        case 'D':
        case 'C':
        case 'E': {
            const auto done = co_await extended(message.letter, message.body);
            if (!done) {
                fail_statement(done.error());
                skipping_ = true;
            }
            if (gone_) {
                co_await turn_away();
            }
            co_return !gone_;
        }
        case 'S':
            skipping_ = false;
            if (transaction_ == 'I') {
                forget_portals();
            }
            writer_.ready_for_query(transaction_);
            co_return co_await flush();
        case 'H': co_return co_await flush();
        // Of a COPY that we have refused already.
        case 'd':
        case 'c':
        case 'f': co_return true;
        case 'F':
            fail_statement(
                {{Code::Unsupported, "function calls are not supported", {}}, "0A000", 0});
            writer_.ready_for_query(transaction_);
            co_return co_await flush();
        default:
            co_await end_with({.state = "08P01",
                               .message = std::format("there is no message of type {}",
                                                      static_cast<int>(message.letter))});
            co_return false;
    }
}

void Session::fail_statement(const query::SqlFault& fault) {
    server_.meters().failures.add();
    if (transaction_ == 'T') {
        transaction_ = 'E';
    }
    writer_.error(complaint_of(fault));
}

void Session::broken_protocol(const Error& error) { fail_statement({error, "08P01", 0}); }

void Session::finish_transaction() {
    transaction_ = 'I';
    forget_portals();
}

}  // namespace gantry::pgwire
