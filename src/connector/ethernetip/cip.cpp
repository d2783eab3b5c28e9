// SPDX-License-Identifier: Apache-2.0
#include "connector/ethernetip/cip.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <format>

namespace gantry::connector::ethernetip {
namespace {

constexpr std::uint16_t identity_class = 0x01;
constexpr std::uint16_t message_router = 0x02;
constexpr std::uint16_t connection_manager = 0x06;
// Numbers of vendors are given out; this one is nobody's.
constexpr std::uint16_t our_vendor = 0xfffe;

// ---- Segments of paths

constexpr unsigned extended_link = 0x10;  // with the port: a length, and a text
constexpr unsigned port_most = 14;        // as it stands in the segment
constexpr std::size_t route_bytes_max = 128;

std::size_t number_segment_bytes(std::uint32_t number) {
    return number <= 0xff ? 2 : number <= 0xffff ? 4 : 6;
}

// The type says in its lowest two bits how the number is written.
void append_number_segment(Bytes& path, unsigned type, std::uint32_t number) {
    const std::size_t bytes = number_segment_bytes(number);
    put(path, type | (bytes == 2 ? 0U : bytes == 4 ? 1U : 2U), 1);
    if (bytes > 2) {
        put(path, 0, 1);
    }
    put(path, number, bytes == 2 ? 1 : bytes - 2);
}

void append_name(Bytes& path, std::string_view name) {
    put(path, 0x91, 1);
    put(path, name.size(), 1);
    append(path, as_bytes(name));
    if (name.size() % 2 != 0) {
        put(path, 0, 1);
    }
}

// "[3]" or "[1,2]"
void append_indices(Bytes& path, std::string_view indices) {
    const char* at = indices.data() + 1;
    const char* const end = indices.data() + indices.size() - 1;
    while (at < end) {
        std::uint32_t index = 0;
        at = std::from_chars(at, end, index).ptr + 1;
        append_element(path, index);
    }
}

std::unexpected<Error> wrong_route(std::string_view what) {
    return std::unexpected(Error{Code::InvalidArgument, std::string(what), {}});
}

bool read_number(std::string_view text, unsigned most, unsigned& out) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    return error == std::errc() && end == text.data() + text.size() && out <= most;
}

}  // namespace

// ---- Paths

void append_object(Bytes& path, std::uint16_t of_class, std::uint32_t instance) {
    append_number_segment(path, 0x20, of_class);
    append_number_segment(path, 0x24, instance);
}

void append_element(Bytes& path, std::uint32_t index) { append_number_segment(path, 0x28, index); }

std::size_t element_bytes(std::uint32_t index) { return number_segment_bytes(index); }

void append_tag(Bytes& path, std::string_view tag) {
    while (!tag.empty()) {
        const std::string_view part = tag.substr(0, tag.find('.'));
        const std::string_view name = part.substr(0, part.find('['));
        append_name(path, name);
        if (name.size() < part.size()) {
            append_indices(path, part.substr(name.size()));
        }
        tag.remove_prefix(std::min(part.size() + 1, tag.size()));
    }
}

Result<Bytes> parse_route(std::string_view text) {
    Bytes out;
    while (!text.empty()) {
        const std::size_t comma = text.find(',');
        const std::string_view port_text = text.substr(0, comma);
        if (comma == std::string_view::npos) {
            return wrong_route("is pairs of port and link, as in 1,0");
        }
        text.remove_prefix(comma + 1);
        const std::string_view link = text.substr(0, text.find(','));
        text.remove_prefix(std::min(link.size() + 1, text.size()));
        unsigned port = 0;
        if (!read_number(port_text, port_most, port) || port == 0) {
            return wrong_route("has ports from 1 to 14: 1 is the backplane, 2 the network");
        }
        unsigned number = 0;
        if (read_number(link, 0xff, number)) {
            put(out, port, 1);
            put(out, number, 1);
            continue;
        }
        const bool address =
            !link.empty() && link.size() < 64 &&
            std::ranges::all_of(
                link,
                [](char c) {
                    return (c >= '0' && c <= '9') || c == '.' || c == ':' || (c >= 'a' && c <= 'f');
                });
        if (!address) {
            return wrong_route("has as links slots from 0 to 255 or IP addresses");
        }
        put(out, port | extended_link, 1);
        put(out, link.size(), 1);
        append(out, as_bytes(link));
        if (link.size() % 2 != 0) {
            put(out, 0, 1);
        }
    }
    if (out.size() > route_bytes_max) {
        return wrong_route("is longer than 128 bytes");
    }
    return out;
}

// ---- Requests

Bytes request(std::uint8_t service, ByteView path, ByteView data) {
    Bytes out;
    put(out, service, 1);
    put(out, path.size() / 2, 1);
    append(out, path);
    append(out, data);
    return out;
}

Bytes read_tag_request(ByteView path, std::uint16_t elements) {
    Bytes data;
    put(data, elements, 2);
    return request(service::read_tag, path, data);
}

Bytes read_fragment_request(ByteView path, std::uint16_t elements, std::uint32_t offset) {
    Bytes data;
    put(data, elements, 2);
    put(data, offset, 4);
    return request(service::read_fragment, path, data);
}

// What is to be set, and what is to stay.
Bytes write_bit_request(ByteView path, std::size_t bytes, unsigned bit, bool on) {
    const std::uint64_t one = std::uint64_t{1} << bit;
    Bytes data;
    put(data, bytes, 2);
    put(data, on ? one : 0, bytes);
    put(data, on ? ~std::uint64_t{0} : ~one, bytes);
    return request(service::read_modify_write, path, data);
}

Bytes multiple_request(std::span<const Bytes> requests) {
    Bytes data;
    put(data, requests.size(), 2);
    std::size_t offset = 2 + 2 * requests.size();
    for (const Bytes& one : requests) {
        put(data, offset, 2);
        offset += one.size();
    }
    for (const Bytes& one : requests) {
        append(data, one);
    }
    Bytes path;
    append_object(path, message_router, 1);
    return request(service::multiple, path, data);
}

Bytes by_route(const Bytes& asked, ByteView route, Duration timeout) {
    if (route.empty()) {
        return asked;
    }
    constexpr unsigned tick = 7;  // of 128 ms
    const auto ticks =
        std::chrono::duration_cast<std::chrono::milliseconds>(timeout).count() >> tick;
    Bytes data;
    put(data, tick, 1);
    put(data, static_cast<std::uint64_t>(std::clamp<std::int64_t>(ticks, 1, 255)), 1);
    put(data, asked.size(), 2);
    append(data, asked);
    if (asked.size() % 2 != 0) {
        put(data, 0, 1);
    }
    put(data, route.size() / 2, 1);
    put(data, 0, 1);
    append(data, route);
    Bytes path;
    append_object(path, connection_manager, 1);
    return request(service::unconnected_send, path, data);
}

Bytes open_request(const Opening& opening, ByteView route) {
    // From point to point, of low priority, of variable size.
    constexpr std::uint32_t small_flags = 0x4200;
    const std::size_t size_bytes = opening.large ? 4 : 2;
    const std::uint32_t size = (opening.large ? small_flags << 16 : small_flags) | opening.bytes;
    const auto interval = static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(opening.interval).count());
    Bytes data;
    put(data, 0x0a, 1);  // ticks of 1,024 ms
    put(data, 5, 1);
    put(data, 0, 4);  // the controller chooses what it is called by
    put(data, opening.to_originator, 4);
    put(data, opening.serial, 2);
    put(data, our_vendor, 2);
    put(data, opening.originator, 4);
    put(data, 3, 4);  // the multiplier: 32
    put(data, interval, 4);
    put(data, size, size_bytes);
    put(data, interval, 4);
    put(data, size, size_bytes);
    put(data, 0xa3, 1);  // class 3, triggered by the application, the controller is the server
    Bytes way(route.begin(), route.end());
    append_object(way, message_router, 1);
    put(data, way.size() / 2, 1);
    append(data, way);
    Bytes path;
    append_object(path, connection_manager, 1);
    return request(opening.large ? service::large_forward_open : service::forward_open, path, data);
}

// ---- Answers

std::optional<Reply> read_reply(ByteView message) {
    constexpr std::size_t head = 4;
    if (message.size() < head || (number_at(message, 0, 1) & 0x80) == 0) {
        return std::nullopt;
    }
    const std::size_t extended = 2 * number_at(message, 3, 1);
    if (message.size() - head < extended) {
        return std::nullopt;
    }
    Reply out;
    out.service = static_cast<std::uint8_t>(number_at(message, 0, 1) & 0x7f);
    out.status = static_cast<std::uint8_t>(number_at(message, 2, 1));
    if (extended > 0) {
        out.extended = static_cast<std::uint16_t>(number_at(message, head, 2));
    }
    out.data = message.subspan(head + extended);
    return out;
}

std::optional<std::vector<Reply>> read_replies(const Reply& multiple, std::size_t count) {
    const ByteView data = multiple.data;
    if (multiple.service != service::multiple || data.size() < 2 + 2 * count ||
        number_at(data, 0, 2) != count) {
        return std::nullopt;
    }
    std::vector<Reply> out;
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t begin = number_at(data, 2 + 2 * i, 2);
        const std::size_t end = i + 1 < count ? number_at(data, 4 + 2 * i, 2) : data.size();
        if (begin > end || end > data.size()) {
            return std::nullopt;
        }
        const auto reply = read_reply(data.subspan(begin, end - begin));
        if (!reply) {
            return std::nullopt;
        }
        out.push_back(*reply);
    }
    return out;
}

std::optional<std::uint32_t> read_opened(const Reply& reply) {
    if (!reply.good() || reply.data.size() < 8) {
        return std::nullopt;
    }
    return static_cast<std::uint32_t>(number_at(reply.data, 0, 4));
}

std::optional<TagData> read_tag_data(ByteView data) {
    if (data.size() < 2) {
        return std::nullopt;
    }
    TagData out;
    out.kind.code = static_cast<std::uint16_t>(number_at(data, 0, 2));
    out.bytes = data.subspan(2);
    if (out.kind.code == kind::structure) {
        if (data.size() < 4) {
            return std::nullopt;
        }
        out.kind.handle = static_cast<std::uint16_t>(number_at(data, 2, 2));
        out.kind.text = out.kind.handle == kind::string_handle;
        out.bytes = data.subspan(4);
    }
    return out;
}

void append_kind(Bytes& out, const Kind& kind) {
    put(out, kind.code, 2);
    if (kind.code == kind::structure) {
        put(out, kind.handle, 2);
    }
}

Bytes identity_request() {
    Bytes path;
    append_object(path, identity_class, 1);
    return request(service::get_attributes_all, path);
}

std::optional<Identity> read_identity(ByteView data) {
    constexpr std::size_t before_name = 15;
    if (data.size() < before_name || data.size() - before_name < number_at(data, 14, 1)) {
        return std::nullopt;
    }
    const auto word = [data](std::size_t at) {
        return static_cast<std::uint16_t>(number_at(data, at, 2));
    };
    Identity out;
    out.vendor = word(0);
    out.type = word(2);
    out.code = word(4);
    out.major = static_cast<std::uint8_t>(number_at(data, 6, 1) & 0x7f);
    out.minor = static_cast<std::uint8_t>(number_at(data, 7, 1));
    out.status = word(8);
    out.serial = static_cast<std::uint32_t>(number_at(data, 10, 4));
    out.name = as_text(data.subspan(before_name, number_at(data, 14, 1)));
    std::ranges::replace_if(out.name, [](char c) { return c < ' ' || c > '~'; }, '?');
    return out;
}

}  // namespace gantry::connector::ethernetip
