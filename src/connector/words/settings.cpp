// SPDX-License-Identifier: Apache-2.0
#include "connector/words/settings.h"

#include <format>

namespace gantry::connector::words {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t groups_max = 32;

}  // namespace

void Settings::describe_place(Form& form) {
    form.text("host", host, true,
              {{"Host", "主机"},
               {"Name or IP address of the controller or its Ethernet unit",
                "控制器或其以太网模块的名称或 IP 地址"}});
    form.number("port", port, 1, 65535,
                {{"Port", "端口"},
                 {"TCP port, as the controller is configured", "TCP 端口，以控制器组态为准"}});
}

void Settings::describe_polling(Form& form) {
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
    form.number(
        "max_gap", max_gap, 0, 200,
        {{"Largest gap", "最大间隔"},
         {"Unwanted words that are read to save a request", "为合并读取而顺带读取的无用字数"}});
    form.flag("report_on_change", report_on_change,
              {{"Only changes", "仅上报变化"},
               {"Tags without db= report a value only when it differs from the last",
                "未设 db= 的变量仅在数值变化时上报"}});
}

std::string Settings::where() const {
    return host.contains(':') ? std::format("[{}]:{}", host, port)
                              : std::format("{}:{}", host, port);
}

Result<> check_settings(const Settings& settings) {
    if (settings.host.empty()) {
        return bad_field("/settings/host", "must not be empty: write a name or an IP address");
    }
    return {};
}

}  // namespace gantry::connector::words
