// SPDX-License-Identifier: Apache-2.0
#include "connector/s7/frame.h"

#include <algorithm>
#include <format>

namespace gantry::connector::s7 {
namespace {

constexpr std::size_t tpkt_bytes = 4;
constexpr std::uint8_t tpkt_version = 3;
constexpr std::size_t head_bytes = 10;         // of a request
constexpr std::size_t answer_head_bytes = 12;  // with an error
constexpr std::uint8_t s7_protocol = 0x32;

enum Cotp : std::uint8_t { connect = 0xe0, confirm = 0xd0, disconnect = 0x80, data_unit = 0xf0 };
enum Function : std::uint8_t { setup = 0xf0, read_var = 0x04, write_var = 0x05 };
// How an item says what it means, and how an answer counts its data.
enum Transport : std::uint8_t {
    one_bit = 0x01,
    one_byte = 0x02,
    counter = 0x1c,
    timer = 0x1d,
    data_bit = 0x03,
    data_bytes = 0x04,
    data_integer = 0x05,
    data_octets = 0x09,
};
constexpr std::uint16_t no_room_for_lists = 0xd401;

unsigned byte_at(ByteView bytes, std::size_t place) {
    return std::to_integer<unsigned>(bytes[place]);
}

std::uint16_t word_at(ByteView bytes, std::size_t place) {
    return static_cast<std::uint16_t>(byte_at(bytes, place) << 8 | byte_at(bytes, place + 1));
}

void put(Bytes& out, std::initializer_list<unsigned> bytes) {
    for (const unsigned byte : bytes) {
        out.push_back(static_cast<std::byte>(byte));
    }
}

void put_word(Bytes& out, std::size_t word) {
    put(out, {static_cast<unsigned>(word >> 8 & 0xff), static_cast<unsigned>(word & 0xff)});
}

// The head of a request, and then its parameters and data.
Bytes request(Kind kind, const Bytes& parameters, const Bytes& data = {}) {
    Bytes out;
    put(out, {s7_protocol, static_cast<unsigned>(kind), 0, 0, 0, 0});
    put_word(out, parameters.size());
    put_word(out, data.size());
    append(out, parameters);
    append(out, data);
    return out;
}

void append_item(Bytes& out, const Place& place, std::uint8_t transport, std::uint32_t address) {
    put(out, {0x12, 0x0a, 0x10, transport});
    put_word(out, place.count);
    put_word(out, place.block);
    put(out, {static_cast<unsigned>(place.area), address >> 16 & 0xff, address >> 8 & 0xff,
              address & 0xff});
}

void append_item(Bytes& out, const Place& place) {
    if (is_numbered(place.area)) {
        append_item(out, place, place.area == Area::Timers ? timer : counter, place.start);
    } else {
        append_item(out, place, one_byte, place.start * 8);
    }
}

bool answers(const Pdu& pdu, Function function, std::size_t parameters) {
    return pdu.kind == Kind::AckData && pdu.error == 0 && pdu.parameters.size() >= parameters &&
           byte_at(pdu.parameters, 0) == function;
}

}  // namespace

void append(Bytes& out, ByteView bytes) {
    const std::size_t before = out.size();
    out.resize(before + bytes.size());
    std::ranges::copy(bytes, out.begin() + static_cast<std::ptrdiff_t>(before));
}

Framing take_packet(ByteView input, Packet& out, std::size_t& used) {
    if (input.size() < tpkt_bytes) {
        return !input.empty() && byte_at(input, 0) != tpkt_version ? Framing::Broken
                                                                   : Framing::Incomplete;
    }
    const std::size_t length = word_at(input, 2);
    if (byte_at(input, 0) != tpkt_version || length < tpkt_bytes + 3 || length > packet_bytes_max) {
        return Framing::Broken;
    }
    if (input.size() < length) {
        return Framing::Incomplete;
    }
    const ByteView cotp = input.subspan(tpkt_bytes, length - tpkt_bytes);
    const std::size_t head = byte_at(cotp, 0) + std::size_t{1};
    if (head < 2 || head > cotp.size()) {
        return Framing::Broken;
    }
    used = length;
    out = {};
    switch (byte_at(cotp, 1) & 0xf0) {
        case confirm: out.kind = Packet::Kind::Connected; break;
        case disconnect: out.kind = Packet::Kind::Disconnected; break;
        case data_unit:
            if (head < 3) {
                return Framing::Broken;
            }
            out.kind = Packet::Kind::Data;
            out.last = (byte_at(cotp, 2) & 0x80) != 0;
            out.payload = cotp.subspan(head);
            break;
        default: break;
    }
    return Framing::Complete;
}

void append_connect(Bytes& out, std::uint16_t local_tsap, std::uint16_t remote_tsap) {
    // Class 0; a TPDU of 1,024 bytes; the two ends.
    put(out, {tpkt_version, 0, 0, 22, 17, connect, 0, 0, 0, 1, 0, 0xc0, 1, 10, 0xc1, 2});
    put_word(out, local_tsap);
    put(out, {0xc2, 2});
    put_word(out, remote_tsap);
}

void append_data(Bytes& out, ByteView pdu) {
    put(out, {tpkt_version, 0});
    put_word(out, pdu.size() + 7);
    put(out, {2, data_unit, 0x80});
    append(out, pdu);
}

std::optional<Pdu> read_pdu(ByteView bytes) {
    if (bytes.size() < head_bytes || byte_at(bytes, 0) != s7_protocol) {
        return std::nullopt;
    }
    Pdu out;
    out.kind = static_cast<Kind>(byte_at(bytes, 1));
    out.reference = word_at(bytes, 4);
    std::size_t head = head_bytes;
    if (out.kind == Kind::Ack || out.kind == Kind::AckData) {
        head = answer_head_bytes;
        if (bytes.size() < head) {
            return std::nullopt;
        }
        out.error = word_at(bytes, 10);
    }
    const std::size_t parameters = word_at(bytes, 6);
    const std::size_t data = word_at(bytes, 8);
    if (bytes.size() != head + parameters + data) {
        return std::nullopt;
    }
    out.parameters = bytes.subspan(head, parameters);
    out.data = bytes.subspan(head + parameters, data);
    return out;
}

void set_reference(Bytes& request, std::uint16_t reference) {
    request[4] = static_cast<std::byte>(reference >> 8);
    request[5] = static_cast<std::byte>(reference & 0xff);
}

Bytes setup_request(const Setup& wanted) {
    Bytes parameters;
    put(parameters, {setup, 0});
    put_word(parameters, wanted.jobs);
    put_word(parameters, wanted.jobs);
    put_word(parameters, wanted.pdu_bytes);
    return request(Kind::Job, parameters);
}

std::optional<Setup> read_setup(const Pdu& answer) {
    if (!answers(answer, setup, 8)) {
        return std::nullopt;
    }
    return Setup{.jobs = word_at(answer.parameters, 2), .pdu_bytes = word_at(answer.parameters, 6)};
}

Bytes read_request(std::span<const Place> places) {
    Bytes parameters;
    put(parameters, {read_var, static_cast<unsigned>(places.size())});
    for (const Place& place : places) {
        append_item(parameters, place);
    }
    return request(Kind::Job, parameters);
}

std::optional<std::vector<ItemAnswer>> read_answers(const Pdu& answer,
                                                    std::span<const Place> places) {
    if (!answers(answer, read_var, 2) || byte_at(answer.parameters, 1) != places.size()) {
        return std::nullopt;
    }
    std::vector<ItemAnswer> out;
    ByteView rest = answer.data;
    for (const Place& place : places) {
        if (rest.size() < answer_item) {
            return std::nullopt;
        }
        ItemAnswer& item = out.emplace_back();
        item.code = static_cast<std::uint8_t>(byte_at(rest, 0));
        const unsigned counted = byte_at(rest, 1);
        const bool in_bits =
            counted == data_bit || counted == data_bytes || counted == data_integer;
        const std::size_t length = in_bits ? (word_at(rest, 2) + 7U) / 8 : word_at(rest, 2);
        rest = rest.subspan(answer_item);
        if (item.code != item_good) {
            continue;  // nothing follows, whatever the length says
        }
        if (length != place.bytes() || rest.size() < length) {
            return std::nullopt;
        }
        item.data = rest.first(length);
        rest = rest.subspan(std::min(rest.size(), length + length % 2));
    }
    return out;
}

Bytes write_request(const Place& place, ByteView data) {
    Bytes parameters;
    put(parameters, {write_var, 1});
    append_item(parameters, place);
    Bytes body;
    put(body, {0, data_bytes});
    put_word(body, data.size() * 8);
    append(body, data);
    return request(Kind::Job, parameters, body);
}

Bytes write_bit_request(const Place& place, unsigned bit, bool on) {
    Place one = place;
    one.count = 1;
    Bytes parameters;
    put(parameters, {write_var, 1});
    append_item(parameters, one, one_bit, place.start * 8 + bit);
    Bytes body;
    put(body, {0, data_bit, 0, 1, on ? 1U : 0U});
    return request(Kind::Job, parameters, body);
}

std::optional<std::uint8_t> read_write_answer(const Pdu& answer) {
    if (!answers(answer, write_var, 2) || answer.data.empty()) {
        return std::nullopt;
    }
    return static_cast<std::uint8_t>(byte_at(answer.data, 0));
}

Bytes list_request(std::uint16_t list, std::uint16_t index) {
    Bytes parameters;
    put(parameters, {0, 1, 0x12, 4, 0x11, 0x44, 1, 0});
    Bytes body;
    put(body, {item_good, data_octets, 0, 4});
    put_word(body, list);
    put_word(body, index);
    return request(Kind::Userdata, parameters, body);
}

std::optional<List> read_list(const Pdu& answer) {
    constexpr std::size_t before_records = 12;
    if (answer.kind != Kind::Userdata || answer.parameters.size() < 12 ||
        word_at(answer.parameters, 10) == no_room_for_lists ||
        answer.data.size() < before_records || byte_at(answer.data, 0) != item_good) {
        return std::nullopt;
    }
    const std::size_t record = word_at(answer.data, 8);
    const ByteView records = answer.data.subspan(before_records);
    if (record == 0) {
        return std::nullopt;
    }
    // The rest of a long list would come in further answers: what is here is enough.
    const std::size_t count =
        std::min<std::size_t>(word_at(answer.data, 10), records.size() / record);
    return List{.record_bytes = record, .records = records.first(count * record)};
}

std::string item_error(std::uint8_t code) {
    switch (code) {
        case 0x01: return "hardware fault";
        case 0x03:
            return "the controller denies access: is the block optimised (clear that in its "
                   "attributes), and is PUT/GET communication permitted?";
        case 0x05: return "there is no such address: is the block long enough?";
        case 0x06: return "the controller does not support this type";
        case 0x07: return "the controller finds type and length inconsistent";
        case 0x0a:
            return "there is no such object: is the number of the block right, and the block not "
                   "optimised?";
        default: return std::format("error 0x{:02x}", code);
    }
}

std::string pdu_error(std::uint16_t error) {
    switch (error) {
        case 0x8104:
            return "the controller does not offer this: permit PUT/GET communication in its "
                   "protection settings";
        case 0x8500: return "the controller finds the PDU too long";
        case 0x8702:
        case 0xd241: return "the controller denies access: it is protected by a password";
        default: return std::format("the controller answers with error 0x{:04x}", error);
    }
}

}  // namespace gantry::connector::s7
