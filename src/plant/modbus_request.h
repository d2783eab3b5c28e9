// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <vector>

#include "plant/point.h"

namespace gantry::plant {

// The exception codes that the plant answers with (Modbus Application Protocol 1.1b3, section 7).
enum class ModbusException : std::uint8_t {
    IllegalFunction = 0x01,
    IllegalDataAddress = 0x02,
    IllegalDataValue = 0x03,
    ServerDeviceFailure = 0x04,
    GatewayTargetFailedToRespond = 0x0B,
};

// Addresses that a request names. Never past 65535.
struct AddressSpan {
    Area area = Area::HoldingRegister;
    std::uint16_t first = 0;
    std::uint16_t count = 0;  // 0: the request does not read, or does not write

    std::uint32_t end() const { return std::uint32_t{first} + count; }
};

// A request that is well formed: its length fits its function, its quantities are in the limits of
// the specification. A coil written is 0 or 1.
struct ModbusRequest {
    AddressSpan read;
    AddressSpan write;
    std::vector<std::uint16_t> values;  // one for each address written
};

inline std::uint8_t unit_of(std::span<const std::uint8_t> frame) { return frame[6]; }

// Function codes 1 to 6, 15, 16 and 23; any bytes, as long as there is a function code.
std::expected<ModbusRequest, ModbusException> parse_request(std::span<const std::uint8_t> frame);

}  // namespace gantry::plant
