// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gantry::plant {

// The four tables of the Modbus data model.
enum class Area : std::uint8_t { Coil, DiscreteInput, HoldingRegister, InputRegister };
inline constexpr std::size_t area_count = 4;

enum class ValueType : std::uint8_t {
    Bool,  // a coil or discrete input
    Bit,   // one bit of a register
    I16,
    U16,
    I32,
    U32,
    I64,
    U64,
    F32,
    F64,
    Text,  // two characters a register, padded with NUL
};

// How the bytes of a value lie in its registers; A is the most significant. Over four registers:
// ABCD EFGH, GH EF CD AB (CDAB), BA DC FE HG (BADC), HG FE DC BA (DCBA). In text, BADC and DCBA
// swap the two characters of each register.
enum class WordOrder : std::uint8_t { ABCD, CDAB, BADC, DCBA };

// One value at one address: a row of the register map, which is declared once and from which the
// server, the documentation and the tests are made.
struct PointInfo {
    std::string key{};  // unique in its unit, as in "pump1.vibration"
    std::string name_en{};
    std::string name_zh{};
    std::string unit{};  // UCUM; empty where there is none
    Area area = Area::InputRegister;
    std::uint16_t address = 0;  // zero-based protocol address
    ValueType type = ValueType::U16;
    unsigned bit = 0;     // of a Bit, 0 the least significant
    unsigned length = 0;  // of a Text, in bytes, even
    WordOrder order = WordOrder::ABCD;
    double scale = 1;  // value = raw * scale + offset
    double offset = 0;
    double least = 0;  // the plausible range; of a writable point, the permitted one
    double most = 1;
    bool writable = false;
    std::string about{};
};

// Addresses that can be read. Those of a block that hold no point read 0; outside of all blocks the
// answer is exception 02.
struct Block {
    Area area = Area::InputRegister;
    std::uint16_t first = 0;
    std::uint16_t count = 0;

    std::uint32_t end() const { return std::uint32_t{first} + count; }
    bool operator==(const Block&) const = default;
};

// The register map of one unit.
struct UnitMap {
    std::string name_en;
    std::string name_zh;
    std::vector<Block> blocks;
    std::vector<PointInfo> points;
};

constexpr bool is_register(Area area) {
    return area == Area::HoldingRegister || area == Area::InputRegister;
}

// "co", "di", "hr", "ir".
std::string_view area_name(Area area);
// "bool", "u16.3" for bit 3, "f32", "str16" for sixteen bytes.
std::string type_name(const PointInfo& point);
std::string_view order_name(WordOrder order);
// Whether the order of bytes says anything about that point.
bool has_order(const PointInfo& point);
// How many addresses a point takes.
unsigned address_count(const PointInfo& point);
// area:address:type[@order][*scale][+offset], as in "ir:7:i16*0.1"; the address is zero-based.
std::string tag_of(const PointInfo& point);

}  // namespace gantry::plant
