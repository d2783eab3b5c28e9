// SPDX-License-Identifier: Apache-2.0
// How people write down what to read: "hr:100:f32@CDAB*0.1+5 db=0.5 grp=fast". Pure. The grammar,
// with examples, is in docs/guide/connectors/modbus.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "connector/registers/format.h"

namespace gantry::connector::modbus {

enum class Area : unsigned char { Coils, DiscreteInputs, InputRegisters, HoldingRegisters };

inline bool is_bits(Area area) { return area == Area::Coils || area == Area::DiscreteInputs; }
inline bool is_writable(Area area) { return area == Area::Coils || area == Area::HoldingRegisters; }
std::string_view area_name(Area area);  // "hr"
std::optional<Area> parse_area(std::string_view name);

using registers::Encoding;
using registers::Format;
using registers::Order;

struct Address {
    Area area = Area::HoldingRegisters;
    std::uint16_t start = 0;  // as it goes on the wire: from 0
    Format format;
    // If set, samples go out only when the value has changed by more than this.
    std::optional<Deadband> deadband;
    std::optional<Duration> silence_max;  // and at least this often
    std::string group = "default";
    std::optional<std::uint8_t> unit;  // instead of the connection's

    bool operator==(const Address&) const = default;
};

inline constexpr std::size_t address_bytes_max = 256;

// The address base is what users call the first address, 0 or 1. InvalidArgument that says where in
// the text the trouble is and what to write instead.
Result<Address> parse_address(std::string_view text, int address_base);

// The shortest text that parses to the same.
std::string format_address(const Address& address, int address_base);

// Rewrites an address of EMQX Neuron, "1!400001.3", "1!300010#BL" or "2!400100.20H", into ours.
// There the type stands in a column of its own: INT16, UINT16, INT32, UINT32, INT64, UINT64, FLOAT,
// DOUBLE, BIT or STRING.
Result<std::string> convert_neuron_address(std::string_view text, std::string_view type,
                                           int address_base);

}  // namespace gantry::connector::modbus
