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
using Line = BottlingLine;
using Table = UnitTable<BottlingLine>;

constexpr std::uint16_t filler = 20;
constexpr std::uint16_t nozzles = 30;
constexpr std::uint16_t capper = 50;
constexpr std::uint16_t labeller = 60;
constexpr std::uint16_t batch = 100;
constexpr std::uint16_t fault_coils = 100;
constexpr double counter_most = 4294967295.0;
constexpr std::string_view state_about =
    "ISA-TR88.00.02: 1 clearing, 2 stopped, 3 starting, 4 idle, 5 suspended, 6 execute, "
    "7 stopping, 8 aborting, 9 aborted, 10 holding, 11 held, 12 unholding, 13 suspending, "
    "14 unsuspending, 15 resetting, 16 completing, 17 complete";

void add_line(Table& table) {
    table.block(InputRegister, 0, 16);
    table.add({.key = "line.state", .name_en = "Line state", .name_zh = "产线状态",
               .area = InputRegister, .address = 0, .type = U16, .least = 1, .most = 17,
               .about = std::string(state_about)},
              [](const Line& l) { return l.state(); });
    table.add({.key = "line.speed", .name_en = "Line speed", .name_zh = "产线速度",
               .unit = "{bottle}/min", .area = InputRegister, .address = 1, .type = U16,
               .scale = 0.1, .most = 300},
              [](const Line& l) { return l.speed(); });
    table.add({.key = "line.state_time", .name_en = "Time in state", .name_zh = "当前状态时长",
               .unit = "s", .area = InputRegister, .address = 2, .type = U32, .order = ABCD,
               .scale = 0.1, .most = 4e8},
              [](const Line& l) { return l.state_seconds(); });
    table.add({.key = "air.pressure", .name_en = "Air pressure", .name_zh = "压缩空气压力",
               .unit = "bar", .area = InputRegister, .address = 4, .type = U16, .scale = 0.001,
               .most = 10, .about = "Gauge; below 4.8 the line is held"},
              [](const Line& l) { return l.air_bar(); });
    table.add({.key = "product.temperature", .name_en = "Product temperature",
               .name_zh = "产品温度", .unit = "Cel", .area = InputRegister, .address = 5,
               .type = I16, .scale = 0.1, .most = 20, .about = "At the filler"},
              [](const Line& l) { return l.product_celsius(); });
    table.add({.key = "conveyor.speed", .name_en = "Conveyor speed", .name_zh = "输送带速度",
               .unit = "m/min", .area = InputRegister, .address = 6, .type = F32, .order = DCBA,
               .most = 30},
              [](const Line& l) { return l.conveyor_m_min(); });
    table.add({.key = "conveyor.temperature", .name_en = "Conveyor drive temperature",
               .name_zh = "输送带电机温度", .unit = "Cel", .area = InputRegister, .address = 8,
               .type = I16, .scale = 0.1, .most = 100},
              [](const Line& l) { return l.drive_celsius(); });
    table.add({.key = "line.power", .name_en = "Line power", .name_zh = "产线功率",
               .unit = "kW", .area = InputRegister, .address = 9, .type = U16, .scale = 0.01,
               .most = 30, .about = "With the compressor"},
              [](const Line& l) { return l.power_kw(); });
    table.add({.key = "line.energy", .name_en = "Line energy", .name_zh = "产线电量",
               .unit = "kW.h", .area = InputRegister, .address = 10, .type = F64, .order = ABCD,
               .most = 1e9, .about = "Since the start"},
              [](const Line& l) { return l.energy_kwh(); });
    table.add({.key = "line.against_plan", .name_en = "Good bottles against plan",
               .name_zh = "产量与计划偏差", .unit = "{bottle}", .area = InputRegister,
               .address = 14, .type = I32, .order = CDAB, .least = -2e9, .most = 2e9,
               .about = "In this batch; the plan is the speed setpoint"},
              [](const Line& l) { return l.against_plan(); });
}

void add_filler(Table& table) {
    table.block(InputRegister, filler, nozzles + Filler::nozzle_count - filler);
    table.add({.key = "filler.state", .name_en = "Filler state", .name_zh = "灌装机状态",
               .area = InputRegister, .address = filler, .type = U16, .least = 1, .most = 17,
               .about = "As line state; suspended while bottles cannot leave"},
              [](const Line& l) { return l.filler_state(); });
    table.add({.key = "filler.good", .name_en = "Filler good bottles", .name_zh = "灌装合格数",
               .unit = "{bottle}", .area = InputRegister, .address = filler + 1, .type = U32,
               .order = CDAB, .most = counter_most},
              [](const Line& l) { return l.filler().count().good; });
    table.add({.key = "filler.rejected", .name_en = "Filler rejected bottles",
               .name_zh = "灌装剔除数", .unit = "{bottle}", .area = InputRegister,
               .address = filler + 3, .type = U32, .order = CDAB, .most = counter_most,
               .about = "More than 7.5 mL from the target"},
              [](const Line& l) { return l.filler().count().rejected; });
    table.add({.key = "filler.volume", .name_en = "Fill volume", .name_zh = "灌装量",
               .unit = "mL", .area = InputRegister, .address = filler + 5, .type = F32,
               .order = CDAB, .least = 380, .most = 540, .about = "Of the last bottle"},
              [](const Line& l) { return l.filler().last_ml(); });
    table.add({.key = "filler.mean_volume", .name_en = "Mean fill volume",
               .name_zh = "平均灌装量", .unit = "mL", .area = InputRegister,
               .address = filler + 7, .type = F32, .order = BADC, .least = 450, .most = 530,
               .about = "Running mean over the nozzles"},
              [](const Line& l) { return l.filler().mean_ml(); });
    for (std::size_t i = 0; i < Filler::nozzle_count; ++i) {
        table.add({.key = std::format("filler.nozzle{}", i + 1),
                   .name_en = std::format("Nozzle {} volume", i + 1),
                   .name_zh = std::format("{}号灌装阀灌装量", i + 1), .unit = "mL",
                   .area = InputRegister, .address = static_cast<std::uint16_t>(nozzles + i),
                   .type = U16, .scale = 0.1, .least = 400, .most = 530,
                   .about = i == Filler::drifting_nozzle ? "Running mean; the nozzle that drifts"
                                                         : "Running mean"},
                  [i](const Line& l) { return l.filler().nozzle_ml(i); });
    }
}

void add_capper(Table& table) {
    table.block(InputRegister, capper, 8);
    table.add({.key = "capper.state", .name_en = "Capper state", .name_zh = "旋盖机状态",
               .area = InputRegister, .address = capper, .type = U16, .least = 1, .most = 17,
               .about = "As line state; suspended while bottles cannot leave"},
              [](const Line& l) { return l.capper_state(); });
    table.add({.key = "capper.good", .name_en = "Capper good bottles", .name_zh = "旋盖合格数",
               .unit = "{bottle}", .area = InputRegister, .address = capper + 1, .type = U32,
               .order = ABCD, .most = counter_most},
              [](const Line& l) { return l.capper_count().good; });
    table.add({.key = "capper.rejected", .name_en = "Capper rejected bottles",
               .name_zh = "旋盖剔除数", .unit = "{bottle}", .area = InputRegister,
               .address = capper + 3, .type = U32, .order = ABCD, .most = counter_most,
               .about = "Torque below 1.4 or above 2.4 N·m"},
              [](const Line& l) { return l.capper_count().rejected; });
    table.add({.key = "capper.torque", .name_en = "Capping torque", .name_zh = "旋盖扭矩",
               .unit = "N.m", .area = InputRegister, .address = capper + 5, .type = F32,
               .order = BADC, .most = 4, .about = "Of the last bottle"},
              [](const Line& l) { return l.torque_nm(); });
    table.add({.key = "capper.waiting", .name_en = "Bottles before the capper",
               .name_zh = "旋盖机前瓶数", .unit = "{bottle}", .area = InputRegister,
               .address = capper + 7, .type = U16, .most = Line::buffer_most},
              [](const Line& l) { return l.before_capper(); });
}

void add_labeller(Table& table) {
    table.block(InputRegister, labeller, 8);
    table.add({.key = "labeller.state", .name_en = "Labeller state", .name_zh = "贴标机状态",
               .area = InputRegister, .address = labeller, .type = U16, .least = 1, .most = 17,
               .about = "As line state"},
              [](const Line& l) { return l.labeller_state(); });
    table.add({.key = "labeller.good", .name_en = "Labeller good bottles",
               .name_zh = "贴标合格数", .unit = "{bottle}", .area = InputRegister,
               .address = labeller + 1, .type = U32, .order = DCBA, .most = counter_most,
               .about = "Good bottles of the line"},
              [](const Line& l) { return l.labeller_count().good; });
    table.add({.key = "labeller.rejected", .name_en = "Labeller rejected bottles",
               .name_zh = "贴标剔除数", .unit = "{bottle}", .area = InputRegister,
               .address = labeller + 3, .type = U32, .order = BADC, .most = counter_most},
              [](const Line& l) { return l.labeller_count().rejected; });
    table.add({.key = "labeller.waiting", .name_en = "Bottles before the labeller",
               .name_zh = "贴标机前瓶数", .unit = "{bottle}", .area = InputRegister,
               .address = labeller + 5, .type = U16, .most = Line::buffer_most},
              [](const Line& l) { return l.before_labeller(); });
    const auto alarm = [&](unsigned bit, std::string key, std::string en, std::string zh,
                           Table::Read read) {
        table.add({.key = std::move(key), .name_en = std::move(en), .name_zh = std::move(zh),
                   .area = InputRegister, .address = labeller + 6, .type = Bit, .bit = bit,
                   .about = "Bit of the alarm word"},
                  std::move(read));
    };
    alarm(0, "alarm.jam", "Alarm: bottle jam", "报警：卡瓶",
          [](const Line& l) { return l.jammed(); });
    alarm(1, "alarm.air_low", "Alarm: air pressure low", "报警：气压低",
          [](const Line& l) { return l.air().low(); });
    alarm(2, "alarm.rejects", "Alarm: too many rejects", "报警：剔除过多",
          [](const Line& l) { return l.filler().reject_share() > 0.05; });
    alarm(15, "alarm.aborted", "Alarm: line aborted", "报警：产线中止",
          [](const Line& l) { return l.state() == PackMlState::Aborted; });
}

void add_batch(Table& table) {
    table.block(InputRegister, batch, 8);
    table.add({.key = "batch.number", .name_en = "Batch number", .name_zh = "批次号",
               .area = InputRegister, .address = batch, .type = Text,
               .length = Line::batch_size_most, .about = "A new one every 20,000 good bottles"},
              [](const Line& l) { return l.batch(); });
}

void add_discrete_inputs(Table& table) {
    table.block(DiscreteInput, 0, 5);
    const auto input = [&](std::uint16_t address, std::string key, std::string en, std::string zh,
                           Table::Read read) {
        table.add({.key = std::move(key), .name_en = std::move(en), .name_zh = std::move(zh),
                   .area = DiscreteInput, .address = address, .type = Bool},
                  std::move(read));
    };
    input(0, "line.running", "Line executing", "产线运行",
          [](const Line& l) { return l.state() == PackMlState::Execute; });
    input(1, "line.held", "Line held", "产线保持",
          [](const Line& l) { return l.state() == PackMlState::Held; });
    input(2, "labeller.jam", "Labeller jam sensor", "贴标机卡瓶传感器",
          [](const Line& l) { return l.jammed(); });
    input(3, "air.low", "Air pressure switch", "气压低开关",
          [](const Line& l) { return l.air().low(); });
    input(4, "compressor.loaded", "Compressor loaded", "空压机加载",
          [](const Line& l) { return l.air().loaded(); });
}

void add_command_coil(Table& table, std::uint16_t address, PackMlCommand command, std::string key,
                      std::string en, std::string zh) {
    table.add({.key = std::move(key), .name_en = std::move(en), .name_zh = std::move(zh),
               .area = Coil, .address = address, .type = Bool, .about = "Write on; reads off"},
              [](const Line&) { return false; },
              [command](Line& l, const Value& value) {
                  if (value.truth()) {
                      l.command(command);
                  }
              });
}

void add_coils(Table& table) {
    table.block(Coil, 0, 3);
    add_command_coil(table, 0, PackMlCommand::Start, "line.start", "Start line", "启动产线");
    add_command_coil(table, 1, PackMlCommand::Stop, "line.stop", "Stop line", "停止产线");
    add_command_coil(table, 2, PackMlCommand::Reset, "line.reset", "Reset line", "复位产线");
    table.block(Coil, fault_coils, 3);
    std::uint16_t address = fault_coils;
    for (const Fault fault : {Fault::NozzleDrift, Fault::AirLeak, Fault::Jam}) {
        const FaultInfo& info = fault_info(fault);
        table.add({.key = std::format("fault.{}", info.name),
                   .name_en = std::format("Fault: {}", info.name),
                   .name_zh = std::format("故障：{}", info.name_zh), .area = Coil,
                   .address = address++, .type = Bool, .about = "On provokes, off repairs"},
                  [fault](const Line& l) { return l.fault_active(fault); },
                  [fault](Line& l, const Value& value) { l.set_fault(fault, value.truth()); });
    }
}

void add_setpoints(Table& table) {
    table.block(HoldingRegister, 0, 12);
    table.add({.key = "line.speed_setpoint", .name_en = "Line speed setpoint",
               .name_zh = "产线速度设定", .unit = "{bottle}/min", .area = HoldingRegister,
               .address = 0, .type = U16, .least = Line::speed_least, .most = Line::speed_most},
              [](const Line& l) { return l.speed_setpoint(); },
              [](Line& l, const Value& value) { l.set_speed(value.number()); });
    table.add({.key = "line.command", .name_en = "Line command", .name_zh = "产线命令",
               .area = HoldingRegister, .address = 1, .type = U16, .most = 9,
               .about = "ISA-TR88.00.02: 1 reset, 2 start, 3 stop, 4 hold, 5 unhold, 6 suspend, "
                        "7 unsuspend, 8 abort, 9 clear; reads 0; ignored where the state does not "
                        "allow it"},
              [](const Line&) { return 0; },
              [](Line& l, const Value& value) {
                  if (value.truth()) {
                      l.command(static_cast<PackMlCommand>(value.number()));
                  }
              });
    table.add({.key = "filler.target", .name_en = "Fill target", .name_zh = "灌装量设定",
               .unit = "mL", .area = HoldingRegister, .address = 2, .type = F32, .order = DCBA,
               .least = Filler::target_least_ml, .most = Filler::target_most_ml},
              [](const Line& l) { return l.filler().target_ml(); },
              [](Line& l, const Value& value) { l.filler().set_target_ml(value.number()); });
    table.add({.key = "batch.next", .name_en = "Begin batch", .name_zh = "开始批次",
               .area = HoldingRegister, .address = 4, .type = Text,
               .length = Line::batch_size_most,
               .about = "Printable ASCII; writing it begins a batch of that number"},
              [](const Line& l) { return l.batch(); },
              [](Line& l, const Value& value) { l.begin_batch(value.text()); });
}

}  // namespace

UnitTable<BottlingLine> bottling_line_table() {
    Table table("Bottling line", "灌装线");
    add_line(table);
    add_filler(table);
    add_capper(table);
    add_labeller(table);
    add_batch(table);
    add_discrete_inputs(table);
    add_coils(table);
    add_setpoints(table);
    return table;
}

}  // namespace gantry::plant
