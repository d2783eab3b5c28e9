// SPDX-License-Identifier: Apache-2.0
#include "http/websocket.h"

#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/websocket.hpp>

#include "http/message.h"

namespace gantry::http {
namespace {

namespace beast = boost::beast;

// Beast wants to own its stream and to find how it is torn down; this is that for any Stream.
class Carried {
public:
    using executor_type = Stream::executor_type;

    explicit Carried(std::unique_ptr<Stream> stream) : stream_(std::move(stream)) {}

    executor_type get_executor() { return stream_->get_executor(); }
    template <class Buffers, class Token>
    auto async_read_some(const Buffers& buffers, Token&& token) {
        return stream_->async_read_some(buffers, std::forward<Token>(token));
    }
    template <class Buffers, class Token>
    auto async_write_some(const Buffers& buffers, Token&& token) {
        return stream_->async_write_some(buffers, std::forward<Token>(token));
    }
    Stream& stream() { return *stream_; }

private:
    std::unique_ptr<Stream> stream_;
};

// Called by Beast, which names them so.
template <class Handler>
void async_teardown(beast::role_type, Carried& carried, Handler&& handler) {
    carried.stream().close();
    asio::post(carried.get_executor(), [handler = std::forward<Handler>(handler)]() mutable {
        std::move(handler)(error_code());
    });
}

void beast_close_socket(Carried& carried) { carried.stream().close(); }

Error closed(const error_code& error) {
    return Error{error == beast::websocket::error::closed ? Code::Cancelled : Code::Unavailable,
                 "the WebSocket is closed: " + error.message(),
                 {}};
}

}  // namespace

struct WebSocket::Inside {
    explicit Inside(std::unique_ptr<Stream> stream) : socket(std::move(stream)) {}
    beast::websocket::stream<Carried, false> socket;  // no deflate: its windows cost 256 KiB
};

namespace {

class MessageStream final : public Stream {
public:
    using Socket = beast::websocket::stream<Carried, false>;

    explicit MessageStream(Socket socket) : socket_(std::move(socket)) { socket_.binary(true); }

    executor_type get_executor() override { return socket_.get_executor(); }
    std::string peer() const override { return carrier().peer(); }
    bool encrypted() const override { return carrier().encrypted(); }
    asio::awaitable<void> shut_down() override {
        (void)co_await socket_.async_close(beast::websocket::close_code::normal, as_result);
        close();
    }
    void close() override { carrier().close(); }

protected:
    void start_read(asio::mutable_buffer into, Handler handler) override {
        socket_.async_read_some(into, [this, into, done = std::move(handler)](
                                          error_code error, std::size_t count) mutable {
            if (!error && !socket_.got_binary()) {
                error = beast::websocket::error::bad_opcode;
                count = 0;
            }
            // A message without a byte is none of the stream; a read of 0 would be its end.
            if (!error && count == 0 && into.size() > 0) {
                start_read(into, std::move(done));
                return;
            }
            std::move(done)(error, count);
        });
    }
    void start_write(const WriteBuffers& from, Handler handler) override {
        asio::const_buffer first;
        for (const asio::const_buffer& buffer : from) {
            if (buffer.size() > 0) {
                first = buffer;
                break;
            }
        }
        socket_.async_write(asio::buffer(first), std::move(handler));
    }

private:
    // Whose socket it is does not change by being asked who it is.
    Stream& carrier() const { return const_cast<Socket&>(socket_).next_layer().stream(); }

    Socket socket_;
};

}  // namespace

std::unique_ptr<Stream> WebSocket::into_stream() && {
    return std::make_unique<MessageStream>(std::move(inside_->socket));
}

WebSocket::WebSocket(std::unique_ptr<Stream> stream)
    : inside_(std::make_unique<Inside>(std::move(stream))) {
    auto& socket = inside_->socket;
    auto timeouts = beast::websocket::stream_base::timeout::suggested(beast::role_type::server);
    timeouts.idle_timeout = std::chrono::minutes(2);
    timeouts.keep_alive_pings = true;
    socket.set_option(timeouts);
    socket.read_message_max(message_bytes_max);
}

WebSocket::~WebSocket() = default;

Async<> WebSocket::accept(const Request& request, std::string_view protocol) {
    if (!protocol.empty()) {
        inside_->socket.set_option(beast::websocket::stream_base::decorator(
            [chosen = std::string(protocol)](beast::websocket::response_type& response) {
                response.set(beast::http::field::sec_websocket_protocol, chosen);
            }));
    }
    beast::http::request<beast::http::string_body> message(beast::http::verb::get, request.target,
                                                           11);
    for (const auto& [name, value] : request.headers) {
        message.set(name, value);
    }
    const auto [error] = co_await inside_->socket.async_accept(message, as_result);
    if (error) {
        co_return std::unexpected(closed(error));
    }
    co_return Result<>{};
}

Async<> WebSocket::handshake(std::string authority, std::string target, Headers headers) {
    auto& socket = inside_->socket;
    socket.set_option(beast::websocket::stream_base::decorator(
        [headers = std::move(headers)](beast::websocket::request_type& request) {
            for (const auto& [name, value] : headers) {
                request.set(name, value);
            }
        }));
    beast::websocket::response_type answer;
    const auto [error] = co_await socket.async_handshake(answer, authority, target, as_result);
    if (error == beast::websocket::error::upgrade_declined) {
        const int status = static_cast<int>(answer.result_int());
        co_return fail(status == 401   ? Code::Unauthenticated
                       : status == 403 ? Code::Forbidden
                       : status == 404 ? Code::NotFound
                                       : Code::Unavailable,
                       "{} does not open a WebSocket at {}: status {}", authority, target, status);
    }
    if (error) {
        co_return std::unexpected(closed(error));
    }
    co_return Result<>{};
}

Async<std::string> WebSocket::read() {
    beast::flat_buffer buffer(message_bytes_max);
    const auto [error, size] = co_await inside_->socket.async_read(buffer, as_result);
    if (error) {
        co_return std::unexpected(closed(error));
    }
    const auto data = buffer.cdata();
    co_return std::string(static_cast<const char*>(data.data()), data.size());
}

Async<> WebSocket::write_text(std::string_view text) {
    inside_->socket.text(true);
    const auto [error, size] =
        co_await inside_->socket.async_write(asio::buffer(text.data(), text.size()), as_result);
    if (error) {
        co_return std::unexpected(closed(error));
    }
    co_return Result<>{};
}

asio::awaitable<void> WebSocket::close(std::uint16_t code, std::string_view reason) {
    (void)co_await inside_->socket.async_close(
        beast::websocket::close_reason(static_cast<beast::websocket::close_code>(code), reason),
        as_result);
}

}  // namespace gantry::http
