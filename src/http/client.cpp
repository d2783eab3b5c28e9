// SPDX-License-Identifier: Apache-2.0
#include "http/client.h"

#include <algorithm>
#include <array>
#include <boost/asio/cancel_after.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cctype>
#include <charconv>
#include <format>

namespace gantry::http {
namespace {

namespace beast = boost::beast;

constexpr std::size_t read_bytes = 64 * 1024;
constexpr std::uint64_t body_bytes_max = 256 * 1024 * 1024;  // of an answer that is kept whole
// A server closes what is idle; one that is about to is not worth the risk of a lost request.
constexpr Duration idle_max = std::chrono::seconds(20);

std::string lower(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return out;
}

auto as_timed(Duration limit) {
    return asio::cancel_after(std::chrono::duration_cast<asio::steady_timer::duration>(limit),
                              as_result);
}

std::string head_of(const Outgoing& request, const Url& url) {
    std::string out = std::format("{} {} HTTP/1.1\r\nHost: {}\r\n", method_name(request.method),
                                  request.target, url.authority());
    for (const auto& [name, value] : request.headers) {
        out += std::format("{}: {}\r\n", name, value);
    }
    if (!request.body.empty() || request.method == Method::Post || request.method == Method::Put) {
        out += std::format("Content-Length: {}\r\n", request.body.size());
    }
    return out + "\r\n";
}

// A header or target with a line break in it would be another request.
bool has_line_break(const Outgoing& request) {
    const auto broken = [](std::string_view text) {
        return text.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos;
    };
    return broken(request.target) || request.target.find(' ') != std::string::npos ||
           std::ranges::any_of(request.headers, [&](const auto& header) {
               return broken(header.first) || broken(header.second);
           });
}

Async<std::unique_ptr<Stream>> dial(Network& network, Url url, TlsTrust trust) {
    CO_TRY_ASSIGN(auto stream, co_await network.connect(url.host, url.port));
    if (!url.encrypted) {
        co_return std::move(stream);
    }
    co_return co_await encrypt_as_client(std::move(stream), url.host, std::move(trust));
}

}  // namespace

std::string Url::authority() const {
    const std::string name = host.contains(':') ? "[" + host + "]" : host;
    const std::uint16_t usual = encrypted ? 443 : 80;
    return port == usual ? name : std::format("{}:{}", name, port);
}

std::string Url::text() const { return (encrypted ? "https://" : "http://") + authority(); }

bool Url::loopback() const {
    return host == "localhost" || host == "::1" ||
           (host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string::npos);
}

Result<Url> parse_url(std::string_view text) {
    const std::string_view whole = text;
    const auto wrong = [&](std::string_view why) {
        return fail(Code::InvalidArgument,
                    "'{}' is not the address of a server: {}. Write it as in "
                    "https://gantry.example:8443 or 127.0.0.1:8080",
                    whole, why);
    };
    Url out;
    bool scheme = true;
    if (text.starts_with("https://")) {
        out.encrypted = true;
        text.remove_prefix(8);
    } else if (text.starts_with("http://")) {
        text.remove_prefix(7);
    } else if (text.contains("://")) {
        return wrong("only http and https are spoken");
    } else {
        scheme = false;
    }
    if (text.ends_with('/')) {
        text.remove_suffix(1);
    }
    if (text.find_first_of("/?#@ ") != std::string_view::npos) {
        return wrong("it is to be a host and a port only");
    }
    const std::size_t colon = text.rfind(':');
    std::string_view host = text;
    std::string_view digits;
    if (colon != std::string_view::npos && !text.ends_with(']')) {
        host = text.substr(0, colon);
        digits = text.substr(colon + 1);
        const auto [end, error] =
            std::from_chars(digits.data(), digits.data() + digits.size(), out.port);
        if (error != std::errc() || end != digits.data() + digits.size() || out.port == 0) {
            return wrong("the port is to be a number from 1 to 65535");
        }
    }
    if (host.starts_with('[') && host.ends_with(']')) {
        host = host.substr(1, host.size() - 2);
    } else if (host.contains(':')) {
        return wrong("an IPv6 address goes in brackets");
    }
    if (host.empty() || host.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXY"
                                               "Z0123456789.-_:%") != std::string_view::npos) {
        return wrong("the name of the host is missing or has other characters than names have");
    }
    out.host = host;
    if (!scheme) {
        out.encrypted = !out.loopback();
    }
    if (digits.empty()) {
        out.port = out.encrypted ? 443 : 80;
    }
    return out;
}

std::string_view Answer::header(std::string_view name) const {
    const auto found = std::ranges::find(headers, name, &Headers::value_type::first);
    return found == headers.end() ? std::string_view() : std::string_view(found->second);
}

struct Client::Incoming {
    explicit Incoming(Answer& into) : answer(into) { parser.body_limit(body_bytes_max); }
    beast::http::response_parser<beast::http::string_body> parser;
    Answer& answer;
    bool head_seen = false;
};

Client::Client(Network& network, const Clock& clock, Url url, ClientOptions options)
    : network_(network), clock_(clock), url_(std::move(url)), options_(std::move(options)) {}

Client::~Client() = default;

Async<std::unique_ptr<Stream>> Client::connect() {
    const auto executor = co_await asio::this_coro::executor;
    const Duration began = clock_.monotonic();
    const auto limit =
        std::chrono::duration_cast<asio::steady_timer::duration>(options_.connect_timeout);
    const auto late = [&] {
        return clock_.monotonic() - began < options_.connect_timeout
                   ? std::optional<Error>()
                   : Error{Code::Unavailable,
                           std::format("{}: no answer within {}", url_.authority(),
                                       format_duration(options_.connect_timeout)),
                           {}};
    };
    try {
        auto stream = co_await asio::co_spawn(executor, dial(network_, url_, options_.trust),
                                              asio::cancel_after(limit, asio::use_awaitable));
        if (const auto error = late(); error && !stream) {
            co_return std::unexpected(*error);
        }
        co_return stream;
    } catch (const boost::system::system_error&) {
        const auto error = late();
        if (!error) {
            throw;  // the caller was cancelled
        }
        co_return std::unexpected(*error);
    }
}

Async<Answer> Client::call(Outgoing request, BodySink sink) {
    if (has_line_break(request)) {
        co_return fail(Code::InvalidArgument, "'{}' cannot be sent: it has a line break or space",
                       request.target);
    }
    if (stream_ && clock_.monotonic() - last_used_ > idle_max) {
        stream_.reset();
    }
    if (!stream_) {
        buffer_.clear();
        CO_TRY_ASSIGN(stream_, co_await connect());
    }
    // What is cancelled, or fails, in the middle leaves a connection that nobody can go on with.
    const auto drop = [this](bool* whole) {
        if (!*whole) {
            stream_.reset();
        }
    };
    bool whole = false;
    const std::unique_ptr<bool, decltype(drop)> guard(&whole, drop);
    Answer answer;
    CO_TRY(co_await exchange(request, sink, answer));
    whole = true;
    last_used_ = clock_.monotonic();
    co_return answer;
}

Async<> Client::exchange(const Outgoing& request, const BodySink& sink, Answer& answer) {
    const std::string head = head_of(request, url_);
    const std::array<asio::const_buffer, 2> buffers = {asio::buffer(head),
                                                       asio::buffer(request.body)};
    const auto [error, size] =
        co_await asio::async_write(*stream_, buffers, as_timed(options_.silence_max));
    Incoming incoming(answer);
    incoming.parser.eager(true);
    incoming.parser.skip(request.method == Method::Head);
    // A server that refuses a large body says so, and closes, before it has read all of it: its
    // answer is worth more than the broken pipe.
    auto read = co_await read_answer(incoming, sink);
    if (!read && error) {
        co_return fail(Code::Timeout, "the connection to {} broke while sending: {}", url_.text(),
                       error.message());
    }
    CO_TRY(std::move(read));
    if (error || !incoming.parser.get().keep_alive()) {
        stream_.reset();
    }
    co_return Result<>{};
}

Async<> Client::read_answer(Incoming& incoming, const BodySink& sink) {
    auto& parser = incoming.parser;
    auto& answer = incoming.answer;
    bool streaming = false;
    while (true) {
        error_code error;
        if (!buffer_.empty()) {
            const std::size_t used = parser.put(asio::buffer(buffer_), error);
            buffer_.erase(0, used);
        }
        if (error && error != beast::http::error::need_more) {
            co_return fail(Code::Timeout, "what {} answered is not HTTP: {}", url_.text(),
                           error.message());
        }
        if (parser.is_header_done() && !incoming.head_seen) {
            incoming.head_seen = true;
            answer.status = static_cast<int>(parser.get().result_int());
            for (const auto& field : parser.get()) {
                answer.headers.emplace_back(lower(field.name_string()), field.value());
            }
            streaming = sink && answer.status / 100 == 2;
            if (streaming) {
                parser.body_limit(boost::none);
            }
        }
        if (streaming && !parser.get().body().empty()) {
            CO_TRY(sink(parser.get().body()));
            parser.get().body().clear();
        }
        if (parser.is_done()) {
            answer.body = std::move(parser.get().body());
            co_return Result<>{};
        }
        const std::size_t had = buffer_.size();
        buffer_.resize(had + read_bytes);
        const auto [broken, size] = co_await stream_->async_read_some(
            asio::buffer(buffer_.data() + had, read_bytes), as_timed(options_.silence_max));
        buffer_.resize(had + (broken ? 0 : size));
        if (broken == asio::error::operation_aborted) {
            co_return fail(Code::Timeout, "{} did not answer within {}", url_.text(),
                           format_duration(options_.silence_max));
        }
        if (broken) {
            // The end of the connection is the end of some answers; of none that has not begun.
            if (parser.is_header_done()) {
                parser.put_eof(error);
                if (!error && parser.is_done()) {
                    continue;
                }
            }
            co_return fail(Code::Timeout, "{} closed the connection before its answer was whole",
                           url_.text());
        }
    }
}

Async<std::unique_ptr<WebSocket>> Client::open_websocket(std::string target, Headers headers) {
    CO_TRY_ASSIGN(auto stream, co_await connect());
    auto socket = std::make_unique<WebSocket>(std::move(stream));
    CO_TRY(co_await socket->handshake(url_.authority(), target, headers));
    co_return std::move(socket);
}

}  // namespace gantry::http
