// SPDX-License-Identifier: Apache-2.0
#include "runtime/memory_network.h"

#include <boost/asio/experimental/channel.hpp>
#include <format>

namespace gantry {

namespace {

// Of a direction, of what was written and not read.
constexpr std::size_t wire_bytes = std::size_t{1} << 20;

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
    auto there = std::make_shared<Wire>(executor, wire_bytes);
    auto back = std::make_shared<Wire>(executor, wire_bytes);
    wires_.push_back(there);
    wires_.push_back(back);
    auto stream =
        std::make_shared<std::unique_ptr<Stream>>(make_wire_stream(there, back, "memory"));
    if (!door->waiting.try_send(error_code(), stream)) {
        co_return fail(Code::Unavailable, "{}: Connection refused", address);
    }
    co_return make_wire_stream(back, there, address);
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
