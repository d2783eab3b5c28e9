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
using Station = PumpStation;
using Table = UnitTable<PumpStation>;

constexpr std::uint16_t fault_coils = 100;
constexpr std::uint16_t nameplate = 100;

void add_station_measurements(Table& table) {
    table.block(InputRegister, 0, 20);
    table.add({.key = "tank.level", .name_en = "Tank level", .name_zh = "水箱液位", .unit = "m",
               .area = InputRegister, .address = 0, .type = F32, .order = ABCD, .least = -0.1,
               .most = 5.1, .about = "What the level transmitter shows"},
              [](const Station& s) { return s.level_sensor().reading(); });
    table.add({.key = "tank.volume", .name_en = "Tank volume", .name_zh = "水箱水量", .unit = "m3",
               .area = InputRegister, .address = 2, .type = F32, .order = CDAB, .most = 60,
               .about = "True volume, by load cells: unlike the level it never sticks"},
              [](const Station& s) { return s.tank().volume_m3(); });
    table.add({.key = "station.flow", .name_en = "Flow to tank", .name_zh = "进水流量",
               .unit = "m3/h", .area = InputRegister, .address = 4, .type = F32, .order = BADC,
               .most = 130, .about = "Of both pumps"},
              [](const Station& s) { return s.flow_m3h(); });
    table.add({.key = "demand.flow", .name_en = "Flow to town", .name_zh = "用水流量",
               .unit = "m3/h", .area = InputRegister, .address = 6, .type = F32, .order = DCBA,
               .most = 90, .about = "Follows the hours of the day, with a morning and an evening "
                                    "peak"},
              [](const Station& s) { return s.demand_m3h(); });
    table.add({.key = "reservoir.level", .name_en = "Reservoir level", .name_zh = "水源液位",
               .unit = "m", .area = InputRegister, .address = 8, .type = I16, .scale = 0.01,
               .least = 0, .most = 5, .about = "Above the centre line of the pumps"},
              [](const Station& s) { return s.suction_level_m(); });
    table.add({.key = "header.pressure", .name_en = "Header pressure", .name_zh = "母管压力",
               .unit = "bar", .area = InputRegister, .address = 9, .type = U16, .scale = 0.001,
               .most = 10, .about = "Gauge, after the check valves"},
              [](const Station& s) { return s.header_bar(); });
    table.add({.key = "water.temperature", .name_en = "Water temperature", .name_zh = "水温",
               .unit = "Cel", .area = InputRegister, .address = 10, .type = I16, .scale = 0.1,
               .least = 5, .most = 25},
              [](const Station& s) { return s.water_celsius(); });
    table.add({.key = "station.duty", .name_en = "Duty pump", .name_zh = "主用泵",
               .area = InputRegister, .address = 11, .type = U16, .least = 1, .most = 2,
               .about = "1 or 2; the other is the stand-by pump"},
              [](const Station& s) { return static_cast<std::uint16_t>(s.duty() + 1); });
    table.add({.key = "station.pumped", .name_en = "Water pumped", .name_zh = "累计供水量",
               .unit = "L", .area = InputRegister, .address = 12, .type = U64, .order = ABCD,
               .most = 1e15, .about = "Since the start"},
              [](const Station& s) { return static_cast<std::uint64_t>(s.pumped_m3() * 1000); });
    table.add({.key = "station.changeovers", .name_en = "Duty change-overs",
               .name_zh = "主备切换次数", .unit = "{changeover}", .area = InputRegister,
               .address = 16, .type = U16, .most = 65535,
               .about = "Times that a trip made the other pump the duty pump"},
              [](const Station& s) { return s.changeovers(); });
}

struct PumpNames {
    std::size_t index;
    std::uint16_t base;  // address of its first input register

    std::string key(std::string_view suffix) const {
        return std::format("pump{}.{}", index + 1, suffix);
    }
    std::string en(std::string_view name) const {
        return std::format("Pump {} {}", index + 1, name);
    }
    std::string zh(std::string_view name) const {
        return std::format("{}号泵{}", index + 1, name);
    }
    std::uint16_t at(unsigned offset) const { return static_cast<std::uint16_t>(base + offset); }
};

void add_hydraulics(Table& table, const PumpNames& p) {
    const std::size_t i = p.index;
    table.add({.key = p.key("state"), .name_en = p.en("state"), .name_zh = p.zh("状态"),
               .area = InputRegister, .address = p.at(0), .type = U16, .least = 1, .most = 5,
               .about = "1 stopped, 2 starting, 3 running, 4 stopping, 5 fault"},
              [i](const Station& s) { return s.pump(i).state(); });
    table.add({.key = p.key("speed"), .name_en = p.en("speed"), .name_zh = p.zh("转速"),
               .unit = "%", .area = InputRegister, .address = p.at(1), .type = U16, .scale = 0.1,
               .most = 100, .about = "Of the rated 1,470 rpm"},
              [i](const Station& s) { return s.pump(i).speed() * 100; });
    table.add({.key = p.key("flow"), .name_en = p.en("flow"), .name_zh = p.zh("流量"),
               .unit = "m3/h", .area = InputRegister, .address = p.at(2), .type = F32,
               .order = CDAB, .most = 80},
              [i](const Station& s) { return s.pump(i).readings().flow_m3h; });
    table.add({.key = p.key("suction_pressure"), .name_en = p.en("suction pressure"),
               .name_zh = p.zh("进口压力"), .unit = "bar", .area = InputRegister,
               .address = p.at(4), .type = I16, .scale = 0.001, .least = -0.9, .most = 1,
               .about = "Gauge; below 0 at high flow"},
              [i](const Station& s) { return s.pump(i).readings().suction_bar; });
    table.add({.key = p.key("discharge_pressure"), .name_en = p.en("discharge pressure"),
               .name_zh = p.zh("出口压力"), .unit = "bar", .area = InputRegister,
               .address = p.at(5), .type = U16, .scale = 0.001, .most = 6,
               .about = "Gauge, before the check valve"},
              [i](const Station& s) { return s.pump(i).readings().discharge_bar; });
}

void add_condition(Table& table, const PumpNames& p) {
    const std::size_t i = p.index;
    table.add({.key = p.key("current"), .name_en = p.en("motor current"),
               .name_zh = p.zh("电机电流"), .unit = "A", .area = InputRegister,
               .address = p.at(6), .type = U16, .scale = 0.01, .most = 40},
              [i](const Station& s) { return s.pump(i).readings().current_a; });
    table.add({.key = p.key("bearing_temperature"), .name_en = p.en("bearing temperature"),
               .name_zh = p.zh("轴承温度"), .unit = "Cel", .area = InputRegister,
               .address = p.at(7), .type = I16, .scale = 0.1, .least = 5, .most = 120,
               .about = "Alarm at 80, trip at 95"},
              [i](const Station& s) { return s.pump(i).bearing_sensor().reading(); });
    table.add_failing({.key = p.key("vibration"), .name_en = p.en("vibration"),
                       .name_zh = p.zh("振动"), .unit = "mm/s", .area = InputRegister,
                       .address = p.at(8), .type = F32, .order = BADC, .most = 30,
                       .about = "Velocity RMS at the drive-end bearing; ISO 10816-7 category II: "
                                "alarm at 6.4, trip at 10.6"},
                      [i](const Station& s) { return s.pump(i).vibration_sensor().reading(); },
                      [i](const Station& s) { return s.pump(i).vibration_sensor().failed(); });
    table.add({.key = p.key("motor_temperature"), .name_en = p.en("motor temperature"),
               .name_zh = p.zh("电机温度"), .unit = "Cel", .area = InputRegister,
               .address = p.at(10), .type = I16, .scale = 0.1, .least = 5, .most = 150,
               .about = "Of the winding"},
              [i](const Station& s) { return s.pump(i).readings().motor_celsius; });
    table.add({.key = p.key("power"), .name_en = p.en("power"), .name_zh = p.zh("功率"),
               .unit = "kW", .area = InputRegister, .address = p.at(11), .type = U16,
               .scale = 0.01, .most = 15, .about = "Drawn from the mains"},
              [i](const Station& s) { return s.pump(i).readings().power_kw; });
    table.add({.key = p.key("hours"), .name_en = p.en("running hours"),
               .name_zh = p.zh("运行小时"), .unit = "h", .area = InputRegister,
               .address = p.at(12), .type = U32, .order = ABCD, .scale = 0.01, .most = 1e6},
              [i](const Station& s) { return s.pump(i).running_hours(); });
    table.add({.key = p.key("starts"), .name_en = p.en("starts"), .name_zh = p.zh("启动次数"),
               .unit = "{start}", .area = InputRegister, .address = p.at(14), .type = U32,
               .order = CDAB, .most = 1e9},
              [i](const Station& s) { return s.pump(i).starts(); });
    table.add({.key = p.key("trip"), .name_en = p.en("trip cause"), .name_zh = p.zh("跳闸原因"),
               .area = InputRegister, .address = p.at(16), .type = U16, .most = 3,
               .about = "0 none, 1 vibration, 2 bearing temperature, 3 undervoltage"},
              [i](const Station& s) { return s.pump(i).trip(); });
}

void add_status_bits(Table& table, const PumpNames& p) {
    const std::size_t i = p.index;
    const auto bit = [&](unsigned number, std::string_view key, std::string_view en,
                         std::string_view zh, Table::Read read) {
        table.add({.key = p.key(key), .name_en = p.en(en), .name_zh = p.zh(zh),
                   .area = InputRegister, .address = p.at(17), .type = Bit, .bit = number,
                   .about = "Bit of the status word"},
                  std::move(read));
    };
    bit(0, "ready", "ready", "就绪",
        [i](const Station& s) { return s.pump(i).state() != PumpState::Fault; });
    bit(1, "running", "running", "运行",
        [i](const Station& s) { return s.pump(i).state() == PumpState::Running; });
    bit(2, "commanded", "commanded to run", "运行指令",
        [i](const Station& s) { return s.pump(i).commanded(); });
    bit(3, "duty", "on duty", "主用", [i](const Station& s) { return s.duty() == i; });
    bit(8, "vibration_alarm", "vibration alarm", "振动报警", [i](const Station& s) {
        return s.pump(i).vibration_sensor().reading() > Pump::vibration_alarm_mm_s;
    });
    bit(9, "bearing_alarm", "bearing temperature alarm", "轴承温度报警", [i](const Station& s) {
        return s.pump(i).bearing_sensor().reading() > Pump::bearing_alarm_celsius;
    });
}

void add_head_and_drive(Table& table, const PumpNames& p) {
    const std::size_t i = p.index;
    table.add({.key = p.key("head"), .name_en = p.en("head"), .name_zh = p.zh("扬程"),
               .unit = "m", .area = InputRegister, .address = p.at(18), .type = F32,
               .order = DCBA, .least = -1, .most = 45, .about = "Between inlet and outlet"},
              [i](const Station& s) { return s.pump(i).readings().head_m; });
    table.add({.key = p.key("frequency"), .name_en = p.en("drive frequency"),
               .name_zh = p.zh("变频器频率"), .unit = "Hz", .area = InputRegister,
               .address = p.at(24), .type = U16, .scale = 0.01, .most = 51},
              [i](const Station& s) { return s.pump(i).readings().frequency_hz; });
    table.add({.key = p.key("dc_link"), .name_en = p.en("DC link voltage"),
               .name_zh = p.zh("直流母线电压"), .unit = "V", .area = InputRegister,
               .address = p.at(25), .type = U16, .scale = 0.1, .most = 700},
              [i](const Station& s) { return s.pump(i).readings().dc_link_v; });
    table.add({.key = p.key("torque"), .name_en = p.en("torque"), .name_zh = p.zh("转矩"),
               .unit = "%", .area = InputRegister, .address = p.at(26), .type = I16,
               .scale = 0.1, .least = -5, .most = 120, .about = "Of the motor's rated torque"},
              [i](const Station& s) { return s.pump(i).readings().torque_percent; });
    table.add({.key = p.key("efficiency"), .name_en = p.en("efficiency"),
               .name_zh = p.zh("效率"), .unit = "%", .area = InputRegister, .address = p.at(27),
               .type = U16, .scale = 0.1, .most = 90, .about = "Hydraulic power over shaft power"},
              [i](const Station& s) { return s.pump(i).readings().efficiency_percent; });
}

void add_discrete_inputs(Table& table) {
    table.block(DiscreteInput, 0, 8);
    const auto input = [&](std::uint16_t address, std::string key, std::string en, std::string zh,
                           std::string about, Table::Read read) {
        table.add({.key = std::move(key), .name_en = std::move(en), .name_zh = std::move(zh),
                   .area = DiscreteInput, .address = address, .type = Bool,
                   .about = std::move(about)},
                  std::move(read));
    };
    for (std::size_t i = 0; i < pump_count; ++i) {
        const PumpNames p{i, 0};
        const auto at = static_cast<std::uint16_t>(2 * i);
        input(at, p.key("on"), p.en("turning"), p.zh("转动"), "Speed above 0",
              [i](const Station& s) { return s.pump(i).turning(); });
        input(at + 1, p.key("tripped"), p.en("tripped"), p.zh("跳闸"), "",
              [i](const Station& s) { return s.pump(i).state() == PumpState::Fault; });
    }
    input(4, "tank.low", "Tank level low", "水箱液位低", "Float switch at 0.5 m",
          [](const Station& s) { return s.level_low(); });
    input(5, "tank.high", "Tank level high", "水箱液位高",
          "Float switch at 4.7 m; stops both pumps",
          [](const Station& s) { return s.level_high(); });
}

void add_coils(Table& table) {
    table.block(Coil, 0, 4);
    for (std::size_t i = 0; i < pump_count; ++i) {
        const PumpNames p{i, 0};
        table.add({.key = p.key("run"), .name_en = p.en("run command"),
                   .name_zh = p.zh("启停命令"), .area = Coil,
                   .address = static_cast<std::uint16_t>(i), .type = Bool,
                   .about = "Writing it puts the station into hand mode"},
                  [i](const Station& s) { return s.pump(i).commanded(); },
                  [i](Station& s, const Value& value) { s.command_by_hand(i, value.truth()); });
    }
    table.add({.key = "station.automatic", .name_en = "Automatic mode", .name_zh = "自动模式",
               .area = Coil, .address = 2, .type = Bool,
               .about = "On: the level control commands the pumps"},
              [](const Station& s) { return s.automatic(); },
              [](Station& s, const Value& value) { s.set_automatic(value.truth()); });
    table.add({.key = "station.reset", .name_en = "Reset trips", .name_zh = "故障复位",
               .area = Coil, .address = 3, .type = Bool, .about = "Write on; reads off"},
              [](const Station&) { return false; },
              [](Station& s, const Value& value) {
                  if (value.truth()) {
                      s.reset_faults();
                  }
              });
    table.block(Coil, fault_coils, 3);
    std::uint16_t address = fault_coils;
    for (const Fault fault : {Fault::BearingWear, Fault::SensorFailure, Fault::SensorStuck}) {
        const FaultInfo& info = fault_info(fault);
        table.add({.key = std::format("fault.{}", info.name),
                   .name_en = std::format("Fault: {}", info.name),
                   .name_zh = std::format("故障：{}", info.name_zh), .area = Coil,
                   .address = address++, .type = Bool, .about = "On provokes, off repairs"},
                  [fault](const Station& s) { return s.fault_active(fault); },
                  [fault](Station& s, const Value& value) { s.set_fault(fault, value.truth()); });
    }
}

void add_setpoints(Table& table) {
    table.block(HoldingRegister, 0, 10);
    for (std::size_t i = 0; i < pump_count; ++i) {
        const PumpNames p{i, 0};
        table.add({.key = p.key("speed_setpoint"), .name_en = p.en("speed setpoint"),
                   .name_zh = p.zh("转速设定"), .unit = "%", .area = HoldingRegister,
                   .address = static_cast<std::uint16_t>(i), .type = U16, .scale = 0.1,
                   .least = Pump::speed_least_percent, .most = Pump::speed_most_percent,
                   .about = "Below about 60 % the pump cannot lift the water into the tank"},
                  [i](const Station& s) { return s.pump(i).speed_setpoint_percent(); },
                  [i](Station& s, const Value& v) { s.pump(i).set_speed_percent(v.number()); });
        table.add({.key = p.key("vibration_trip"), .name_en = p.en("vibration trip limit"),
                   .name_zh = p.zh("振动跳闸限值"), .unit = "mm/s", .area = HoldingRegister,
                   .address = static_cast<std::uint16_t>(6 + 2 * i), .type = F32, .order = ABCD,
                   .least = 3, .most = 20, .about = "The pump trips 3 s above it"},
                  [i](const Station& s) { return s.pump(i).vibration_trip(); },
                  [i](Station& s, const Value& v) { s.pump(i).set_vibration_trip(v.number()); });
    }
    table.add({.key = "tank.level_setpoint", .name_en = "Tank level setpoint",
               .name_zh = "水箱液位设定", .unit = "m", .area = HoldingRegister, .address = 2,
               .type = F32, .order = CDAB, .least = Station::level_setpoint_least_m,
               .most = Station::level_setpoint_most_m, .about = "Middle of the control band"},
              [](const Station& s) { return s.level_setpoint_m(); },
              [](Station& s, const Value& value) { s.set_level_setpoint(value.number()); });
    table.add({.key = "tank.level_hysteresis", .name_en = "Tank level hysteresis",
               .name_zh = "水箱液位回差", .unit = "m", .area = HoldingRegister, .address = 4,
               .type = U16, .scale = 0.01, .least = 0.05, .most = 1,
               .about = "Half of the control band"},
              [](const Station& s) { return s.level_hysteresis_m(); },
              [](Station& s, const Value& value) { s.set_level_hysteresis(value.number()); });
}

void add_nameplate(Table& table) {
    table.block(HoldingRegister, nameplate, 16);
    table.add({.key = "nameplate.flow", .name_en = "Rated flow", .name_zh = "额定流量",
               .unit = "m3/h", .area = HoldingRegister, .address = nameplate, .type = F32,
               .order = ABCD, .most = 100, .about = "Of one pump"},
              [](const Station&) { return Pump::curve.rated_flow_m3h; });
    table.add({.key = "nameplate.head", .name_en = "Rated head", .name_zh = "额定扬程",
               .unit = "m", .area = HoldingRegister, .address = nameplate + 2, .type = F32,
               .order = DCBA, .most = 100, .about = "At rated flow"},
              [](const Station&) { return Pump::curve.rated_head_m; });
    table.add({.key = "nameplate.speed", .name_en = "Rated speed", .name_zh = "额定转速",
               .unit = "/min", .area = HoldingRegister, .address = nameplate + 4, .type = U16,
               .most = 3600},
              [](const Station&) { return 1470; });
    table.add({.key = "nameplate.model", .name_en = "Model", .name_zh = "型号",
               .area = HoldingRegister, .address = nameplate + 5, .type = Text, .length = 16},
              [](const Station&) { return std::string("GP 80-60/32"); });
}

}  // namespace

UnitTable<PumpStation> pump_station_table() {
    Table table("Pump station", "泵站");
    add_station_measurements(table);
    for (const PumpNames& pump : {PumpNames{0, 100}, PumpNames{1, 200}}) {
        table.block(InputRegister, pump.base, 20);
        table.block(InputRegister, pump.at(24), 4);
        add_hydraulics(table, pump);
        add_condition(table, pump);
        add_status_bits(table, pump);
        add_head_and_drive(table, pump);
    }
    add_discrete_inputs(table);
    add_coils(table);
    add_setpoints(table);
    add_nameplate(table);
    return table;
}

}  // namespace gantry::plant
