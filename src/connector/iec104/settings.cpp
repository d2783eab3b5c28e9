// SPDX-License-Identifier: Apache-2.0
#include "connector/iec104/settings.h"

#include <format>

#include "runtime/tls_client.h"

namespace gantry::connector::iec104 {
namespace {

using namespace std::chrono_literals;

constexpr Duration timer_least = 1s;
constexpr Duration timer_most = 255s;  // 60870-5-104, 9.6
constexpr std::int64_t window_most = 32'767;

}  // namespace

void Settings::describe(Form& form) {
    form.text("host", host, true,
              {{"Host", "主机"}, {"Name or IP address of the station", "子站的名称或 IP 地址"}});
    form.number("port", port, 1, 65535, {{"Port", "端口"}, {"TCP port", "TCP 端口"}});
    form.number("common_address", common_address, 1, 65'534,
                {{"Common address", "公共地址"},
                 {"Of tags that do not name one", "未单独指定公共地址的变量使用"}});
    form.number("originator", originator, 0, 255,
                {{"Originator address", "源发地址"}, {"0: none", "0 表示不使用"}});
    form.duration("interrogation_period", interrogation_period, 0s, std::chrono::hours(24),
                  {{"Interrogate every", "总召唤周期"},
                   {"0s: only when the connection begins", "0s：仅在建立连接时"}});
    form.flag(
        "counters", counters,
        {{"Counters", "电能量召唤"}, {"Interrogate integrated totals too", "同时召唤累计量"}});
    form.flag("clock", clock,
              {{"Set the clock", "对时"},
               {"The station's clock is set when the connection begins and every hour",
                "建立连接时及每小时校准子站时钟"}});
    form.number(
        "utc_offset_minutes", utc_offset_minutes, -720, 840,
        {{"UTC offset", "时区偏移"},
         {"Minutes that the station's clock is ahead of UTC, without summer time: 480 in China",
          "子站时钟超前 UTC 的分钟数（不含夏令时）：中国为 480"}});
    form.duration("connect_timeout", connect_timeout, timer_least, timer_most,
                  {{"t0", "t0"}, {"For making the connection", "建立连接的超时"}});
    form.duration("t1", t1, timer_least, timer_most,
                  {{"t1", "t1"}, {"For what the station must answer", "发送或测试的确认超时"}});
    form.duration("t2", t2, timer_least, timer_most,
                  {{"t2", "t2"},
                   {"Until what came is acknowledged; less than t1", "确认接收的超时，应小于 t1"}});
    form.duration("t3", t3, timer_least, std::chrono::hours(48),
                  {{"t3", "t3"}, {"Of silence, until the line is tested", "空闲测试的超时"}});
    form.number("k", k, 1, window_most,
                {{"k", "k"}, {"APDUs of ours that need not be acknowledged", "未确认的 I 帧上限"}});
    form.number(
        "w", w, 1, window_most,
        {{"w", "w"}, {"APDUs of the station after which we acknowledge", "最迟确认的 I 帧数"}});
    form.duration(
        "command_timeout", command_timeout, 100ms, timer_most,
        {{"Command time-out", "命令超时"}, {"For each step of a command", "命令各步骤的超时"}});
    form.duration("stale_after", stale_after, 1s, std::chrono::hours(24),
                  {{"Stale after", "失效时间"},
                   {"How long the last value counts as usable when the station is away",
                    "子站失联后最后值仍可用的时长"}});
    form.flag("tls", tls, {{"TLS", "TLS"}, {"As IEC 62351-3 has it", "符合 IEC 62351-3"}});
    form.text("ca", ca, false,
              {{"Authority", "CA 证书"},
               {"PEM of who vouches for the station; empty: the operating system's",
                "签发子站证书的 CA（PEM）；留空则使用系统的"}});
    form.text("certificate", certificate, false,
              {{"Certificate", "证书"},
               {"PEM of ours, where the station asks for it", "本端证书（PEM），子站要求时填写"}});
    form.secret("key", key, {{"Private key", "私钥"}, {"PEM; kept sealed", "PEM 格式，加密保存"}});
}

Session::Limits Settings::limits() const {
    return {.k = static_cast<std::uint16_t>(k),
            .w = static_cast<std::uint16_t>(w),
            .t1 = t1,
            .t2 = t2,
            .t3 = t3};
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
    if (out.t2 >= out.t1) {
        return bad_field("/settings/t2", "must be less than t1, or the station waits in vain");
    }
    if (!out.tls && (!out.ca.empty() || !out.certificate.empty() || !out.key.empty())) {
        return bad_field("/settings/tls", "must be on, or certificates say nothing");
    }
    return out;
}

}  // namespace gantry::connector::iec104
