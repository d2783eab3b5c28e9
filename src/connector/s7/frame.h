// SPDX-License-Identifier: Apache-2.0
// What goes over the wire: S7 PDUs in COTP (ISO 8073, class 0) in TPKT (RFC 1006). Pure. The S7
// part is not published; it is as every free implementation and dissector has it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "connector/s7/address.h"

namespace gantry::connector::s7 {

// A packet is far shorter: a PDU has at most 960 bytes.
inline constexpr std::size_t packet_bytes_max = 8192;
inline constexpr std::size_t items_max = 20;  // of one request
// What a request, and an answer, need beside their items.
inline constexpr std::size_t request_head = 12;
inline constexpr std::size_t request_item = 12;
inline constexpr std::size_t answer_head = 14;
inline constexpr std::size_t answer_item = 4;
// What a write needs beside its data.
inline constexpr std::size_t write_head = request_head + request_item + 4;

struct Packet {
    enum class Kind : unsigned char { Connected, Disconnected, Data, Other };
    Kind kind = Kind::Other;
    bool last = true;  // of the packets that make up one PDU
    ByteView payload;  // of Data; a view into the input
};

void append(Bytes& out, ByteView bytes);

enum class Framing : unsigned char { Incomplete, Complete, Broken };

// The first packet of the input, and how many bytes it takes.
Framing take_packet(ByteView input, Packet& out, std::size_t& used);

void append_connect(Bytes& out, std::uint16_t local_tsap, std::uint16_t remote_tsap);
void append_data(Bytes& out, ByteView pdu);

// ---- S7

enum class Kind : std::uint8_t { Job = 1, Ack = 2, AckData = 3, Userdata = 7 };

struct Pdu {
    Kind kind = Kind::Job;
    std::uint16_t reference = 0;
    std::uint16_t error = 0;  // class and code; 0 is none
    ByteView parameters;
    ByteView data;
};

// Nothing if that is none.
std::optional<Pdu> read_pdu(ByteView bytes);
// Numbers a request that is one of these below.
void set_reference(Bytes& request, std::uint16_t reference);

struct Setup {
    std::uint16_t jobs = 1;  // under way at once
    std::uint16_t pdu_bytes = 480;
};
Bytes setup_request(const Setup& wanted);
std::optional<Setup> read_setup(const Pdu& answer);

// A stretch of an area: bytes, or elements of two bytes of timers and counters.
struct Place {
    Area area = Area::DataBlock;
    std::uint16_t block = 0;
    std::uint32_t start = 0;
    std::uint16_t count = 0;

    std::size_t bytes() const { return is_numbered(area) ? std::size_t{2} * count : count; }
    bool operator==(const Place&) const = default;
};

Bytes read_request(std::span<const Place> places);

// What became of one item: 0xff is good.
inline constexpr std::uint8_t item_good = 0xff;
struct ItemAnswer {
    std::uint8_t code = 0;
    ByteView data;
};
// One for each place, in their order; nothing if it is no answer to them.
std::optional<std::vector<ItemAnswer>> read_answers(const Pdu& answer,
                                                    std::span<const Place> places);

// One stretch of bytes, or one bit of the byte where the place starts.
Bytes write_request(const Place& place, ByteView data);
Bytes write_bit_request(const Place& place, unsigned bit, bool on);
std::optional<std::uint8_t> read_write_answer(const Pdu& answer);

// A list of what the controller knows of itself: 0x0011 of its modules, 0x0424 of its state.
Bytes list_request(std::uint16_t list, std::uint16_t index);
struct List {
    std::size_t record_bytes = 0;
    ByteView records;  // whole ones
};
std::optional<List> read_list(const Pdu& answer);

// In words, with the remedy where there is one.
std::string item_error(std::uint8_t code);
std::string pdu_error(std::uint16_t error);

}  // namespace gantry::connector::s7
