// SPDX-License-Identifier: Apache-2.0
#include "runtime/serial_port.h"

#include <sys/file.h>

#include <algorithm>
#include <boost/asio/serial_port.hpp>
#include <format>

namespace gantry {
namespace {

class SerialStream final : public Stream {
public:
    SerialStream(asio::serial_port port, std::string path)
        : port_(std::move(port)), path_(std::move(path)) {}

    executor_type get_executor() override { return port_.get_executor(); }
    std::string peer() const override { return path_; }
    asio::awaitable<void> shut_down() override {
        close();
        co_return;
    }
    void close() override {
        error_code ignored;
        port_.close(ignored);
    }

protected:
    void start_read(asio::mutable_buffer into, Handler handler) override {
        port_.async_read_some(into, std::move(handler));
    }
    void start_write(const WriteBuffers& from, Handler handler) override {
        const auto* const first = std::ranges::find_if(
            from, [](const asio::const_buffer& one) { return one.size() > 0; });
        port_.async_write_some(first == from.end() ? asio::const_buffer() : *first,
                               std::move(handler));
    }

private:
    asio::serial_port port_;
    std::string path_;
};

asio::serial_port_base::parity::type parity_of(Parity parity) {
    switch (parity) {
        case Parity::None: return asio::serial_port_base::parity::none;
        case Parity::Even: return asio::serial_port_base::parity::even;
        case Parity::Odd: return asio::serial_port_base::parity::odd;
    }
    return asio::serial_port_base::parity::none;
}

Result<> configure(asio::serial_port& port, const std::string& path, const SerialOptions& options) {
    using Base = asio::serial_port_base;
    error_code error;
    const auto set = [&](const auto& option, std::string_view what) -> Result<> {
        port.set_option(option, error);
        return error ? Result<>(fail(Code::InvalidArgument, "{}: it does not take {}: {}", path,
                                     what, error.message()))
                     : Result<>{};
    };
    TRY(set(Base::baud_rate(options.baud), std::format("{} baud", options.baud)));
    TRY(set(Base::character_size(options.data_bits),
            std::format("{} data bits", options.data_bits)));
    TRY(set(Base::parity(parity_of(options.parity)), "that parity"));
    TRY(set(Base::stop_bits(options.stop_bits == 2 ? Base::stop_bits::two : Base::stop_bits::one),
            std::format("{} stop bits", options.stop_bits)));
    return set(Base::flow_control(Base::flow_control::none), "no flow control");
}

}  // namespace

bool SystemSerialPorts::allows(const std::string& path) const {
    if (path.contains("/../") || path.ends_with("/..")) {
        return false;
    }
    return std::ranges::any_of(allowed_, [&path](const std::string& one) {
        return one.ends_with('*')
                   ? path.starts_with(std::string_view(one).substr(0, one.size() - 1))
                   : path == one;
    });
}

Async<std::unique_ptr<Stream>> SystemSerialPorts::open(std::string path, SerialOptions options) {
    if (!allows(path)) {
        co_return fail(Code::Forbidden,
                       "{}: connections may not use this serial line: its owner adds it to "
                       "serial_ports under [connectors] in the configuration of gantryd",
                       path);
    }
    asio::serial_port port(co_await asio::this_coro::executor);
    error_code error;
    port.open(path, error);
    if (error) {
        co_return fail(Code::Unavailable,
                       "{}: {}: is the adapter plugged in, and may gantryd use it?", path,
                       error.message());
    }
    // One line is one connection: two would hear each other's answers.
    if (flock(port.native_handle(), LOCK_EX | LOCK_NB) != 0) {
        co_return fail(Code::Unavailable,
                       "{}: somebody else has it: all devices of one line belong into one "
                       "connection, with unit= in their addresses",
                       path);
    }
    CO_TRY(configure(port, path, options));
    co_return std::make_unique<SerialStream>(std::move(port), std::move(path));
}

}  // namespace gantry
