// SPDX-License-Identifier: Apache-2.0
#include "runtime/tcp_network.h"

#include <boost/asio/cancel_after.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <charconv>
#include <format>

#include "runtime/tls_stream.h"

namespace gantry {
namespace {

using asio::ip::tcp;

auto as_timed(Duration limit) {
    return asio::cancel_after(std::chrono::duration_cast<asio::steady_timer::duration>(limit),
                              as_result);
}

std::string endpoint_text(const tcp::endpoint& endpoint) {
    return endpoint.address().is_v6()
               ? std::format("[{}]:{}", endpoint.address().to_string(), endpoint.port())
               : std::format("{}:{}", endpoint.address().to_string(), endpoint.port());
}

// Without the trailing empty ones.
std::span<const asio::const_buffer> used(const Stream::WriteBuffers& buffers) {
    std::size_t count = buffers.size();
    while (count > 0 && buffers[count - 1].size() == 0) {
        --count;
    }
    return {buffers.data(), count};
}

// Asio takes a vector by value; a span is neither. This is the cheapest sequence that it takes.
struct Gathered {
    using value_type = asio::const_buffer;
    using const_iterator = const asio::const_buffer*;

    explicit Gathered(const Stream::WriteBuffers& from) : buffers(from), count(used(from).size()) {}
    const_iterator begin() const { return buffers.data(); }
    const_iterator end() const { return buffers.data() + count; }

    Stream::WriteBuffers buffers;
    std::size_t count;
};

class TcpStream final : public Stream {
public:
    explicit TcpStream(tcp::socket socket) : socket_(std::move(socket)) {
        error_code ignored;
        socket_.set_option(tcp::no_delay(true), ignored);
        const auto remote = socket_.remote_endpoint(ignored);
        peer_ = endpoint_text(remote);
    }

    executor_type get_executor() override { return socket_.get_executor(); }
    std::string peer() const override { return peer_; }
    asio::awaitable<void> shut_down() override {
        error_code ignored;
        socket_.shutdown(tcp::socket::shutdown_send, ignored);
        close();
        co_return;
    }
    void close() override {
        error_code ignored;
        socket_.close(ignored);
    }

protected:
    void start_read(asio::mutable_buffer into, Handler handler) override {
        socket_.async_read_some(into, std::move(handler));
    }
    void start_write(const WriteBuffers& from, Handler handler) override {
        socket_.async_write_some(Gathered(from), std::move(handler));
    }

private:
    tcp::socket socket_;
    std::string peer_;
};

class TlsStream final : public Stream {
public:
    TlsStream(tcp::socket socket, std::shared_ptr<asio::ssl::context> context)
        : context_(std::move(context)), stream_(std::move(socket), *context_) {
        error_code ignored;
        stream_.next_layer().set_option(tcp::no_delay(true), ignored);
        peer_ = endpoint_text(stream_.next_layer().remote_endpoint(ignored));
    }

    executor_type get_executor() override { return stream_.get_executor(); }
    std::string peer() const override { return peer_; }
    bool encrypted() const override { return true; }
    asio::awaitable<Result<>> handshake(Duration limit) override {
        const auto [error] =
            co_await stream_.async_handshake(asio::ssl::stream_base::server, as_timed(limit));
        if (error) {
            co_return fail(Code::Unauthenticated, "TLS handshake with {}: {}", peer_,
                           error.message());
        }
        co_return Result<>{};
    }
    asio::awaitable<void> shut_down() override {
        (void)co_await stream_.async_shutdown(as_timed(goodbye_max));
        close();
    }
    void close() override {
        error_code ignored;
        stream_.next_layer().close(ignored);
    }

protected:
    void start_read(asio::mutable_buffer into, Handler handler) override {
        stream_.async_read_some(into, std::move(handler));
    }
    void start_write(const WriteBuffers& from, Handler handler) override {
        stream_.async_write_some(Gathered(from), std::move(handler));
    }

private:
    std::shared_ptr<asio::ssl::context> context_;
    asio::ssl::stream<tcp::socket> stream_;
    std::string peer_;
};

class TcpListener final : public Listener {
public:
    TcpListener(tcp::acceptor acceptor, std::shared_ptr<asio::ssl::context> tls)
        : acceptor_(std::move(acceptor)), tls_(std::move(tls)) {}

    Async<std::unique_ptr<Stream>> accept(asio::any_io_executor home) override {
        tcp::socket socket(home);
        const auto [error] = co_await acceptor_.async_accept(socket, as_result);
        if (error) {
            // Out of descriptors and the like pass; a closed listener does not.
            const bool for_good =
                error == asio::error::operation_aborted || error == asio::error::bad_descriptor;
            co_return fail(for_good ? Code::Cancelled : Code::Unavailable, "accepting on {}: {}",
                           address(), error.message());
        }
        if (tls_) {
            co_return std::make_unique<TlsStream>(std::move(socket), tls_);
        }
        co_return std::make_unique<TcpStream>(std::move(socket));
    }
    std::string address() const override { return endpoint_text(acceptor_.local_endpoint()); }
    std::uint16_t port() const override { return acceptor_.local_endpoint().port(); }

private:
    tcp::acceptor acceptor_;
    std::shared_ptr<asio::ssl::context> tls_;
};

}  // namespace

Result<HostPort> parse_host_port(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    HostPort out;
    if (colon != std::string_view::npos) {
        std::string_view host = text.substr(0, colon);
        const std::string_view digits = text.substr(colon + 1);
        if (host.starts_with('[') && host.ends_with(']')) {
            host = host.substr(1, host.size() - 2);
        }
        const auto [end, error] =
            std::from_chars(digits.data(), digits.data() + digits.size(), out.port);
        if (error == std::errc() && end == digits.data() + digits.size() && !host.empty()) {
            out.host = host;
            return out;
        }
    }
    return fail(Code::InvalidArgument,
                "'{}' is not an address: write host:port, as in "
                "127.0.0.1:8080 or [::1]:8080",
                text);
}

Result<std::unique_ptr<Listener>> TcpNetwork::listen(asio::any_io_executor executor,
                                                     const std::string& address,
                                                     const TlsFiles& tls) {
    TRY_ASSIGN(const HostPort where, parse_host_port(address));
    std::shared_ptr<asio::ssl::context> context;
    if (tls.enabled()) {
        TRY_ASSIGN(context, server_tls(tls));
    }
    error_code error;
    const auto ip =
        asio::ip::make_address(where.host == "localhost" ? "127.0.0.1" : where.host, error);
    if (error) {
        return fail(Code::InvalidArgument, "'{}' is not an IP address to listen on", where.host);
    }
    const tcp::endpoint endpoint(ip, where.port);
    tcp::acceptor acceptor(executor);
    acceptor.open(endpoint.protocol(), error);
    if (!error) {
        acceptor.set_option(asio::socket_base::reuse_address(true), error);
        acceptor.bind(endpoint, error);
    }
    if (!error) {
        acceptor.listen(asio::socket_base::max_listen_connections, error);
    }
    if (error == asio::error::address_in_use) {
        return fail(Code::Conflict,
                    "{} is taken by another program: stop it, or listen on another "
                    "port",
                    address);
    }
    if (error) {
        return fail(error == asio::error::access_denied ? Code::Forbidden : Code::Unavailable,
                    "listening on {}: {}", address, error.message());
    }
    return std::make_unique<TcpListener>(std::move(acceptor), std::move(context));
}

Async<std::unique_ptr<Stream>> TcpNetwork::connect(std::string host, std::uint16_t port) {
    const auto executor = co_await asio::this_coro::executor;
    tcp::resolver resolver(executor);
    const auto [resolve_error, endpoints] =
        co_await resolver.async_resolve(host, std::to_string(port), as_result);
    if (resolve_error) {
        co_return fail(Code::Unavailable, "{}: {}", host, resolve_error.message());
    }
    tcp::socket socket(executor);
    const auto [error, endpoint] = co_await asio::async_connect(socket, endpoints, as_result);
    if (error) {
        co_return fail(Code::Unavailable, "{}:{}: {}", host, port, error.message());
    }
    co_return std::make_unique<TcpStream>(std::move(socket));
}

}  // namespace gantry
