// SPDX-License-Identifier: Apache-2.0
#include "connector/ethernetip/settings.h"

#include <format>

#include "connector/ethernetip/cip.h"

namespace gantry::connector::ethernetip {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t groups_max = 32;
constexpr std::string_view no_route = "none";

}  // namespace

void Settings::describe(Form& form) {
    form.text("host", host, true,
              {{"Host", "主机"},
               {"Name or IP address of the controller or its Ethernet module",
                "控制器或其以太网模块的名称或 IP 地址"}});
    form.number("slot", slot, 0, 255,
                {{"Slot", "插槽"},
                 {"Of the controller; 0 with CompactLogix", "控制器所在插槽；CompactLogix 为 0"}});
    form.text(
        "route", route, false,
        {{"Route", "路由"},
         {"Pairs of port and link, as 1,3,2,192.168.1.10,1,0; none for a device without a "
          "backplane; empty: by slot",
          "端口与链路成对书写，如 1,3,2,192.168.1.10,1,0；无背板的设备写 none；留空则按插槽"}});
    form.number("port", port, 1, 65535, {{"Port", "端口"}, {"TCP port", "TCP 端口"}});
    form.durations("groups", groups, 1ms, std::chrono::hours(24), groups_max,
                   {{"Poll groups", "采集组"},
                    {"Name and period of each; tags choose one by grp=",
                     "每组的名称与周期；变量用 grp= 选择"}});
    form.duration(
        "timeout", timeout, 10ms, 60s,
        {{"Time-out", "超时"},
         {"Of one request; the connection is made anew then", "单次请求，超时后重新连接"}});
    form.duration("connect_timeout", connect_timeout, 100ms, 60s,
                  {{"Connect time-out", "连接超时"},
                   {"Until the controller has agreed to talk", "直到控制器同意通信"}});
    form.duration("stale_after", stale_after, 1s, std::chrono::hours(24),
                  {{"Stale after", "失效时间"},
                   {"How long the last value counts as usable when the controller is away",
                    "控制器失联后最后值仍可用的时长"}});
    form.flag("connected", connected,
              {{"Connected messages", "连接式报文"},
               {"Opens connections of CIP, which are faster; off: every message by itself",
                "建立 CIP 连接，速度更快；关闭则逐条发送"}});
    form.number("max_requests", max_requests, 1, 8,
                {{"Requests at once", "并发请求"},
                 {"Each takes a connection of the controller", "每个占用控制器的一个连接"}});
    form.number("max_gap", max_gap, 0, 400,
                {{"Largest gap", "最大间隔"},
                 {"Unwanted bytes of an array that are read to save a request",
                  "为合并读取数组而顺带读取的无用字节数"}});
    form.flag("report_on_change", report_on_change,
              {{"Only changes", "仅上报变化"},
               {"Tags without db= report a value only when it differs from the last",
                "未设 db= 的变量仅在数值变化时上报"}});
}

std::string Settings::where() const {
    return host.contains(':') ? std::format("[{}]:{}", host, port)
                              : std::format("{}:{}", host, port);
}

Bytes Settings::way() const {
    if (route == no_route) {
        return {};
    }
    const auto out = parse_route(route.empty() ? std::format("1,{}", slot) : route);
    return out ? *out : Bytes();
}

Result<Settings> read_settings(std::string_view text) {
    TRY_ASSIGN(Settings out, read_form<Settings>(text, "/settings"));
    if (out.host.empty()) {
        return bad_field("/settings/host", "must not be empty: write a name or an IP address");
    }
    if (out.route != no_route) {
        if (const auto route = parse_route(out.route); !route) {
            return bad_field("/settings/route", route.error().message);
        }
    }
    return out;
}

}  // namespace gantry::connector::ethernetip
