// SPDX-License-Identifier: Apache-2.0
// A Modbus device that does what a test tells it to. Not part of the program.
#pragma once

#include <boost/asio/write.hpp>
#include <functional>
#include <map>

#include "connector/modbus/frame.h"
#include "connector/testing.h"

namespace gantry::connector::modbus::testing {

class FakeDevice {
public:
    struct Unit {
        std::map<std::uint16_t, std::uint16_t> holding;
        std::map<std::uint16_t, std::uint16_t> input;
        std::map<std::uint16_t, bool> coils;
        std::map<std::uint16_t, bool> discrete;
    };
    // What to do with a request instead of answering it as a device does.
    struct Reaction {
        bool silent = false;
        std::optional<Exception> exception = {};
        std::optional<Bytes> bytes = {};  // sent as they are
        bool close = false;
        Duration delay{0};
        std::optional<std::uint8_t> from_unit = {};
        bool wrong_function = false;
        bool hold = false;  // until release()
    };

    FakeDevice(connector::testing::World& world, Network& network, std::string address)
        : world_(world), network_(network), address_(std::move(address)) {
        start();
    }

    void start() {
        listener_ =
            connector::testing::must(network_.listen(world_.context.get_executor(), address_, {}));
        asio::co_spawn(world_.context, serve(*listener_), asio::detached);
    }
    // Connections are refused from now on.
    void stop() {
        world_.settle();  // it waits in accept() now, which ends well when the listener goes
        listener_.reset();
        world_.settle();
    }

    // Sends what was held back, the last first.
    void release() {
        auto held = std::exchange(held_, {});
        for (auto at = held.rbegin(); at != held.rend(); ++at) {
            asio::co_spawn(world_.context, send(at->first, at->second), asio::detached);
        }
        world_.settle();
    }
    std::size_t held() const { return held_.size(); }

    // How often a block was read: "1:hr:0+10" is unit 1, ten holding registers from 0.
    int reads(const std::string& block) const {
        return static_cast<int>(std::ranges::count(log, block));
    }
    std::size_t connections() const { return connections_; }

    std::map<std::uint8_t, Unit> units;
    std::function<Reaction(std::uint8_t unit, const Request& request)> react;
    std::vector<std::string> log;
    std::vector<Duration> times;  // of each request, on the monotonic clock

private:
    using Shared = std::shared_ptr<Stream>;

    asio::awaitable<void> serve(Listener& listener) {
        while (true) {
            auto stream = co_await listener.accept(world_.context.get_executor());
            if (!stream) {
                co_return;
            }
            ++connections_;
            asio::co_spawn(world_.context, talk(std::move(*stream)), asio::detached);
        }
    }

    asio::awaitable<void> talk(Shared stream) {
        Bytes received;
        std::array<std::byte, 1024> part{};
        while (true) {
            const auto [error, size] =
                co_await stream->async_read_some(asio::buffer(part), as_result);
            if (error) {
                co_return;
            }
            received.insert(received.end(), part.begin(), part.begin() + size);
            Frame frame;
            std::size_t used = 0;
            while (take_frame(received, frame, used) == Framing::Complete) {
                asio::co_spawn(world_.context,
                               answer(stream, frame.transaction, frame.unit,
                                      Bytes(frame.pdu.begin(), frame.pdu.end())),
                               asio::detached);
                received.erase(received.begin(), received.begin() + static_cast<long>(used));
            }
        }
    }

    asio::awaitable<void> answer(Shared stream, std::uint16_t transaction, std::uint8_t unit,
                                 Bytes pdu) {
        const auto request = decode_request(pdu);
        Bytes out;
        if (!request) {
            append_exception(out, transaction, unit, static_cast<Function>(pdu[0]),
                             request.error());
            co_await send(stream, std::move(out));
            co_return;
        }
        note(unit, *request);
        const Reaction reaction = react ? react(unit, *request) : Reaction{};
        if (reaction.delay > Duration{0}) {
            co_await world_.timers.sleep(reaction.delay);
        }
        if (reaction.close) {
            stream->close();
        }
        if (reaction.silent || reaction.close) {
            co_return;
        }
        const std::uint8_t from = reaction.from_unit.value_or(unit);
        if (reaction.bytes) {
            out = *reaction.bytes;
        } else if (reaction.exception) {
            append_exception(out, transaction, from, request->function, *reaction.exception);
        } else {
            perform(out, transaction, from, units[unit], *request);
        }
        if (reaction.wrong_function) {
            out[header_bytes] = std::byte{0x2b};
        }
        if (reaction.hold) {
            held_.emplace_back(stream, std::move(out));
            co_return;
        }
        co_await send(stream, std::move(out));
    }

    static asio::awaitable<void> send(Shared stream, Bytes bytes) {
        (void)co_await asio::async_write(*stream, asio::buffer(bytes), as_result);
    }

    void note(std::uint8_t unit, const Request& request) {
        constexpr std::array<std::string_view, 5> areas = {"", "co", "di", "hr", "ir"};
        const auto function = static_cast<unsigned>(request.function);
        log.push_back(
            function <= 4
                ? std::format("{}:{}:{}+{}", unit, areas[function], request.address, request.count)
                : std::format("{}:write{}:{}+{}", unit, function, request.address, request.count));
        times.push_back(world_.timers.now());
    }

    static bool write(Unit& unit, const Request& request) {
        const bool coils = request.function == Function::WriteSingleCoil ||
                           request.function == Function::WriteMultipleCoils;
        for (std::uint16_t i = 0; i < request.count; ++i) {
            const auto address = static_cast<std::uint16_t>(request.address + i);
            if (coils ? !unit.coils.contains(address) : !unit.holding.contains(address)) {
                return false;
            }
            if (coils) {
                unit.coils[address] =
                    (std::to_integer<unsigned>(request.data[i / 8]) >> i % 8 & 1U) != 0;
            } else {
                unit.holding[address] = static_cast<std::uint16_t>(
                    std::to_integer<unsigned>(request.data[std::size_t{2} * i]) << 8 |
                    std::to_integer<unsigned>(request.data[std::size_t{2} * i + 1]));
            }
        }
        return true;
    }

    template <class T>
    static bool read(const std::map<std::uint16_t, T>& from, std::uint16_t address,
                     std::uint16_t count, Bytes& out) {
        constexpr bool bits = std::is_same_v<T, bool>;
        out.assign(data_bytes(bits, count), std::byte{0});
        for (std::uint16_t i = 0; i < count; ++i) {
            const auto found = from.find(static_cast<std::uint16_t>(address + i));
            if (found == from.end()) {
                return false;
            }
            if constexpr (bits) {
                out[i / 8] |= static_cast<std::byte>((found->second ? 1U : 0U) << i % 8);
            } else {
                out[std::size_t{2} * i] = static_cast<std::byte>(found->second >> 8);
                out[std::size_t{2} * i + 1] = static_cast<std::byte>(found->second & 0xff);
            }
        }
        return true;
    }

    static void perform(Bytes& out, std::uint16_t transaction, std::uint8_t from, Unit& unit,
                        const Request& request) {
        Bytes data;
        bool possible = true;
        switch (request.function) {
            case Function::ReadCoils:
                possible = read(unit.coils, request.address, request.count, data);
                break;
            case Function::ReadDiscreteInputs:
                possible = read(unit.discrete, request.address, request.count, data);
                break;
            case Function::ReadHoldingRegisters:
                possible = read(unit.holding, request.address, request.count, data);
                break;
            case Function::ReadInputRegisters:
                possible = read(unit.input, request.address, request.count, data);
                break;
            case Function::ReadWriteMultipleRegisters:
                possible = write(unit, request) &&
                           read(unit.holding, request.read_address, request.read_count, data);
                break;
            default: possible = write(unit, request);
        }
        if (possible) {
            append_reply(out, transaction, from, request, data);
        } else {
            append_exception(out, transaction, from, request.function,
                             Exception::IllegalDataAddress);
        }
    }

    connector::testing::World& world_;
    Network& network_;
    std::string address_;
    std::unique_ptr<Listener> listener_;
    std::vector<std::pair<Shared, Bytes>> held_;
    std::size_t connections_ = 0;
};

}  // namespace gantry::connector::modbus::testing
