// SPDX-License-Identifier: Apache-2.0
#include "http/session.h"

#include <algorithm>
#include <array>
#include <boost/asio/cancel_after.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cctype>
#include <format>

namespace gantry::http {
namespace {

namespace beast = boost::beast;

constexpr std::size_t head_bytes_max = 32 * 1024;
constexpr std::size_t read_bytes = 16 * 1024;
constexpr std::size_t body_piece_bytes = 256 * 1024;
constexpr std::size_t small_body_bytes = 64 * 1024;  // all of them together have one payer
constexpr std::int64_t pace_bytes = 32 * 1024;       // of a body, within the time to make progress
constexpr Duration linger_time = std::chrono::seconds(2);
constexpr std::size_t linger_bytes = 64 * 1024 * 1024;
constexpr std::string_view too_slow = "the request did not come whole in time";
constexpr std::string_view too_much_at_once = "too many large requests at once: try again shortly";
constexpr std::string_view too_much_unread =
    "too many large answers wait to be read: read them, ask for less, or for a stream";
constexpr std::size_t requests_max = 100'000;  // on one connection; then it may come again

std::string lower(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return out;
}

Method method_of(beast::http::verb verb) {
    switch (verb) {
        case beast::http::verb::get: return Method::Get;
        case beast::http::verb::head: return Method::Head;
        case beast::http::verb::post: return Method::Post;
        case beast::http::verb::put: return Method::Put;
        case beast::http::verb::patch: return Method::Patch;
        case beast::http::verb::delete_: return Method::Delete;
        case beast::http::verb::options: return Method::Options;
        default: return Method::Other;
    }
}

using Parser = beast::http::request_parser<beast::http::string_body>;

auto as_timed(Duration limit) {
    return asio::cancel_after(std::chrono::duration_cast<asio::steady_timer::duration>(limit),
                              as_result);
}

int status_of(const error_code& error) {
    if (error == beast::http::error::header_limit) {
        return 431;
    }
    return error == beast::http::error::body_limit ? 413 : 400;
}

struct Refusal {
    int status = 400;
    std::string detail;
};

// Fills the request from a parsed head, and sets how much body may follow.
std::optional<Refusal> take_head(Parser& parser, const Stream& stream,
                                 const Application& application, Request& request) {
    const auto& message = parser.get();
    request.method = method_of(message.method());
    request.target = std::string(message.target());
    for (const auto& field : message) {
        request.headers.emplace_back(lower(field.name_string()), field.value());
    }
    request.peer = stream.peer();
    request.encrypted = stream.encrypted();
    request.upgrade = lower(request.header("upgrade")) == "websocket";
    if (!parse_target(request)) {
        return Refusal{400, "the request target is not a valid path"};
    }
    const std::size_t limit = application.body_limit(request);
    const auto length = parser.content_length();
    if (length && *length > limit) {
        return Refusal{413, std::format("the body has {} bytes, more than {}", *length, limit)};
    }
    parser.body_limit(limit);
    parser.eager(true);
    return std::nullopt;
}

bool wants_continue(const Request& request) {
    return lower(request.header("expect")) == "100-continue";
}

bool bodyless(int status) { return status == 204 || status == 304 || status < 200; }

}  // namespace

ServerSession::ServerSession(std::unique_ptr<Stream> stream, Application& application,
                             const HttpOptions& options, ByteBudget& bodies, ByteBudget& answers,
                             Log& log, std::function<void()> ended)
    : stream_(std::move(stream)),
      application_(application),
      options_(options),
      body_charge_(bodies),
      answer_charge_(answers),
      log_(log),
      ended_(std::move(ended)) {}

ServerSession::~ServerSession() { ended_(); }

asio::awaitable<void> ServerSession::run(std::unique_ptr<ServerSession> session) {
    const auto shaken = co_await session->stream_->handshake(session->options_.header_timeout);
    if (!shaken) {
        session->log_.debug("http", "handshake failed", {{"detail", shaken.error().message}});
        co_return;
    }
    co_await session->serve_all();
    if (session->stream_) {
        co_await session->stream_->shut_down();
    }
}

asio::awaitable<void> ServerSession::serve_all() {
    for (std::size_t served = 0; served < requests_max && keep_alive_; ++served) {
        Request request;
        if (!co_await read_request(request)) {
            co_return;
        }
        if (request.upgrade) {
            if (!co_await hand_over(request)) {
                co_return;
            }
            continue;
        }
        Response response = co_await application_.serve(request);
        request.body = std::string();
        body_charge_.begin({});
        charge_answer(request, response);
        if (!co_await write(request, response)) {
            co_return;
        }
        answer_charge_.begin({});
    }
}

asio::awaitable<bool> ServerSession::read_more(Duration limit) {
    const std::size_t had = buffer_.size();
    buffer_.resize(had + read_bytes);
    const auto [error, size] = co_await stream_->async_read_some(
        asio::buffer(buffer_.data() + had, read_bytes), as_timed(limit));
    buffer_.resize(had + (error ? 0 : size));
    co_return !error && size > 0;
}

asio::awaitable<bool> ServerSession::refuse(int status, std::string_view detail) {
    Response response = application_.reject(status, detail);
    response.close = true;
    keep_alive_ = false;
    Request unknown;
    const bool written = co_await write(unknown, response);
    const bool more_to_come = status == 413 || status == 503;
    if (written && more_to_come) {
        co_await linger();
    }
    co_return false;
}

// A connection that is closed while its client still sends is reset, and the answer is lost on the
// way (RFC 9112, 9.6): takes in what comes for a while.
asio::awaitable<void> ServerSession::linger() {
    const auto deadline = std::chrono::steady_clock::now() + linger_time;
    for (std::size_t taken = 0; taken < linger_bytes; taken += buffer_.size()) {
        buffer_.clear();
        const Duration left = deadline - std::chrono::steady_clock::now();
        if (left <= Duration{0}) {
            co_return;
        }
        const bool more = co_await read_more(left);
        if (!more) {
            co_return;
        }
    }
}

asio::awaitable<bool> ServerSession::read_request(Request& request) {
    Parser parser;
    parser.header_limit(head_bytes_max);
    parser.body_limit(static_cast<std::uint64_t>(options_.body_bytes_max));
    if (buffer_.empty()) {
        if (!co_await read_more(options_.idle_timeout)) {
            co_return false;
        }
    }
    error_code error;
    const auto deadline = std::chrono::steady_clock::now() + options_.header_timeout;
    bool head_seen = false;
    while (!parser.is_done()) {
        const std::size_t used = parser.put(asio::buffer(buffer_), error);
        buffer_.erase(0, used);
        if (error == beast::http::error::need_more) {
            error = {};
        }
        if (error) {
            co_return co_await refuse(status_of(error), error.message());
        }
        if (parser.is_header_done() && !head_seen) {
            head_seen = true;
            keep_alive_ = parser.get().keep_alive();
            http_1_0_ = parser.get().version() == 10;
            if (const auto refusal = take_head(parser, *stream_, application_, request)) {
                co_return co_await refuse(refusal->status, refusal->detail);
            }
            const auto length = parser.content_length();
            const bool large = parser.chunked() || (length && *length > small_body_bytes);
            body_charge_.begin(large ? application_.payer(request) : std::string());
            pace_until_ = {};
            if (wants_continue(request) && !parser.is_done()) {
                if (!co_await write_all("HTTP/1.1 100 Continue\r\n\r\n", "")) {
                    co_return false;
                }
            }
        }
        std::string& body = parser.get().body();
        if (!body_charge_.set(body.size())) {
            co_return co_await refuse(503, too_much_at_once);
        }
        if (parser.is_done()) {
            break;
        }
        if (head_seen && buffer_.empty() && parser.content_length()) {
            request.body = std::move(body);
            const auto length = static_cast<std::size_t>(*parser.content_length());
            co_return co_await read_body(request.body, length);
        }
        if (!buffer_.empty() && used > 0) {
            continue;  // the body's first bytes came with the head
        }
        const auto left = deadline - std::chrono::steady_clock::now();
        const Duration limit = head_seen ? pace(body.size()) : Duration(left);
        bool more = false;
        if (limit > Duration{0}) {
            more = co_await read_more(limit);
        }
        if (!more) {
            co_return co_await refuse(408, too_slow);
        }
    }
    request.body = std::move(parser.get().body());
    co_return true;
}

// An answer that is large and would wait together with too many others is not given.
void ServerSession::charge_answer(const Request& request, Response& response) {
    if (response.body.size() <= small_body_bytes) {
        return;
    }
    answer_charge_.begin(application_.payer(request));
    if (!answer_charge_.set(response.body.size())) {
        answer_charge_.begin({});
        response = application_.reject(503, too_much_unread);
    }
}

Duration ServerSession::pace(std::size_t body_bytes) {
    const auto now = std::chrono::steady_clock::now();
    const auto have = static_cast<std::int64_t>(body_bytes);
    if (pace_until_ == std::chrono::steady_clock::time_point{} || have >= pace_bytes_) {
        pace_until_ = now + options_.progress_timeout;
        pace_bytes_ = have + pace_bytes;
    }
    return pace_until_ - now;
}

// The rest of a body whose length is known, in large pieces straight to where it stays.
asio::awaitable<bool> ServerSession::read_body(std::string& body, std::size_t length) {
    while (body.size() < length) {
        const std::size_t had = body.size();
        const std::size_t piece = std::min(length - had, body_piece_bytes);
        const Duration limit = pace(had);
        if (limit <= Duration{0}) {
            co_return co_await refuse(408, too_slow);
        }
        body.resize(had + piece);
        const auto [error, size] = co_await stream_->async_read_some(
            asio::buffer(body.data() + had, piece), as_timed(limit));
        body.resize(had + (error ? 0 : size));
        if (error || size == 0) {
            co_return co_await refuse(408, too_slow);
        }
        if (!body_charge_.set(body.size())) {
            co_return co_await refuse(503, too_much_at_once);
        }
    }
    co_return true;
}

asio::awaitable<bool> ServerSession::hand_over(Request& request) {
    if (auto refusal = co_await application_.upgrade(request)) {
        co_return co_await write(request, *refusal);
    }
    WebSocket socket(std::move(stream_));
    if (co_await socket.accept(request, application_.subprotocol(request))) {
        co_await application_.converse(request, socket);
    }
    co_return false;
}

asio::awaitable<bool> ServerSession::write_all(std::string_view first, std::string_view second) {
    while (true) {
        // In pieces: the time is one for progress, not for all of a large answer.
        const std::string_view piece = second.substr(0, body_piece_bytes);
        const std::array<asio::const_buffer, 2> buffers = {asio::buffer(first),
                                                           asio::buffer(piece)};
        const auto [error, size] =
            co_await asio::async_write(*stream_, buffers, as_timed(options_.progress_timeout));
        first = {};
        second.remove_prefix(piece.size());
        if (error || second.empty()) {
            co_return !error;
        }
    }
}

asio::awaitable<bool> ServerSession::write(const Request& request, Response& response) {
    keep_alive_ = keep_alive_ && !response.close;
    const bool chunked = response.source && !http_1_0_;
    if (response.source && http_1_0_) {
        keep_alive_ = false;
    }
    std::string head =
        std::format("HTTP/1.1 {} {}\r\n", response.status, reason_phrase(response.status));
    for (const auto& [name, value] : response.headers) {
        head += name;
        head += ": ";
        head += value;
        head += "\r\n";
    }
    if (chunked) {
        head += "Transfer-Encoding: chunked\r\n";
    } else if (!response.source && !bodyless(response.status)) {
        head += std::format("Content-Length: {}\r\n", response.body.size());
    }
    head += keep_alive_ ? "\r\n" : "Connection: close\r\n\r\n";
    if (request.method == Method::Head || bodyless(response.status)) {
        co_return co_await write_all(head, "");
    }
    if (!response.source) {
        co_return co_await write_all(head, response.body);
    }
    if (!co_await write_all(head, "")) {
        co_return false;
    }
    co_return co_await write_stream(response, chunked);
}

asio::awaitable<bool> ServerSession::write_stream(Response& response, bool chunked) {
    while (true) {
        const auto piece = co_await response.source();
        if (!piece) {
            log_.warn("http", "answer broken off", {{"detail", piece.error().message}});
            co_return false;
        }
        if (piece->empty()) {
            if (!chunked) {
                co_return true;
            }
            co_return co_await write_all("0\r\n\r\n", "");
        }
        if (!chunked) {
            if (!co_await write_all(*piece, "")) {
                co_return false;
            }
            continue;
        }
        std::string framed = std::format("{:x}\r\n", piece->size());
        framed += *piece;
        if (!co_await write_all(framed, "\r\n")) {
            co_return false;
        }
    }
}

}  // namespace gantry::http
