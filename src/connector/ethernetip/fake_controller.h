// SPDX-License-Identifier: Apache-2.0
// A Logix controller that does what a test tells it to. Not part of the program.
#pragma once

#include <boost/asio/write.hpp>
#include <functional>
#include <map>

#include "connector/ethernetip/symbols.h"
#include "connector/testing.h"

namespace gantry::connector::ethernetip::testing {

class FakeController {
public:
    struct Entry {
        Kind kind;
        Bytes bytes;           // of all elements
        std::size_t each = 0;  // bytes of an element of a structure
    };

    FakeController(connector::testing::World& world, Network& network, const std::string& address)
        : world_(world),
          listener_(
              connector::testing::must(network.listen(world.context.get_executor(), address, {}))) {
        asio::co_spawn(world_.context, serve(), asio::detached);
    }

    template <class T>
    void put(const std::string& tag, std::uint16_t code, std::initializer_list<T> values) {
        Entry entry{.kind = {code, 0, false}, .bytes = {}};
        for (const T value : values) {
            append(entry.bytes, std::as_bytes(std::span(&value, 1)));
        }
        tags[tag] = std::move(entry);
    }
    void put_text(const std::string& tag, std::uint16_t handle, std::string_view text,
                  std::size_t room) {
        Entry entry{
            .kind = {kind::structure, handle, true}, .bytes = {}, .each = (room + 7) / 4 * 4};
        ethernetip::put(entry.bytes, text.size(), 4);
        append(entry.bytes, as_bytes(text));
        entry.bytes.resize(entry.each);
        tags[tag] = std::move(entry);
        put<std::int32_t>(tag + ".LEN", kind::dint, {static_cast<std::int32_t>(text.size())});
        tags[tag + ".DATA"] = {.kind = {kind::sint, 0, false}, .bytes = Bytes(room)};
    }

    // How often a service was asked for, several in one request counted each.
    int count(std::uint8_t service) const {
        return static_cast<int>(std::ranges::count(services, service));
    }

    std::map<std::string, Entry> tags;
    bool large = true;  // whether it opens such connections
    bool small = true;
    bool several = true;  // whether it takes several services in one request
    bool silent = false;
    bool empty_slot = false;
    std::size_t answer_bytes_max = 3998;
    std::map<std::string, Bytes> symbols;          // by program, as they are sent
    std::map<std::uint16_t, Bytes> templates;      // by instance
    std::map<std::uint16_t, std::uint16_t> sizes;  // how many members they have
    std::vector<std::uint8_t> services;
    std::size_t messages = 0;
    std::size_t connections = 0;  // of CIP

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
            append_connected(out, packet.session, 1, carried->sequence, answer);
        } else {
            append_unconnected(out, packet.session, packet.context, answer);
        }
        return out;
    }

    static Bytes reply(std::uint8_t service, std::uint8_t status, ByteView data = {},
                       std::uint16_t extended = 0) {
        Bytes out;
        ethernetip::put(out, service | 0x80U, 2);
        ethernetip::put(out, status, 1);
        ethernetip::put(out, extended == 0 ? 0 : 1, 1);
        ethernetip::put(out, extended, extended == 0 ? 0 : 2);
        append(out, data);
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
        ++connections;
        return reply(service, 0, Bytes(26));
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

    // "A.B[3]", and what of it is a number of a symbol.
    static std::string text_of(ByteView path) {
        std::string out;
        while (!path.empty()) {
            const std::uint64_t segment = number_at(path, 0, 1);
            const std::uint64_t value = number_at(path, 1, 1);
            std::size_t used = 2;
            if (segment == 0x91) {
                out += (out.empty() ? "" : ".") + std::string(as_text(path.subspan(2, value)));
                used += value + value % 2;
            } else if (segment == 0x28) {
                out += std::format("[{}]", value);
            } else if (segment == 0x29) {
                out += std::format("[{}]", number_at(path, 2, 2));
                used = 4;
            } else {
                break;  // an object
            }
            path = path.subspan(used);
        }
        return out;
    }

    Bytes access(std::uint8_t service, ByteView path, ByteView data) {
        std::string name = text_of(path);
        if (service == service::instance_attributes) {
            const auto found = symbols.find(name);
            return found == symbols.end() ? reply(service, 0x05) : reply(service, 0, found->second);
        }
        std::size_t index = 0;
        if (!tags.contains(name) && name.ends_with(']')) {
            const std::size_t at = name.rfind('[');
            index = std::stoul(name.substr(at + 1));
            name.resize(at);
        }
        const auto found = tags.find(name);
        if (found == tags.end()) {
            return reply(service, 0x04, {}, 0);
        }
        Entry& entry = found->second;
        const std::size_t each = entry.each != 0 ? entry.each : kind_bytes(entry.kind.code);
        switch (service) {
            case service::write_tag: return write(entry, index * each, data);
            case service::read_modify_write: return modify(entry, index * each, data);
            default: break;
        }
        const std::size_t offset = service == service::read_fragment ? number_at(data, 2, 4) : 0;
        const std::size_t length = number_at(data, 0, 2) * each;
        if (index * each + length > entry.bytes.size() || offset > length) {
            return reply(service, status::general_error, {}, 0x2105);
        }
        const std::size_t most = std::min(length - offset, answer_bytes_max);
        Bytes out;
        append_kind(out, entry.kind);
        append(out, ByteView(entry.bytes).subspan(index * each + offset, most));
        return reply(service, most < length - offset ? status::partial : 0, out);
    }

    static Bytes write(Entry& entry, std::size_t at, ByteView data) {
        Bytes kind;
        append_kind(kind, entry.kind);
        if (!std::ranges::equal(data.first(kind.size()), kind)) {
            return reply(service::write_tag, status::general_error, {}, 0x2107);
        }
        const ByteView value = data.subspan(kind.size() + 2);
        std::ranges::copy(value, entry.bytes.begin() + static_cast<std::ptrdiff_t>(at));
        return reply(service::write_tag, 0);
    }

    static Bytes modify(Entry& entry, std::size_t at, ByteView data) {
        const std::size_t bytes = number_at(data, 0, 2);
        for (std::size_t i = 0; i < bytes; ++i) {
            entry.bytes[at + i] = (entry.bytes[at + i] | data[2 + i]) & data[2 + bytes + i];
        }
        return reply(service::read_modify_write, 0);
    }

    Bytes describe(std::uint8_t service, ByteView path, ByteView data) {
        const auto instance = static_cast<std::uint16_t>(
            path[2] == std::byte{0x24} ? number_at(path, 3, 1) : number_at(path, 4, 2));
        const auto found = templates.find(instance);
        if (found == templates.end()) {
            return reply(service, 0x05);
        }
        Bytes out;
        if (service == service::get_attribute_list) {
            ethernetip::put(out, 2, 2);
            ethernetip::put(out, 4, 4);
            ethernetip::put(out, (found->second.size() + 23) / 4, 4);
            ethernetip::put(out, 2, 4);
            ethernetip::put(out, sizes[instance], 2);
            return reply(service, 0, out);
        }
        // In two parts.
        const std::size_t offset = number_at(data, 0, 4);
        const std::size_t half = found->second.size() / 2;
        return offset == 0 ? reply(service, status::partial, ByteView(found->second).first(half))
                           : reply(service, 0, ByteView(found->second).subspan(offset));
    }

    connector::testing::World& world_;
    std::unique_ptr<Listener> listener_;
};

}  // namespace gantry::connector::ethernetip::testing
