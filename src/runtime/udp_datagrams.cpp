// SPDX-License-Identifier: Apache-2.0
#include <boost/asio/ip/udp.hpp>
#include <format>

#include "runtime/datagrams.h"

namespace gantry {
namespace {

using asio::ip::udp;

constexpr std::size_t datagram_bytes_max = 65'536;

class UdpSocket final : public DatagramSocket {
public:
    UdpSocket(udp::socket socket, std::string peer)
        : socket_(std::move(socket)), peer_(std::move(peer)), input_(datagram_bytes_max) {}

    Result<> send(ByteView datagram) override {
        error_code error;
        socket_.send(asio::buffer(datagram.data(), datagram.size()), 0, error);
        // What the peer's computer said of an earlier one is not about this one.
        if (error && error != asio::error::would_block &&
            error != asio::error::connection_refused) {
            return fail(Code::Unavailable, "{}: {}", peer_, error.message());
        }
        return {};
    }

    Async<Bytes> receive() override {
        const auto [error, size] = co_await socket_.async_receive(asio::buffer(input_), as_result);
        if (error == asio::error::connection_refused) {
            co_return fail(Code::Unavailable,
                           "{}: nobody listens there: is the device on and is the port right?",
                           peer_);
        }
        if (error) {
            co_return fail(Code::Unavailable, "{}: {}", peer_, error.message());
        }
        co_return Bytes(input_.begin(), input_.begin() + static_cast<std::ptrdiff_t>(size));
    }

    void close() override {
        error_code ignored;
        socket_.close(ignored);
    }

private:
    udp::socket socket_;
    std::string peer_;
    Bytes input_;
};

}  // namespace

Async<std::unique_ptr<DatagramSocket>> UdpDatagrams::open(std::string host, std::uint16_t port) {
    const auto executor = co_await asio::this_coro::executor;
    udp::resolver resolver(executor);
    const auto [resolve_error, endpoints] =
        co_await resolver.async_resolve(host, std::to_string(port), as_result);
    if (resolve_error) {
        co_return fail(Code::Unavailable, "{}: {}", host, resolve_error.message());
    }
    udp::socket socket(executor);
    error_code error = asio::error::host_not_found;
    for (const auto& entry : endpoints) {
        error_code ignored;
        socket.close(ignored);
        socket.open(entry.endpoint().protocol(), error);
        if (!error) {
            socket.connect(entry.endpoint(), error);
        }
        if (!error) {
            socket.non_blocking(true, error);
        }
        if (!error) {
            break;
        }
    }
    std::string peer = std::format("{}:{}", host, port);
    if (error) {
        co_return fail(Code::Unavailable, "{}: {}", peer, error.message());
    }
    co_return std::make_unique<UdpSocket>(std::move(socket), std::move(peer));
}

}  // namespace gantry
