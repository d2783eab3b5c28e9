// SPDX-License-Identifier: Apache-2.0
#include "connector/modbus/settings.h"

#include <algorithm>

namespace gantry::connector::modbus {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t groups_max = 32;
constexpr Duration period_least = 1ms;
constexpr Duration period_most = std::chrono::hours(24);

}  // namespace

void Settings::describe(Form& form) {
    form.text("host", host, true,
              {{"Host", "主机"},
               {"Name or IP address of the device or gateway", "设备或网关的名称或 IP 地址"}});
    form.number("port", port, 1, 65535, {{"Port", "端口"}, {"TCP port", "TCP 端口"}});
    describe_polling(form);
    form.number(
        "max_in_flight", max_in_flight, 1, 16,
        {{"Requests in flight", "并发请求"}, {"Many devices take only 1", "许多设备只支持 1"}});
}

void SerialSettings::describe(Form& form) {
    form.text("device", address, true,
              {{"Line", "串口"},
               {"/dev/ttyUSB0, or tcp://192.168.0.5:4001 of a serial device server",
                "/dev/ttyUSB0，或串口服务器 tcp://192.168.0.5:4001"}});
    form.text("mode", mode, false, {{"Mode", "模式"}, {"rtu or ascii", "rtu 或 ascii"}});
    form.number("baud", baud, 50, 4'000'000,
                {{"Baud rate", "波特率"}, {"Bits a second", "每秒位数"}});
    form.number("data_bits", data_bits, 0, 8,
                {{"Data bits", "数据位"},
                 {"7 or 8; 0: 8 with RTU, 7 with ASCII", "7 或 8；0：RTU 为 8，ASCII 为 7"}});
    form.text("parity", parity, false,
              {{"Parity", "校验"}, {"even, odd or none", "even（偶）、odd（奇）或 none（无）"}});
    form.number("stop_bits", stop_bits, 1, 2,
                {{"Stop bits", "停止位"}, {"2 where there is no parity", "无校验时通常为 2"}});
    form.duration("turnaround", turnaround_delay, 0ms, 10s,
                  {{"Turnaround delay", "转换延时"},
                   {"Of silence after an answer that did not come", "无应答后的静默时间"}});
    describe_polling(form);
}

void Settings::describe_polling(Form& form) {
    form.number("unit", unit, 0, 255,
                {{"Unit id", "站号"},
                 {"Of tags that do not name one; devices without a gateway often ignore it",
                  "未单独指定站号的变量使用；直连设备通常忽略"}});
    form.number(
        "address_base", address_base, 0, 1,
        {{"Address base", "地址起始"},
         {"What the manual calls the first register: 0 or 1", "手册中第一个寄存器的编号：0 或 1"}});
    form.durations("groups", groups, period_least, period_most, groups_max,
                   {{"Poll groups", "采集组"},
                    {"Name and period of each; tags choose one by grp=",
                     "每组的名称与周期；变量用 grp= 选择"}});
    form.duration("timeout", timeout, 10ms, 60s,
                  {{"Time-out", "超时"}, {"Of one request", "单次请求"}});
    form.duration(
        "connect_timeout", connect_timeout, 100ms, 60s,
        {{"Connect time-out", "连接超时"}, {"Of making the TCP connection", "建立 TCP 连接"}});
    form.duration("stale_after", stale_after, 1s, std::chrono::hours(24),
                  {{"Stale after", "失效时间"},
                   {"How long the last value counts as usable when the device is away",
                    "设备失联后最后值仍可用的时长"}});
    form.number("failures_max", failures_max, 1, 100,
                {{"Failures", "失败次数"},
                 {"In a row, before a unit is taken off scan and tried less often",
                  "连续失败达到此数后，该站号退出扫描并降低重试频率"}});
    form.number("max_gap", max_gap, 0, read_registers_max,
                {{"Largest gap", "最大间隔"},
                 {"Unwanted registers that are read to save a request",
                  "为减少请求而顺带读取的无用寄存器数"}});
    form.number("max_registers", max_registers, 1, read_registers_max,
                {{"Registers a request", "每次寄存器数"},
                 {"Lower it for devices that refuse large reads", "设备拒绝大批量读取时调低"}});
    form.number("max_bits", max_bits, 1, read_bits_max,
                {{"Coils a request", "每次线圈数"},
                 {"Lower it for devices that refuse large reads", "设备拒绝大批量读取时调低"}});
    form.flag("report_on_change", report_on_change,
              {{"Only changes", "仅上报变化"},
               {"Tags without db= report a value only when it differs from the last",
                "未设 db= 的变量仅在数值变化时上报"}});
    form.flag("write_multiple", write_multiple,
              {{"Write by 15 and 16 only", "仅用功能码 15/16 写"},
               {"For devices without functions 5 and 6", "用于不支持功能码 5 和 6 的设备"}});
    form.flag(
        "use_fc23", use_fc23,
        {{"Write and read by 23", "用功能码 23 读写"},
         {"Registers are written and read back in one request", "在一次请求中写入并回读寄存器"}});
}

PlanLimits Settings::plan_limits() const {
    return {.gap_max = static_cast<std::uint32_t>(max_gap),
            .registers_max = static_cast<std::uint32_t>(max_registers),
            .bits_max = static_cast<std::uint32_t>(max_bits)};
}

std::string Settings::where() const {
    if (!device.empty()) {
        return device;
    }
    return host.contains(':') ? std::format("[{}]:{}", host, port)
                              : std::format("{}:{}", host, port);
}

namespace {

constexpr std::string_view over_tcp = "tcp://";

Result<> read_line(SerialSettings& out) {
    if (out.mode != "rtu" && out.mode != "ascii") {
        return bad_field("/settings/mode", "is rtu or ascii");
    }
    out.wire = out.mode == "rtu" ? Wire::Rtu : Wire::Ascii;
    if (out.data_bits != 0 && out.data_bits < (out.wire == Wire::Rtu ? 8 : 7)) {
        return bad_field("/settings/data_bits", "is 8 with RTU, 7 or 8 with ASCII");
    }
    if (out.parity != "even" && out.parity != "odd" && out.parity != "none") {
        return bad_field("/settings/parity", "is even, odd or none");
    }
    out.line = {.baud = static_cast<std::uint32_t>(out.baud),
                .data_bits = out.data_bits != 0      ? static_cast<unsigned>(out.data_bits)
                             : out.wire == Wire::Rtu ? 8U
                                                     : 7U,
                .parity = out.parity == "even"  ? Parity::Even
                          : out.parity == "odd" ? Parity::Odd
                                                : Parity::None,
                .stop_bits = static_cast<unsigned>(out.stop_bits)};
    out.turnaround = out.turnaround_delay;
    if (out.address.starts_with(over_tcp)) {
        const auto where = parse_host_port(std::string_view(out.address).substr(over_tcp.size()));
        if (!where || where->host.empty() || where->port == 0) {
            return bad_field("/settings/device", "write tcp://host:port");
        }
        out.host = where->host;
        out.port = where->port;
        return {};
    }
    if (!out.address.starts_with('/')) {
        return bad_field("/settings/device",
                         "write the path of a line, as /dev/ttyUSB0, or tcp://host:port");
    }
    out.device = out.address;
    // 3.5 characters of 11 bits, but 1.75 ms from 19,200 baud on (section 2.5.1.1).
    if (out.wire == Wire::Rtu) {
        out.gap = out.baud > 19'200
                      ? Duration(1'750us)
                      : std::chrono::duration_cast<Duration>(std::chrono::seconds(1)) * 77 /
                            (2 * out.baud);
    }
    return {};
}

}  // namespace

Result<Settings> read_settings(Kind kind, std::string_view text) {
    if (kind == Kind::Serial) {
        TRY_ASSIGN(SerialSettings out, read_form<SerialSettings>(text, "/settings"));
        TRY(read_line(out));
        return static_cast<Settings>(out);
    }
    TRY_ASSIGN(Settings out, read_form<Settings>(text, "/settings"));
    if (out.host.empty()) {
        return bad_field("/settings/host", "must not be empty: write a name or an IP address");
    }
    return out;
}

}  // namespace gantry::connector::modbus
