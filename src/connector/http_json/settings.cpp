// SPDX-License-Identifier: Apache-2.0
#include "connector/http_json/settings.h"

#include <algorithm>

#include "base/assert.h"
#include "base/base64.h"

namespace gantry::connector::http_json {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t groups_max = 32;
constexpr std::size_t text_bytes_max = 8192;

// What may stand in a header.
bool is_line(std::string_view text) {
    return text.size() <= text_bytes_max && std::ranges::all_of(text, [](char c) {
               return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f;
           });
}

bool is_header(std::string_view text) {
    const std::size_t colon = text.find(':');
    return is_line(text) && colon != 0 && colon != std::string_view::npos &&
           std::ranges::all_of(text.substr(0, colon), [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '-' || c == '_';
           });
}

}  // namespace

void Settings::describe(Form& form) {
    form.text("url", url, true,
              {{"Server", "服务器"},
               {"As in https://192.168.0.5:8443 or http://plc.local; paths are the tags'",
                "如 https://192.168.0.5:8443 或 http://plc.local；路径写在变量地址中"}});
    form.text("username", username, false,
              {{"User name", "用户名"},
               {"Basic authentication; empty: none", "Basic 认证；留空则不使用"}});
    form.secret("password", password, {{"Password", "密码"}, {"Kept sealed", "加密保存"}});
    form.secret("token", token,
                {{"Token", "令牌"},
                 {"Sent as Authorization: Bearer; kept sealed",
                  "以 Authorization: Bearer 发送，加密保存"}});
    form.secret("header", header,
                {{"Header", "请求头"},
                 {"A whole one, as in X-Api-Key: 123; kept sealed",
                  "完整的一行，如 X-Api-Key: 123；加密保存"}});
    form.text("ca", ca, false,
              {{"Authority", "CA 证书"},
               {"PEM of who vouches for the server; empty: the operating system's",
                "签发服务器证书的 CA（PEM）；留空则使用系统的"}});
    form.text("certificate", certificate, false,
              {{"Certificate", "证书"},
               {"PEM of ours, where the server asks for it", "本端证书（PEM），服务器要求时填写"}});
    form.secret("key", key, {{"Private key", "私钥"}, {"PEM; kept sealed", "PEM 格式，加密保存"}});
    form.durations("groups", groups, 10ms, std::chrono::hours(24), groups_max,
                   {{"Poll groups", "采集组"},
                    {"Name and period of each; tags choose one by grp=",
                     "每组的名称与周期；变量用 grp= 选择"}});
    form.duration("timeout", timeout, 100ms, 120s,
                  {{"Time-out", "超时"}, {"Of one request", "单次请求"}});
    form.duration("connect_timeout", connect_timeout, 100ms, 60s,
                  {{"Connect time-out", "连接超时"},
                   {"Until the connection stands, TLS included", "直到连接建立（含 TLS）"}});
    form.duration("stale_after", stale_after, 1s, std::chrono::hours(24),
                  {{"Stale after", "失效时间"},
                   {"How long the last value counts as usable when the server is away",
                    "服务器失联后最后值仍可用的时长"}});
    form.flag("report_on_change", report_on_change,
              {{"Only changes", "仅上报变化"},
               {"Tags without db= report a value only when it differs from the last",
                "未设 db= 的变量仅在数值变化时上报"}});
}

gantry::http::Url Settings::server() const {
    auto out = gantry::http::parse_url(url);
    ASSERT(out);
    return std::move(*out);
}

gantry::http::ClientOptions Settings::client_options() const {
    return {.trust = {.ca_file = {}, .ca = ca, .certificate = certificate, .key = key},
            .connect_timeout = connect_timeout,
            .silence_max = timeout};
}

gantry::http::Headers Settings::credentials() const {
    gantry::http::Headers out;
    if (!token.empty()) {
        out.emplace_back("Authorization", "Bearer " + std::string(token.reveal()));
    } else if (!username.empty()) {
        const std::string pair = username + ":" + std::string(password.reveal());
        out.emplace_back("Authorization", "Basic " + to_base64(pair));
    }
    if (!header.empty()) {
        const std::string_view line = header.reveal();
        const std::size_t colon = line.find(':');
        const std::size_t value = line.find_first_not_of(' ', colon + 1);
        out.emplace_back(line.substr(0, colon),
                         value == std::string_view::npos ? "" : line.substr(value));
    }
    return out;
}

Result<Settings> read_settings(std::string_view text) {
    TRY_ASSIGN(Settings out, read_form<Settings>(text, "/settings"));
    const auto server = gantry::http::parse_url(out.url);
    if (!server) {
        return bad_field("/settings/url", server.error().message);
    }
    if (!server->encrypted && (!out.ca.empty() || !out.certificate.empty() || !out.key.empty())) {
        return bad_field("/settings/url", "must be https, or certificates say nothing");
    }
    if (!out.token.empty() && !out.username.empty()) {
        return bad_field("/settings/token", "a request has one Authorization: give a user name and "
                                            "password, or a token");
    }
    if (!out.password.empty() && out.username.empty()) {
        return bad_field("/settings/username", "must not be empty: the password is somebody's");
    }
    if (out.username.contains(':') || !is_line(out.username)) {
        return bad_field("/settings/username", "has no colon and no line break");
    }
    if (!is_line(out.password.reveal()) || !is_line(out.token.reveal())) {
        return bad_field("/settings/token", "and password have no line breaks");
    }
    if (!out.header.empty() && !is_header(out.header.reveal())) {
        return bad_field("/settings/header",
                         "is one line with a name and a value, as in X-Api-Key: "
                         "123");
    }
    if (auto usable = check_tls_trust(out.client_options().trust); !usable) {
        return bad_field("/settings/ca", usable.error().message);
    }
    return out;
}

}  // namespace gantry::connector::http_json
