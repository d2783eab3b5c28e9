// SPDX-License-Identifier: Apache-2.0
#include <format>

#include "plant/maps.h"

// A row of a register map reads as a row.
// clang-format off

namespace gantry::plant {

UnitTable<RampDevice> ramp_device_table() {
    using enum Area;
    using enum ValueType;
    using Device = RampDevice;
    UnitTable<Device> table("Load device", "负载测试设备");
    table.block(HoldingRegister, 0, 100);
    table.add({.key = "sequence", .name_en = "Sequence number", .name_zh = "序号",
               .area = HoldingRegister, .address = 0, .type = U32, .most = 4294967295.0,
               .about = "Grows by one each 100 ms of plant time"},
              [](const Device& device) { return device.sequence(); });
    table.add({.key = "sawtooth", .name_en = "Sawtooth", .name_zh = "锯齿波", .unit = "%",
               .area = HoldingRegister, .address = 2, .type = F32, .most = 100,
               .about = "0 to 100 in a minute of plant time"},
              [](const Device& device) { return device.sawtooth(); });
    for (unsigned i = 0; i < Device::ramp_count; ++i) {
        table.add({.key = std::format("ramp{}", i + 1), .name_en = std::format("Ramp {}", i + 1),
                   .name_zh = std::format("斜坡{}", i + 1), .area = HoldingRegister,
                   .address = static_cast<std::uint16_t>(4 + i), .type = U16, .most = 65535,
                   .about = std::format("Sequence number times {}, plus the device's number, "
                                        "modulo 65536", i + 1)},
                  [i](const Device& device) { return device.ramp(i); });
    }
    return table;
}

}  // namespace gantry::plant
