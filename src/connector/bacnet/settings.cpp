// SPDX-License-Identifier: Apache-2.0
#include "connector/bacnet/settings.h"

#include <algorithm>
#include <format>

#include "base/encoding.h"
#include "connector/bacnet/element.h"

namespace gantry::connector::bacnet {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t groups_max = 32;

std::optional<Bytes> station_bytes(std::string text) {
    std::erase(text, ':');
    auto out = from_hex(text);
    return out && out->size() <= station_bytes_max ? std::move(out) : std::nullopt;
}

}  // namespace

void Settings::describe(Form& form) {
    form.text("host", host, true,
              {{"Host", "主机"},
               {"Name or IP address of the device, or of the router before it",
                "设备或其前端路由器的名称或 IP 地址"}});
    form.number("port", port, 1, 65535, {{"Port", "端口"}, {"UDP port", "UDP 端口"}});
    form.number("device", device, -1, instance_max - 1,
                {{"Device instance", "设备实例号"},
                 {"Checked when it is given; -1: whatever device is there",
                  "填写后会核对；-1 表示不核对"}});
    form.number("network", network, 0, 65534,
                {{"Network", "网络号"},
                 {"Of a device behind a BACnet router; 0: there is none",
                  "位于 BACnet 路由器之后的设备所在网络；0 表示直连"}});
    form.text("station", station, false,
              {{"Address in the network", "网络内地址"},
               {"In hexadecimal, as in 0b for the MS/TP address 11",
                "十六进制，如 MS/TP 地址 11 写作 0b"}});
    form.durations("groups", groups, 10ms, std::chrono::hours(24), groups_max,
                   {{"Poll groups", "采集组"},
                    {"Name and period of each; tags choose one by grp=",
                     "每组的名称与周期；变量用 grp= 选择"}});
    form.duration("timeout", timeout, 50ms, 60s,
                  {{"Time-out", "超时"}, {"Of each attempt of a request", "每次请求尝试的超时"}});
    form.number("retries", retries, 0, 10,
                {{"Retries", "重试次数"},
                 {"Of a request that is not answered; then the device is away",
                  "请求无应答时的重试次数，之后视为设备离线"}});
    form.duration("stale_after", stale_after, 1s, std::chrono::hours(24),
                  {{"Stale after", "失效时间"},
                   {"How long the last value counts as usable when the device is away",
                    "设备失联后最后值仍可用的时长"}});
    form.number("max_apdu", max_apdu, 50, 1476,
                {{"Largest APDU", "最大 APDU"},
                 {"Bytes of a message; the device may take less", "报文字节数，设备可更小"}});
    form.number(
        "max_requests", max_requests, 1, 16,
        {{"Requests at once", "并发请求"}, {"Under way at the same time", "同时进行的请求数"}});
    form.number("priority", priority, 1, 16,
                {{"Write priority", "写入优先级"},
                 {"1 is the highest, 16 the lowest; tags choose their own by prio=",
                  "1 最高，16 最低；变量可用 prio= 指定"}});
    form.duration("cov_lifetime", cov_lifetime, 10s, std::chrono::hours(8),
                  {{"Lifetime of subscriptions", "订阅有效期"},
                   {"Of tags with cov; they are renewed when half of it has passed",
                    "用于带 cov 的变量；过半时续订"}});
    form.flag("report_on_change", report_on_change,
              {{"Only changes", "仅上报变化"},
               {"Tags without db= report a value only when it differs from the last",
                "未设 db= 的变量仅在数值变化时上报"}});
}

std::string Settings::where() const {
    const std::string at =
        host.contains(':') ? std::format("[{}]:{}", host, port) : std::format("{}:{}", host, port);
    return network == 0 ? at : std::format("{} (network {}, {})", at, network, station);
}

Station Settings::to() const {
    return network == 0 ? Station{}
                        : Station{static_cast<std::uint16_t>(network),
                                  station_bytes(station).value_or(Bytes())};
}

Result<Settings> read_settings(std::string_view text) {
    TRY_ASSIGN(Settings out, read_form<Settings>(text, "/settings"));
    if (out.host.empty()) {
        return bad_field("/settings/host", "must not be empty: write a name or an IP address");
    }
    const auto address = station_bytes(out.station);
    if (!address || (out.network != 0) == address->empty()) {
        return bad_field("/settings/station",
                         "belongs to a network, and is up to 18 bytes in hexadecimal, as in 0b");
    }
    return out;
}

}  // namespace gantry::connector::bacnet
