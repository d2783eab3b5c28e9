// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/buffer.hpp>
#include <memory>
#include <string>

#include "base/time.h"
#include "runtime/async.h"

namespace gantry {

// A connection that bytes go through in both directions, whatever carries them: TCP, TLS, memory.
// It meets Asio's AsyncStream requirements, so Beast and Asio's composed operations take it. Lives
// on one executor. At most one read and one write at a time.
class Stream {
public:
    using executor_type = asio::any_io_executor;
    using Handler = asio::any_completion_handler<void(error_code, std::size_t)>;
    static constexpr std::size_t write_buffers_max = 16;
    static constexpr Duration goodbye_max = std::chrono::seconds(2);
    using WriteBuffers = std::array<asio::const_buffer, write_buffers_max>;

    virtual ~Stream() = default;

    virtual executor_type get_executor() = 0;
    // Who is on the other side, as "127.0.0.1:50123".
    virtual std::string peer() const = 0;
    virtual bool encrypted() const { return false; }
    // The other side's handshake of what is carried, if it has one; before any read or write.
    virtual asio::awaitable<Result<>> handshake(Duration /*limit*/) { co_return Result<>{}; }
    // Says goodbye where the carrier can (TLS close_notify, TCP FIN), and waits a moment for the
    // other side's. The stream is closed after it.
    virtual asio::awaitable<void> shut_down() = 0;
    // At once; operations that wait end with an error.
    virtual void close() = 0;

    template <class Buffers, class Token>
    auto async_read_some(const Buffers& buffers, Token&& token) {
        asio::mutable_buffer first;
        for (auto at = asio::buffer_sequence_begin(buffers);
             at != asio::buffer_sequence_end(buffers) && first.size() == 0; ++at) {
            first = *at;
        }
        return asio::async_initiate<Token, void(error_code, std::size_t)>(ReadInitiation{this},
                                                                          token, first);
    }

    template <class Buffers, class Token>
    auto async_write_some(const Buffers& buffers, Token&& token) {
        WriteBuffers gathered;
        std::size_t count = 0;
        for (auto at = asio::buffer_sequence_begin(buffers);
             at != asio::buffer_sequence_end(buffers) && count < gathered.size(); ++at) {
            gathered[count++] = *at;
        }
        return asio::async_initiate<Token, void(error_code, std::size_t)>(WriteInitiation{this},
                                                                          token, gathered);
    }

protected:
    virtual void start_read(asio::mutable_buffer into, Handler handler) = 0;
    virtual void start_write(const WriteBuffers& from, Handler handler) = 0;

private:
    // Named, because cancel_after and its kind ask an initiation for its executor.
    struct ReadInitiation {
        using executor_type = Stream::executor_type;
        Stream* stream;
        executor_type get_executor() const noexcept { return stream->get_executor(); }
        template <class CompletionHandler>
        void operator()(CompletionHandler&& handler, asio::mutable_buffer into) const {
            stream->start_read(into, Handler(std::forward<CompletionHandler>(handler)));
        }
    };
    struct WriteInitiation {
        using executor_type = Stream::executor_type;
        Stream* stream;
        executor_type get_executor() const noexcept { return stream->get_executor(); }
        template <class CompletionHandler>
        void operator()(CompletionHandler&& handler, const WriteBuffers& from) const {
            stream->start_write(from, Handler(std::forward<CompletionHandler>(handler)));
        }
    };
};

// Where connections come from.
class Listener {
public:
    virtual ~Listener() = default;
    // The next connection, on the executor given. Its handshake is still to be done. Cancelled with
    // the coroutine.
    virtual Async<std::unique_ptr<Stream>> accept(asio::any_io_executor home) = 0;
    // "127.0.0.1:8080", with the port that the system chose if 0 was asked for.
    virtual std::string address() const = 0;
    virtual std::uint16_t port() const = 0;
};

struct TlsFiles {
    std::string certificate;  // PEM chain
    std::string key;          // PEM
    std::string client_ca;    // PEM; if set, clients must show a certificate that it signed

    bool enabled() const { return !certificate.empty(); }
};

// The network: the only way to sockets.
class Network {
public:
    virtual ~Network() = default;
    // "127.0.0.1:8080", "[::1]:8080". Conflict when the port is taken.
    virtual Result<std::unique_ptr<Listener>> listen(asio::any_io_executor executor,
                                                     const std::string& address,
                                                     const TlsFiles& tls) = 0;
    // On the executor of the coroutine that calls. Unavailable when nobody answers there.
    virtual Async<std::unique_ptr<Stream>> connect(std::string host, std::uint16_t port) = 0;
};

struct HostPort {
    std::string host;
    std::uint16_t port = 0;
};
Result<HostPort> parse_host_port(std::string_view text);

}  // namespace gantry
