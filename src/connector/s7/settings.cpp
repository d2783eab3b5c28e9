// SPDX-License-Identifier: Apache-2.0
#include "connector/s7/settings.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <format>
#include <optional>

namespace gantry::connector::s7 {
namespace {

using namespace std::chrono_literals;

constexpr std::array<std::string_view, 3> resources = {"pg", "op", "basic"};  // from 1
constexpr std::size_t groups_max = 32;

// "10.00": two bytes in hexadecimal.
std::optional<std::uint16_t> read_tsap(std::string_view text) {
    unsigned high = 0;
    unsigned low = 0;
    const char* const end = text.data() + text.size();
    const auto [dot, error] = std::from_chars(text.data(), end, high, 16);
    if (error != std::errc() || dot == end || *dot != '.') {
        return std::nullopt;
    }
    const auto [rest, second_error] = std::from_chars(dot + 1, end, low, 16);
    if (second_error != std::errc() || rest != end || high > 0xff || low > 0xff) {
        return std::nullopt;
    }
    return static_cast<std::uint16_t>(high << 8 | low);
}

Result<> check_tsap(std::string_view text, const std::string& field) {
    if (!text.empty() && !read_tsap(text)) {
        return bad_field(field, "is two bytes in hexadecimal, as in 10.00, or empty");
    }
    return {};
}

}  // namespace

void Settings::describe(Form& form) {
    form.text("host", host, true,
              {{"Host", "主机"},
               {"Name or IP address of the controller or its communication processor",
                "控制器或通信处理器的名称或 IP 地址"}});
    form.number("rack", rack, 0, 7, {{"Rack", "机架"}, {"0 in most cases", "通常为 0"}});
    form.number(
        "slot", slot, 0, 31,
        {{"Slot", "插槽"},
         {"Of the CPU: 1 with S7-1200 and S7-1500, 2 with S7-300, as configured with S7-400",
          "CPU 所在插槽：S7-1200/1500 为 1，S7-300 为 2，S7-400 以组态为准"}});
    form.number("port", port, 1, 65535, {{"Port", "端口"}, {"TCP port", "TCP 端口"}});
    form.text("resource", resource, false,
              {{"Connection resource", "连接资源"},
               {"pg, op or basic: which of the controller's connections this takes",
                "pg、op 或 basic：占用控制器的哪类连接"}});
    form.text("local_tsap", local_tsap, false,
              {{"Local TSAP", "本地 TSAP"},
               {"As in 10.00; for LOGO! and S7-200, else empty",
                "如 10.00；用于 LOGO! 与 S7-200，否则留空"}});
    form.text("remote_tsap", remote_tsap, false,
              {{"Remote TSAP", "远程 TSAP"},
               {"As in 20.00; empty: by resource, rack and slot",
                "如 20.00；留空则由连接资源、机架和插槽得出"}});
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
    form.number("pdu_bytes", pdu_bytes, 240, 960,
                {{"PDU size", "PDU 长度"},
                 {"Bytes, asked for; the controller may give less", "请求的字节数，控制器可减小"}});
    form.number("max_jobs", max_jobs, 1, 16,
                {{"Jobs at once", "并发作业"},
                 {"Asked for; the controller may give less", "请求的数量，控制器可减小"}});
    form.number(
        "max_gap", max_gap, 0, 200,
        {{"Largest gap", "最大间隔"},
         {"Unwanted bytes that are read to save an item", "为合并读取而顺带读取的无用字节数"}});
    form.flag("report_on_change", report_on_change,
              {{"Only changes", "仅上报变化"},
               {"Tags without db= report a value only when it differs from the last",
                "未设 db= 的变量仅在数值变化时上报"}});
}

std::string Settings::where() const {
    return host.contains(':') ? std::format("[{}]:{}", host, port)
                              : std::format("{}:{}", host, port);
}

std::uint16_t Settings::local() const { return read_tsap(local_tsap).value_or(0x0100); }

std::uint16_t Settings::remote() const {
    const auto kind = std::ranges::find(resources, resource) - resources.begin() + 1;
    return read_tsap(remote_tsap)
        .value_or(static_cast<std::uint16_t>(kind << 8 | rack << 5 | slot));
}

Result<Settings> read_settings(std::string_view text) {
    TRY_ASSIGN(Settings out, read_form<Settings>(text, "/settings"));
    if (out.host.empty()) {
        return bad_field("/settings/host", "must not be empty: write a name or an IP address");
    }
    if (!std::ranges::contains(resources, out.resource)) {
        return bad_field("/settings/resource", "is pg, op or basic");
    }
    TRY(check_tsap(out.local_tsap, "/settings/local_tsap"));
    TRY(check_tsap(out.remote_tsap, "/settings/remote_tsap"));
    return out;
}

}  // namespace gantry::connector::s7
