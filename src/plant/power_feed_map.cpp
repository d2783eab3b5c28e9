// SPDX-License-Identifier: Apache-2.0
#include <format>

#include "plant/maps.h"

// A row of a register map reads as a row.
// clang-format off

namespace gantry::plant {
namespace {

using enum Area;
using enum ValueType;
using enum WordOrder;
using Feed = PowerFeed;
using Table = UnitTable<PowerFeed>;

constexpr std::uint16_t powers = 10;
constexpr std::uint16_t energies = 50;
constexpr double power_most = 200'000;

void add_quality(Table& table) {
    table.block(InputRegister, 0, 6);
    for (std::size_t i = 0; i < phase_count; ++i) {
        table.add({.key = std::format("voltage.l{}", i + 1),
                   .name_en = std::format("Voltage L{}-N", i + 1),
                   .name_zh = std::format("L{}相电压", i + 1), .unit = "V",
                   .area = InputRegister, .address = static_cast<std::uint16_t>(i), .type = U16,
                   .scale = 0.1, .least = 100, .most = 270},
                  [i](const Feed& f) { return f.phase(i).voltage_v; });
    }
    table.add({.key = "frequency", .name_en = "Frequency", .name_zh = "频率", .unit = "Hz",
               .area = InputRegister, .address = 3, .type = U16, .scale = 0.001, .offset = 45,
               .least = 49.5, .most = 50.5, .about = "Raw 0 is 45 Hz"},
              [](const Feed& f) { return f.frequency_hz(); });
    table.add({.key = "thd", .name_en = "Voltage distortion", .name_zh = "电压谐波畸变率",
               .unit = "%", .area = InputRegister, .address = 4, .type = U16, .scale = 0.01,
               .most = 10, .about = "Total harmonic distortion"},
              [](const Feed& f) { return f.distortion_percent(); });
    table.add({.key = "power_factor", .name_en = "Power factor", .name_zh = "功率因数",
               .unit = "1", .area = InputRegister, .address = 5, .type = I16, .scale = 0.001,
               .least = -1, .most = 1, .about = "Negative while power is given to the grid"},
              [](const Feed& f) { return f.power_factor(); });
}

void add_powers(Table& table) {
    table.block(InputRegister, powers, 24);
    for (std::size_t i = 0; i < phase_count; ++i) {
        table.add({.key = std::format("current.l{}", i + 1),
                   .name_en = std::format("Current L{}", i + 1),
                   .name_zh = std::format("L{}相电流", i + 1), .unit = "A",
                   .area = InputRegister, .address = static_cast<std::uint16_t>(powers + 2 * i),
                   .type = U32, .order = CDAB, .scale = 0.001, .most = 500},
                  [i](const Feed& f) { return f.phase(i).current_a; });
        table.add({.key = std::format("power.l{}", i + 1),
                   .name_en = std::format("Active power L{}", i + 1),
                   .name_zh = std::format("L{}相有功功率", i + 1), .unit = "W",
                   .area = InputRegister,
                   .address = static_cast<std::uint16_t>(powers + 6 + 2 * i), .type = I32,
                   .order = ABCD, .least = -power_most, .most = power_most,
                   .about = "Negative: given to the grid"},
                  [i](const Feed& f) { return f.phase(i).power_w; });
    }
    const auto power = [&](unsigned offset, std::string key, std::string en, std::string zh,
                           std::string unit, ValueType type, WordOrder order, double least,
                           std::string about, Table::Read read) {
        table.add({.key = std::move(key), .name_en = std::move(en), .name_zh = std::move(zh),
                   .unit = std::move(unit), .area = InputRegister,
                   .address = static_cast<std::uint16_t>(powers + offset), .type = type,
                   .order = order, .least = least, .most = power_most, .about = std::move(about)},
                  std::move(read));
    };
    power(12, "power.total", "Active power", "总有功功率", "W", I32, BADC, -power_most,
          "Negative: given to the grid", [](const Feed& f) { return f.power_w(); });
    power(14, "power.reactive", "Reactive power", "总无功功率", "V.A{reactive}", I32, DCBA,
          -power_most, "", [](const Feed& f) { return f.reactive_var(); });
    power(16, "power.apparent", "Apparent power", "总视在功率", "V.A", U32, ABCD, 0, "",
          [](const Feed& f) { return f.apparent_va(); });
    power(18, "power.solar", "Solar power", "光伏功率", "W", U32, BADC, 0,
          "Made behind the meter", [](const Feed& f) { return f.solar_w(); });
    power(20, "power.demand", "Demand", "需量", "W", F32, ABCD, -power_most,
          "Mean of the last quarter of an hour", [](const Feed& f) { return f.demand_w(); });
    power(22, "power.demand_most", "Highest demand", "最大需量", "W", F32, CDAB, 0, "",
          [](const Feed& f) { return f.demand_most_w(); });
}

void add_energies(Table& table) {
    table.block(InputRegister, energies, 30);
    const auto energy = [&](unsigned offset, std::string key, std::string en, std::string zh,
                            std::string unit, ValueType type, WordOrder order, Table::Read read) {
        table.add({.key = std::move(key), .name_en = std::move(en), .name_zh = std::move(zh),
                   .unit = std::move(unit), .area = InputRegister,
                   .address = static_cast<std::uint16_t>(energies + offset), .type = type,
                   .order = order, .least = type == U64 ? 0 : -1e15, .most = 1e15},
                  std::move(read));
    };
    energy(0, "energy.import_wh", "Energy imported", "正向有功电量", "W.h", U64, ABCD,
           [](const Feed& f) { return static_cast<std::uint64_t>(f.imported_wh()); });
    energy(4, "energy.export_wh", "Energy exported", "反向有功电量", "W.h", U64, CDAB,
           [](const Feed& f) { return static_cast<std::uint64_t>(f.exported_wh()); });
    energy(8, "energy.net_wh", "Net energy", "净有功电量", "W.h", I64, DCBA, [](const Feed& f) {
        return static_cast<std::int64_t>(f.imported_wh() - f.exported_wh());
    });
    energy(12, "energy.import", "Energy imported, fine", "正向有功电量（精）", "kW.h", F64, ABCD,
           [](const Feed& f) { return f.imported_wh() / 1000; });
    energy(16, "energy.export", "Energy exported, fine", "反向有功电量（精）", "kW.h", F64, CDAB,
           [](const Feed& f) { return f.exported_wh() / 1000; });
    energy(20, "energy.net", "Net energy, fine", "净有功电量（精）", "kW.h", F64, BADC,
           [](const Feed& f) { return (f.imported_wh() - f.exported_wh()) / 1000; });
    energy(24, "energy.reactive", "Reactive energy", "无功电量", "kV.A.h{reactive}", F64, DCBA,
           [](const Feed& f) { return f.reactive_varh() / 1000; });
    table.add({.key = "dips", .name_en = "Voltage dips", .name_zh = "电压暂降次数",
               .unit = "{dip}", .area = InputRegister, .address = energies + 28, .type = U32,
               .order = ABCD, .most = 1e9, .about = "Since the start"},
              [](const Feed& f) { return f.dips(); });
}

void add_rest(Table& table) {
    table.block(DiscreteInput, 0, 2);
    table.add({.key = "mains.ok", .name_en = "Mains healthy", .name_zh = "电源正常",
               .area = DiscreteInput, .address = 0, .type = Bool,
               .about = "Voltage above 80 % of nominal"},
              [](const Feed& f) { return f.voltage_ratio() > 0.8; });
    table.add({.key = "mains.exporting", .name_en = "Exporting", .name_zh = "向电网送电",
               .area = DiscreteInput, .address = 1, .type = Bool},
              [](const Feed& f) { return f.power_w() < 0; });
    table.block(Coil, 100, 1);
    const FaultInfo& dip = fault_info(Fault::PowerDip);
    table.add({.key = std::format("fault.{}", dip.name),
               .name_en = std::format("Fault: {}", dip.name),
               .name_zh = std::format("故障：{}", dip.name_zh), .area = Coil, .address = 100,
               .type = Bool, .about = "On provokes, off repairs"},
              [](const Feed& f) { return f.dipping(); },
              [](Feed& f, const Value& value) { f.set_fault(Fault::PowerDip, value.truth()); });
    table.block(HoldingRegister, 0, 14);
    table.add({.key = "nameplate.model", .name_en = "Model", .name_zh = "型号",
               .area = HoldingRegister, .address = 0, .type = Text, .length = 12},
              [](const Feed&) { return std::string("GM-3P"); });
    table.add({.key = "nameplate.serial", .name_en = "Serial number", .name_zh = "序列号",
               .area = HoldingRegister, .address = 6, .type = Text, .length = 12, .order = BADC,
               .about = "The two characters of each register are swapped, as some meters do"},
              [](const Feed&) { return std::string("SN2026004217"); });
    table.add({.key = "nameplate.ct_ratio", .name_en = "Current transformer ratio",
               .name_zh = "电流互感器变比", .unit = "1", .area = HoldingRegister, .address = 12,
               .type = U16, .most = 10'000, .about = "Already applied"},
              [](const Feed&) { return 40; });
}

}  // namespace

UnitTable<PowerFeed> power_feed_table() {
    Table table("Energy meter", "电能表");
    add_quality(table);
    add_powers(table);
    add_energies(table);
    add_rest(table);
    return table;
}

}  // namespace gantry::plant
