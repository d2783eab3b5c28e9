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
    form.number(
        "max_in_flight", max_in_flight, 1, 16,
        {{"Requests in flight", "并发请求"}, {"Many devices take only 1", "许多设备只支持 1"}});
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
    return host.contains(':') ? std::format("[{}]:{}", host, port)
                              : std::format("{}:{}", host, port);
}

Result<Settings> read_settings(std::string_view text) {
    TRY_ASSIGN(Settings out, read_form<Settings>(text, "/settings"));
    if (out.host.empty()) {
        return bad_field("/settings/host", "must not be empty: write a name or an IP address");
    }
    return out;
}

}  // namespace gantry::connector::modbus
