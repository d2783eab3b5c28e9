// SPDX-License-Identifier: Apache-2.0
// The tags of a Logix controller, and its services on them. Not part of the program.
#pragma once

#include <format>
#include <map>

#include "connector/ethernetip/symbols.h"

namespace gantry::connector::ethernetip::testing {

class FakeProgram {
public:
    struct Entry {
        Kind kind;
        Bytes bytes;           // of all elements
        std::size_t each = 0;  // bytes of an element of a structure
    };

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

    std::map<std::string, Entry> tags;
    std::size_t answer_bytes_max = 3998;
    bool keeps_values = true;                      // that are written
    std::map<std::string, Bytes> symbols;          // by program, as they are sent
    std::map<std::uint16_t, Bytes> templates;      // by instance
    std::map<std::uint16_t, std::uint16_t> sizes;  // how many members they have

protected:
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
            case service::write_tag:
                return !keeps_values ? reply(service, 0) : write(entry, index * each, data);
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

private:
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
};

}  // namespace gantry::connector::ethernetip::testing
