// SPDX-License-Identifier: Apache-2.0
#include "runtime/relayed_stream.h"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

namespace gantry {
namespace {

class RelayedStream final : public Stream {
public:
    RelayedStream(std::unique_ptr<Stream> stream, asio::any_io_executor home)
        : there_(stream->get_executor()),
          home_(std::move(home)),
          peer_(stream->peer()),
          encrypted_(stream->encrypted()),
          stream_(std::move(stream)) {}
    ~RelayedStream() override {
        asio::post(there_, [stream = std::move(stream_)] { stream->close(); });
    }

    executor_type get_executor() override { return home_; }
    std::string peer() const override { return peer_; }
    bool encrypted() const override { return encrypted_; }
    asio::awaitable<void> shut_down() override {
        const auto say = [](std::shared_ptr<Stream> stream) -> asio::awaitable<void> {
            co_await stream->shut_down();
        };
        co_await asio::co_spawn(there_, say(stream_), asio::use_awaitable);
    }
    void close() override {
        asio::post(there_, [stream = stream_] { stream->close(); });
    }

private:
    // Whoever waits is at home. What is cancelled closes the stream: until that is done there, its
    // buffer is in use.
    auto back(Handler handler) {
        if (auto slot = asio::get_associated_cancellation_slot(handler); slot.is_connected()) {
            slot.assign([there = there_, stream = stream_](asio::cancellation_type) {
                asio::post(there, [stream] { stream->close(); });
            });
        }
        return [home = home_, waiting = std::make_shared<Handler>(std::move(handler))](
                   error_code error, std::size_t count) {
            asio::post(home, [waiting, error, count] { std::move (*waiting)(error, count); });
        };
    }

protected:
    void start_read(asio::mutable_buffer into, Handler handler) override {
        asio::post(there_, [stream = stream_, into, done = back(std::move(handler))]() mutable {
            stream->async_read_some(into, std::move(done));
        });
    }
    void start_write(const WriteBuffers& from, Handler handler) override {
        asio::post(there_, [stream = stream_, from, done = back(std::move(handler))]() mutable {
            stream->async_write_some(from, std::move(done));
        });
    }

private:
    const asio::any_io_executor there_;
    const asio::any_io_executor home_;
    const std::string peer_;
    const bool encrypted_;
    std::shared_ptr<Stream> stream_;
};

}  // namespace

std::unique_ptr<Stream> relay_stream(std::unique_ptr<Stream> stream, asio::any_io_executor home) {
    return std::make_unique<RelayedStream>(std::move(stream), std::move(home));
}

}  // namespace gantry
