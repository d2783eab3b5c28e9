// SPDX-License-Identifier: Apache-2.0
#include "runtime/memory_network.h"

#include <boost/asio/experimental/channel.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <format>

namespace gantry {

// One direction of a connection: bytes that were written and not read yet, and who waits for them.
class MemoryNetwork::Wire {
public:
    explicit Wire(asio::any_io_executor executor) : executor_(std::move(executor)) {}

    void put(const Stream::WriteBuffers& from, Stream::Handler handler) {
        std::size_t size = 0;
        for (const auto& buffer : from) {
            const auto* bytes = static_cast<const char*>(buffer.data());
            bytes_.insert(bytes_.end(), bytes, bytes + buffer.size());
            size += buffer.size();
        }
        const error_code error = closed_ ? asio::error::broken_pipe : error_code();
        complete(std::move(handler), error, closed_ ? 0 : size);
        wake();
    }

    void get(asio::mutable_buffer into, Stream::Handler handler) {
        auto slot = asio::get_associated_cancellation_slot(handler);
        into_ = into;
        reader_ = std::move(handler);
        if (slot.is_connected()) {
            slot.assign([this](asio::cancellation_type) {
                if (reader_) {
                    complete(std::move(reader_), asio::error::operation_aborted, 0);
                }
            });
        }
        wake();
    }

    void close(error_code reason) {
        closed_ = true;
        reason_ = reason;
        wake();
    }

    const asio::any_io_executor& executor() const { return executor_; }

private:
    void wake() {
        if (!reader_ || (bytes_.empty() && !closed_)) {
            return;
        }
        const std::size_t size = std::min(into_.size(), bytes_.size());
        std::copy_n(bytes_.begin(), size, static_cast<char*>(into_.data()));
        bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(size));
        asio::get_associated_cancellation_slot(reader_).clear();
        complete(std::move(reader_), size == 0 && into_.size() > 0 ? reason_ : error_code(), size);
    }

    void complete(Stream::Handler handler, error_code error, std::size_t size) {
        asio::post(executor_, [handler = std::move(handler), error, size]() mutable {
            std::move(handler)(error, size);
        });
    }

    asio::any_io_executor executor_;
    std::deque<char> bytes_;
    asio::mutable_buffer into_;
    Stream::Handler reader_;
    bool closed_ = false;
    error_code reason_;
};

namespace {

class MemoryStream final : public Stream {
public:
    MemoryStream(std::shared_ptr<MemoryNetwork::Wire> in, std::shared_ptr<MemoryNetwork::Wire> out,
                 std::string peer)
        : in_(std::move(in)), out_(std::move(out)), peer_(std::move(peer)) {}
    ~MemoryStream() override { close(); }

    executor_type get_executor() override { return in_->executor(); }
    std::string peer() const override { return peer_; }
    asio::awaitable<void> shut_down() override {
        close();
        co_return;
    }
    void close() override {
        in_->close(asio::error::operation_aborted);
        out_->close(asio::error::eof);
    }

protected:
    void start_read(asio::mutable_buffer into, Handler handler) override {
        in_->get(into, std::move(handler));
    }
    void start_write(const WriteBuffers& from, Handler handler) override {
        out_->put(from, std::move(handler));
    }

private:
    std::shared_ptr<MemoryNetwork::Wire> in_;
    std::shared_ptr<MemoryNetwork::Wire> out_;
    std::string peer_;
};

}  // namespace

class MemoryNetwork::Door {
public:
    explicit Door(const asio::any_io_executor& executor) : waiting(executor, 1024) {}
    asio::experimental::channel<void(error_code, std::shared_ptr<std::unique_ptr<Stream>>)> waiting;
};

namespace {

class MemoryListener final : public Listener {
public:
    MemoryListener(std::shared_ptr<MemoryNetwork::Door> door, HostPort where)
        : door_(std::move(door)), where_(std::move(where)) {}
    ~MemoryListener() override { door_->waiting.close(); }

    Async<std::unique_ptr<Stream>> accept(asio::any_io_executor) override {
        const auto [error, stream] = co_await door_->waiting.async_receive(as_result);
        if (error) {
            co_return fail(Code::Cancelled, "the listener is closed");
        }
        co_return std::move(*stream);
    }
    std::string address() const override { return std::format("{}:{}", where_.host, where_.port); }
    std::uint16_t port() const override { return where_.port; }

private:
    std::shared_ptr<MemoryNetwork::Door> door_;
    HostPort where_;
};

}  // namespace

Result<std::unique_ptr<Listener>> MemoryNetwork::listen(asio::any_io_executor executor,
                                                        const std::string& address,
                                                        const TlsFiles&) {
    TRY_ASSIGN(HostPort where, parse_host_port(address));
    if (!doors_[address].expired()) {
        return fail(Code::Conflict, "{} is taken", address);
    }
    auto door = std::make_shared<Door>(executor);
    doors_[address] = door;
    return std::make_unique<MemoryListener>(std::move(door), std::move(where));
}

Async<std::unique_ptr<Stream>> MemoryNetwork::connect(std::string host, std::uint16_t port) {
    const auto executor = co_await asio::this_coro::executor;
    const std::string address = std::format("{}:{}", host, port);
    const auto found = doors_.find(address);
    const auto door = found == doors_.end() ? nullptr : found->second.lock();
    if (!door || unplugged_) {
        co_return fail(Code::Unavailable, "{}: Connection refused", address);
    }
    auto there = std::make_shared<Wire>(executor);
    auto back = std::make_shared<Wire>(executor);
    wires_.push_back(there);
    wires_.push_back(back);
    auto stream = std::make_shared<std::unique_ptr<Stream>>(
        std::make_unique<MemoryStream>(there, back, "memory"));
    if (!door->waiting.try_send(error_code(), stream)) {
        co_return fail(Code::Unavailable, "{}: Connection refused", address);
    }
    co_return std::make_unique<MemoryStream>(back, there, address);
}

void MemoryNetwork::unplug() {
    unplugged_ = true;
    for (const auto& weak : wires_) {
        if (const auto wire = weak.lock()) {
            wire->close(asio::error::connection_reset);
        }
    }
    wires_.clear();
}

}  // namespace gantry
