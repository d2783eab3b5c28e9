// SPDX-License-Identifier: Apache-2.0
#include "connector/mqtt/settings.h"

#include <format>

#include "mqtt/codec/topic.h"

namespace gantry::connector::mqtt {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t text_bytes_max = 1024;

Result<> check_text(std::string_view name, const std::string& text) {
    if (text.size() > text_bytes_max || !gantry::mqtt::is_text(text)) {
        return bad_field(std::format("/settings/{}", name),
                         std::format("is no text of at most {} bytes", text_bytes_max));
    }
    return {};
}

}  // namespace

void Settings::describe(Form& form) {
    form.text("host", host, true,
              {{"Host", "主机"}, {"Name or IP address of the broker", "Broker 的名称或 IP 地址"}});
    form.number(
        "port", port, 0, 65535,
        {{"Port", "端口"}, {"0: 1883, or 8883 with TLS", "0 表示 1883；启用 TLS 时为 8883"}});
    form.flag("tls", tls,
              {{"TLS", "TLS"}, {"Encrypted, and the broker shows who it is", "加密并验证 Broker"}});
    form.text("ca", ca, false,
              {{"Authority", "CA 证书"},
               {"PEM of who vouches for the broker; empty: the operating system's",
                "签发 Broker 证书的 CA（PEM）；留空则使用系统的"}});
    form.text(
        "certificate", certificate, false,
        {{"Certificate", "证书"},
         {"PEM of ours, where the broker asks for it", "本端证书（PEM），Broker 要求时填写"}});
    form.secret("key", key, {{"Private key", "私钥"}, {"PEM; kept sealed", "PEM 格式，加密保存"}});
    form.text("username", username, false,
              {{"User name", "用户名"}, {"Empty: none", "留空则不使用"}});
    form.secret("password", password, {{"Password", "密码"}, {"Kept sealed", "加密保存"}});
    form.text("client_id", client_id, false,
              {{"Client identifier", "客户端标识"},
               {"Of nobody else at that broker; empty: one that follows from the connection",
                "在该 Broker 上唯一；留空则由连接生成"}});
    form.text("version", version, false,
              {{"MQTT version", "MQTT 版本"},
               {"5.0, 3.1.1, or auto: 3.1.1 only where 5.0 is refused",
                "5.0、3.1.1，或 auto：仅在 5.0 被拒绝时使用 3.1.1"}});
    form.duration("keep_alive", keep_alive, 5s, std::chrono::seconds(65'535),
                  {{"Keep-alive", "保活周期"},
                   {"Of silence, until the line is tested", "空闲多久后检测连接"}});
    form.duration("session_expiry", session_expiry, 0s, std::chrono::hours(24 * 30),
                  {{"Session expiry", "会话有效期"},
                   {"How long the broker keeps messages for us; 0s: every connection starts clean",
                    "断线后 Broker 保留消息的时长；0s 表示每次连接都清除会话"}});
    form.number("qos", qos, 0, 2,
                {{"QoS", "QoS"}, {"Of tags that do not say it", "未单独指定 QoS 的变量使用"}});
    form.text("status_topic", status_topic, false,
              {{"Status topic", "状态主题"},
               {"Where the source, or its will, says whether it is there; empty: nowhere",
                "数据源（或其遗嘱消息）上报在线状态的主题；留空则不使用"}});
    form.text("status_offline", status_offline, false,
              {{"Offline", "离线标志"},
               {"What is said there when the source is away", "数据源离线时该主题的内容"}});
    form.duration("connect_timeout", connect_timeout, 1s, 120s,
                  {{"Connect time-out", "连接超时"},
                   {"Until the broker has answered", "等待 Broker 应答的时长"}});
    form.duration("command_timeout", command_timeout, 100ms, 255s,
                  {{"Write time-out", "写入超时"},
                   {"For the broker to take a value, and then for the tag's topic to show it",
                    "等待 Broker 确认以及变量主题回读的时长"}});
    form.duration("stale_after", stale_after, 1s, std::chrono::hours(24),
                  {{"Stale after", "失效时间"},
                   {"How long the last value counts as usable when the broker is away",
                    "Broker 失联后最后值仍可用的时长"}});
}

std::uint16_t Settings::port_number() const {
    const std::int64_t usual = tls ? 8883 : 1883;
    return static_cast<std::uint16_t>(port == 0 ? usual : port);
}

std::string Settings::where() const {
    return host.contains(':') ? std::format("[{}]:{}", host, port_number())
                              : std::format("{}:{}", host, port_number());
}

std::optional<gantry::mqtt::Version> Settings::only() const {
    if (version == "auto") {
        return std::nullopt;
    }
    return version == "5.0" ? gantry::mqtt::Version::V5 : gantry::mqtt::Version::V311;
}

Result<Settings> read_settings(std::string_view text) {
    TRY_ASSIGN(Settings out, read_form<Settings>(text, "/settings"));
    if (out.host.empty()) {
        return bad_field("/settings/host", "must not be empty: write a name or an IP address");
    }
    if (!out.tls && (!out.ca.empty() || !out.certificate.empty() || !out.key.empty())) {
        return bad_field("/settings/tls", "must be on, or certificates say nothing");
    }
    if (out.version != "auto" && out.version != "5.0" && out.version != "3.1.1") {
        return bad_field("/settings/version",
                         std::format("'{}' is none of auto, 5.0, 3.1.1", out.version));
    }
    if (!out.password.empty() && out.username.empty() && out.version != "5.0") {
        return bad_field("/settings/username",
                         "must not be empty: 3.1.1 knows no password without a user name");
    }
    TRY(check_text("username", out.username));
    TRY(check_text("client_id", out.client_id));
    TRY(check_text("status_topic", out.status_topic));
    if (!out.status_topic.empty() && (!gantry::mqtt::is_topic_name(out.status_topic) ||
                                      out.status_topic.starts_with("$share/"))) {
        return bad_field("/settings/status_topic", "is one topic, without + and #");
    }
    return out;
}

}  // namespace gantry::connector::mqtt
