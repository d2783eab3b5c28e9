// SPDX-License-Identifier: Apache-2.0
// Controllers whose memory is words of 16 bits and single bits, in areas with names. What differs
// from make to make is a Language; everything else of such a connector is in this folder.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "connector/registers/format.h"

namespace gantry::connector::words {

struct Area {
    std::string_view name;  // as the maker writes it: "D"
    std::uint16_t code = 0;
    bool bits = false;      // of single bits; otherwise of words
    unsigned radix = 10;    // of its addresses
    std::uint32_t end = 0;  // the first address that there is not, in any controller
    bool writable = true;
    std::uint32_t first = 0;  // what address 0 is on the wire
};

// Who talks to whom, where the controller says so.
struct Peer {
    std::uint8_t own = 0;
    std::uint8_t its = 0;
};

enum class Framing : unsigned char { Incomplete, Complete, Broken };

// A whole answer at the beginning of what was received; a view into it.
struct Frame {
    std::uint16_t mark = 0;  // see Language::mark()
    ByteView payload;
    std::size_t size = 0;  // of the whole
    std::string trouble;   // not empty: the controller gives the connection up, and why
};

// What the controller says to a request.
struct Answer {
    bool good = false;
    bool of_address = false;  // not good, because of what was asked for
    std::string why = {};
    ByteView data = {};  // into the payload
};

// How one make of controllers is asked. Pure; numbers in requests are as the maker has them, values
// here are canonical: words high byte first, bits a byte each.
class Language {
public:
    virtual ~Language() = default;

    virtual std::span<const Area> areas() const = 0;
    virtual registers::Order number_order() const = 0;  // of what takes several words
    virtual registers::Order text_order() const = 0;
    virtual unsigned bit_radix() const = 0;                  // of the bit in "D100.5"
    virtual std::uint32_t most(const Area& area) const = 0;  // of one request, both ways
    virtual std::string_view name() const = 0;               // for messages

    // ---- frames
    virtual void put_frame(std::uint16_t number, const Peer& peer, ByteView request,
                           Bytes& outgoing) const = 0;
    virtual Framing take_frame(ByteView received, Frame& out) const = 0;
    // What an answer shows of its request's number.
    virtual std::uint16_t mark(std::uint16_t number) const = 0;
    // What is said first, as a whole frame, and what is learnt of the answer; nothing for most.
    virtual Bytes hello() const { return {}; }
    virtual Result<Peer> greeted(ByteView /*payload*/) const { return Peer{}; }

    // ---- requests and answers
    virtual Bytes read_request(const Area& area, std::uint32_t start,
                               std::uint32_t count) const = 0;
    virtual Bytes write_request(const Area& area, std::uint32_t start, std::uint32_t count,
                                ByteView values) const = 0;
    // For one bit of a word where the make has that; otherwise the word is read before.
    virtual std::optional<Bytes> write_bit_request(const Area& /*area*/, std::uint32_t /*start*/,
                                                   unsigned /*bit*/, bool /*on*/) const {
        return std::nullopt;
    }
    virtual Answer read_answer(ByteView payload) const = 0;
    // The canonical values in the data of a good answer; nothing if it is none to such a request.
    virtual std::optional<Bytes> values(const Area& area, std::uint32_t count,
                                        ByteView data) const = 0;

    // ---- who it is
    virtual std::vector<Bytes> who_requests() const = 0;
    // Of the data of their good answers; empty where there was none.
    virtual std::string who(std::span<const ByteView> answers) const = 0;
};

}  // namespace gantry::connector::words
