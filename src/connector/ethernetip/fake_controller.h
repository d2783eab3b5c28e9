// SPDX-License-Identifier: Apache-2.0
// A Logix controller on a network in memory that does what a test tells it to. Not part of the
// program.
#pragma once

#include <boost/asio/write.hpp>

#include "connector/ethernetip/fake_program.h"
#include "connector/testing.h"

namespace gantry::connector::ethernetip::testing {

class FakeController : public FakeProgram {
public:
    FakeController(connector::testing::World& world, Network& network, const std::string& address)
        : world_(world),
          listener_(
              connector::testing::must(network.listen(world.context.get_executor(), address, {}))) {
        asio::co_spawn(world_.context, serve(), asio::detached);
    }

    // How often a service was asked for, several in one request counted each.
    int count(std::uint8_t service) const {
        return static_cast<int>(std::ranges::count(services, service));
    }

    bool large = true;  // whether it opens such connections
    bool small = true;
    bool several = true;  // whether it takes several services in one request
    bool silent = false;
    bool empty_slot = false;
    std::vector<std::uint8_t> services;
    std::size_t messages = 0;
    std::size_t connections = 0;  // of CIP
    std::size_t connections_max = 8;
    std::map<std::uint64_t, Duration> heard;  // of each, for the last time

private:
    using Shared = std::shared_ptr<Stream>;

    asio::awaitable<void> serve() {
        while (true) {
            auto stream = co_await listener_->accept(world_.context.get_executor());
            if (!stream) {
                co_return;
            }
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
            append(received, ByteView(part).first(size));
            Packet packet;
            std::size_t used = 0;
            while (take_packet(received, packet, used) == Framing::Complete) {
                const Bytes answer = silent ? Bytes() : respond(packet);
                received.erase(received.begin(),
                               received.begin() + static_cast<std::ptrdiff_t>(used));
                (void)co_await asio::async_write(*stream, asio::buffer(answer), as_result);
            }
        }
    }

    Bytes respond(const Packet& packet) {
        Bytes out;
        if (packet.command == Command::RegisterSession) {
            append_register(out);
            out[4] = std::byte{7};
            return out;
        }
        const auto carried = read_carried(packet);
        if (!carried) {
            return out;
        }
        const Bytes answer = perform(carried->message);
        if (carried->connected) {
            ++messages;
            heard[number_at(packet.payload, 12, 4)] = world_.timers.now();
            append_connected(out, packet.session, 1, carried->sequence, answer);
        } else {
            append_unconnected(out, packet.session, packet.context, answer);
        }
        return out;
    }

    Bytes perform(ByteView message) {
        const auto service = static_cast<std::uint8_t>(number_at(message, 0, 1));
        const std::size_t words = number_at(message, 1, 1);
        const ByteView path = message.subspan(2, 2 * words);
        const ByteView data = message.subspan(2 + 2 * words);
        const std::uint64_t of_class = path[0] == std::byte{0x20} ? number_at(path, 1, 1) : 0;
        if (of_class == 0x06) {
            return manage(service, data);
        }
        if (service == service::multiple) {
            return several ? perform_all(data) : reply(service, status::service_not_supported);
        }
        services.push_back(service);
        if (of_class == 0x01) {
            Bytes identity;
            ethernetip::put(identity, 1, 2);
            identity.resize(14);
            ethernetip::put(identity, 4, 1);
            append(identity, as_bytes("fake"));
            return reply(service, 0, identity);
        }
        return of_class == 0x6c ? describe(service, path, data) : access(service, path, data);
    }

    Bytes manage(std::uint8_t service, ByteView data) {
        if (empty_slot) {
            return reply(service, status::connection_failure, {}, 0x0312);
        }
        if (service == service::unconnected_send) {
            return perform(data.subspan(4, number_at(data, 2, 2)));
        }
        if (!(service == service::large_forward_open ? large : small)) {
            return reply(service, status::connection_failure, {}, 0x0109);
        }
        if (connections == connections_max) {
            return reply(service, status::connection_failure, {}, 0x0113);
        }
        Bytes opened;
        ethernetip::put(opened, ++connections, 4);
        opened.resize(26);
        return reply(service, 0, opened);
    }

    Bytes perform_all(ByteView data) {
        const std::size_t count = number_at(data, 0, 2);
        Bytes offsets;
        Bytes answers;
        bool good = true;
        for (std::size_t i = 0; i < count; ++i) {
            const std::size_t at = number_at(data, 2 + 2 * i, 2);
            const Bytes answer = perform(data.subspan(at));
            good = good && (answer[2] == std::byte{0});
            ethernetip::put(offsets, 2 + 2 * count + answers.size(), 2);
            append(answers, answer);
        }
        Bytes out;
        ethernetip::put(out, count, 2);
        append(out, offsets);
        append(out, answers);
        return reply(service::multiple, good ? 0 : status::embedded_error, out);
    }

    connector::testing::World& world_;
    std::unique_ptr<Listener> listener_;
};

}  // namespace gantry::connector::ethernetip::testing
