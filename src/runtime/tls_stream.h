// SPDX-License-Identifier: Apache-2.0
// TLS on top of any Stream, for the two ends of it. Heavy: for .cpp files of this module only.
#pragma once

#include <boost/asio/cancel_after.hpp>
#include <boost/asio/ssl.hpp>
#include <memory>

#include "runtime/stream.h"

namespace gantry {

// What asio::ssl::stream wants of the layer below it.
class Carried {
public:
    using executor_type = Stream::executor_type;
    using lowest_layer_type = Carried;

    explicit Carried(std::unique_ptr<Stream> stream) : stream_(std::move(stream)) {}

    executor_type get_executor() { return stream_->get_executor(); }
    lowest_layer_type& lowest_layer() { return *this; }
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

// TLS over a connection that is there already; whoever makes it does the handshake.
class TlsOverStream final : public Stream {
public:
    TlsOverStream(std::unique_ptr<Stream> plain, std::shared_ptr<asio::ssl::context> context)
        : context_(std::move(context)), stream_(Carried(std::move(plain)), *context_) {}

    executor_type get_executor() override { return stream_.get_executor(); }
    std::string peer() const override { return stream_.next_layer().stream().peer(); }
    bool encrypted() const override { return true; }
    asio::awaitable<void> shut_down() override {
        (void)co_await stream_.async_shutdown(asio::cancel_after(
            std::chrono::duration_cast<asio::steady_timer::duration>(goodbye_max), as_result));
        close();
    }
    void close() override { stream_.next_layer().stream().close(); }

    asio::ssl::stream<Carried>& inside() { return stream_; }

protected:
    void start_read(asio::mutable_buffer into, Handler handler) override {
        stream_.async_read_some(into, std::move(handler));
    }
    void start_write(const WriteBuffers& from, Handler handler) override {
        asio::const_buffer first;
        for (const asio::const_buffer& buffer : from) {
            if (buffer.size() > 0) {
                first = buffer;
                break;
            }
        }
        stream_.async_write_some(first, std::move(handler));
    }

private:
    std::shared_ptr<asio::ssl::context> context_;
    mutable asio::ssl::stream<Carried> stream_;
};

// What a server offers: TLS 1.2 with forward secrecy and authenticated encryption, and 1.3.
Result<std::shared_ptr<asio::ssl::context>> server_tls(const TlsFiles& files);

}  // namespace gantry
