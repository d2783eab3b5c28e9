// SPDX-License-Identifier: Apache-2.0
#include "connector/opcua/settings.h"

#include <algorithm>
#include <array>

namespace gantry::connector::opcua {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t groups_max = 32;
constexpr Duration interval_least = 10ms;
constexpr Duration interval_most = std::chrono::hours(1);
constexpr std::size_t fingerprint_digits = 64;
constexpr std::string_view scheme = "opc.tcp://";

constexpr std::array<std::string_view, 4> policy_names = {
    "none", "Basic256Sha256", "Aes128_Sha256_RsaOaep", "Aes256_Sha256_RsaPss"};

Result<> read_fingerprint(Settings& out) {
    for (const char c : out.server_certificate) {
        if (c == ':' || c == ' ') {
            continue;
        }
        const char lower = c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
        if (!((lower >= '0' && lower <= '9') || (lower >= 'a' && lower <= 'f'))) {
            return bad_field("/settings/server_certificate",
                             "write the certificate's SHA-256 fingerprint in hexadecimal digits");
        }
        out.fingerprint += lower;
    }
    if (!out.fingerprint.empty() && out.fingerprint.size() != fingerprint_digits) {
        return bad_field("/settings/server_certificate",
                         std::format("a SHA-256 fingerprint has 64 hexadecimal digits, not {}",
                                     out.fingerprint.size()));
    }
    return {};
}

}  // namespace

std::string_view policy_name(Policy policy) {
    return policy_names[static_cast<std::size_t>(policy)];
}

std::string policy_uri(Policy policy) {
    return std::format("http://opcfoundation.org/UA/SecurityPolicy#{}",
                       policy == Policy::None ? "None" : policy_name(policy));
}

void Settings::describe(Form& form) {
    form.text("endpoint", endpoint, true,
              {{"Endpoint", "端点"},
               {"URL of the server, as opc.tcp://192.168.0.5:4840",
                "服务器地址，如 opc.tcp://192.168.0.5:4840"}});
    form.text("security", security, false,
              {{"Security policy", "安全策略"},
               {"Basic256Sha256, Aes128_Sha256_RsaOaep, Aes256_Sha256_RsaPss, or none for a "
                "connection that anybody can read and change",
                "Basic256Sha256、Aes128_Sha256_RsaOaep、Aes256_Sha256_RsaPss；none "
                "表示不加密，任何人可读取和篡改"}});
    form.text("mode", mode, false,
              {{"Security mode", "安全模式"},
               {"sign_and_encrypt, or sign for messages that may be read",
                "sign_and_encrypt（签名并加密）或 sign（仅签名）"}});
    form.text("server_certificate", server_certificate, false,
              {{"Server certificate", "服务器证书"},
               {"SHA-256 fingerprint of the certificate that is trusted. Leave it empty at first: "
                "the error then names the server's, to compare with what the server shows",
                "受信任证书的 SHA-256 指纹。首次可留空：错误信息会给出服务器证书的指纹，"
                "请与服务器上显示的核对"}});
    form.text("user", user, false,
              {{"User name", "用户名"}, {"Empty: anonymous", "留空则匿名登录"}});
    form.secret("password", password,
                {{"Password", "密码"},
                 {"Kept sealed; needed again when the endpoint changes",
                  "加密保存；更改端点后需重新输入"}});
    form.durations(
        "groups", groups, interval_least, interval_most, groups_max,
        {{"Groups", "采集组"},
         {"Name and interval of each, at which the server samples and sends; tags choose "
          "one by grp=",
          "每组的名称与间隔，服务器按此采样并发送；变量用 grp= 选择"}});
    form.number("queue_size", queue_size, 1, 10000,
                {{"Queue", "队列长度"},
                 {"Changes of one tag that the server keeps between two sendings",
                  "两次发送之间服务器为每个变量保留的变化数"}});
    form.duration("timeout", timeout, 100ms, 60s,
                  {{"Time-out", "超时"}, {"Of one request", "单次请求"}});
    form.duration("connect_timeout", connect_timeout, 100ms, 60s,
                  {{"Connect time-out", "连接超时"},
                   {"Of making the connection and the session", "建立连接与会话"}});
    form.duration("stale_after", stale_after, 1s, std::chrono::hours(24),
                  {{"Stale after", "失效时间"},
                   {"How long the last value counts as usable when the server is away",
                    "服务器失联后最后值仍可用的时长"}});
}

Result<Settings> read_settings(std::string_view text) {
    TRY_ASSIGN(Settings out, read_form<Settings>(text, "/settings"));
    if (!out.endpoint.starts_with(scheme) || out.endpoint.size() == scheme.size() ||
        out.endpoint.size() > 1024 || out.endpoint.find_first_of(" \t\r\n") != std::string::npos) {
        return bad_field("/settings/endpoint",
                         "write the server's URL, as opc.tcp://192.168.0.5:4840");
    }
    const auto policy = std::ranges::find(policy_names, std::string_view(out.security));
    if (policy == policy_names.end()) {
        return bad_field("/settings/security",
                         "is Basic256Sha256, Aes128_Sha256_RsaOaep, Aes256_Sha256_RsaPss or none");
    }
    out.policy = static_cast<Policy>(policy - policy_names.begin());
    if (out.mode != "sign" && out.mode != "sign_and_encrypt") {
        return bad_field("/settings/mode", "is sign or sign_and_encrypt");
    }
    out.encrypts = out.mode == "sign_and_encrypt";
    TRY(read_fingerprint(out));
    if (out.user.empty() && !out.password.empty()) {
        return bad_field("/settings/user", "is needed with a password");
    }
    return out;
}

std::string show_fingerprint(std::string_view digits) {
    std::string out;
    for (std::size_t i = 0; i < digits.size(); ++i) {
        if (i > 0 && i % 2 == 0) {
            out += ':';
        }
        const char c = digits[i];
        out += c >= 'a' && c <= 'f' ? static_cast<char>(c - 'a' + 'A') : c;
    }
    return out;
}

}  // namespace gantry::connector::opcua
