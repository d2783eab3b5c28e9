// SPDX-License-Identifier: Apache-2.0
#include "opcua/options.h"

namespace gantry::opcua {
namespace {

constexpr std::size_t fingerprint_digits = 64;

}  // namespace

void ServerOptions::describe(OptionVisitor& options) {
    using namespace std::chrono_literals;
    options.texts("endpoints", endpoints,
                  "Tenants that are served, each at an address and port of its own, as in "
                  "\"main=127.0.0.1:4840\"; none: closed. It is always encrypted.");
    options.texts("trusted_clients", trusted_clients,
                  "SHA-256 fingerprints of the certificates of client programs that are let in, "
                  "beside those in the data folder's opcua/trusted/. Nobody else is.");
    options.texts(
        "users", users,
        "People and programs that sign in by an X.509 certificate of their own: its "
        "SHA-256 fingerprint and the login of the principal, as in \"3A9F...=operator\".");
    options.flag("basic256sha256", basic256sha256,
                 "Also offer the policy Basic256Sha256, which older clients need, beside "
                 "Aes128_Sha256_RsaOaep and Aes256_Sha256_RsaPss.");
    options.number("sessions_max", sessions_max, 1, 10'000,
                   "Sessions of one tenant at one time; more are refused.");
    options.number("connections_max", connections_max, 1, 10'000,
                   "Connections to one endpoint at one time. When there are so many, the oldest "
                   "one without a session gives way.");
    options.duration("session_timeout_max", session_timeout_max, 10s, std::chrono::hours(24),
                     "Longest time that a session may ask to live without a request.");
    options.number("subscriptions_max", subscriptions_max, 1, 1'000'000,
                   "Subscriptions of one tenant.");
    options.number("subscriptions_per_session", subscriptions_per_session, 1, 10'000,
                   "Subscriptions of one session.");
    options.number("monitored_items_max", monitored_items_max, 1, 10'000'000,
                   "Monitored items of one tenant.");
    options.number("queue_size_max", queue_size_max, 1, 10'000,
                   "Values of one monitored item that may wait for the client.");
    options.number("publish_requests_per_session", publish_requests_per_session, 1, 1'000,
                   "Publish requests of one session that may wait.");
    options.duration("interval_least", interval_least, 10ms, 60s,
                     "Shortest sampling and publishing interval.");
    options.number("message_bytes_max", message_bytes_max, 64 * 1024, 1024 * 1024 * 1024,
                   "Largest request and answer.");
    options.number("nodes_per_request", nodes_per_request, 1, 100'000,
                   "Nodes that one request may read, browse or monitor.");
    options.number("history_values_max", history_values_max, 1, 1'000'000,
                   "Values that one answer to HistoryRead may have in all; the rest comes by "
                   "continuation.");
    options.number("writes_waiting_max", writes_waiting_max, 1, 100'000,
                   "Writes of one tenant that may be under way to devices.");
}

Result<std::string> read_fingerprint(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const char lower = c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
        if (c == ':' || c == ' ') {
            continue;
        }
        if ((lower < '0' || lower > '9') && (lower < 'a' || lower > 'f')) {
            return fail(Code::InvalidArgument,
                        "'{}' is no fingerprint: write the certificate's SHA-256 in hexadecimal "
                        "digits",
                        text);
        }
        out += lower;
    }
    if (out.size() != fingerprint_digits) {
        return fail(Code::InvalidArgument,
                    "'{}' has {} hexadecimal digits instead of the {} of a "
                    "SHA-256 fingerprint",
                    text, out.size(), fingerprint_digits);
    }
    return out;
}

Result<EndpointOptions> read_endpoint(const std::string& text) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == text.size()) {
        return fail(Code::InvalidArgument,
                    "opcua_server.endpoints: '{}' is not a tenant and an address: write "
                    "\"main=127.0.0.1:4840\"",
                    text);
    }
    return EndpointOptions{text.substr(0, equals), text.substr(equals + 1)};
}

Result<std::pair<std::string, std::string>> read_user(const std::string& text) {
    const std::size_t equals = text.rfind('=');
    if (equals == std::string::npos || equals + 1 == text.size()) {
        return fail(Code::InvalidArgument,
                    "opcua_server.users: '{}' is not a fingerprint and a login: write "
                    "\"3A9F...=operator\"",
                    text);
    }
    auto fingerprint = read_fingerprint(std::string_view(text).substr(0, equals));
    if (!fingerprint) {
        return within("opcua_server.users", fingerprint.error());
    }
    return std::pair(std::move(*fingerprint), text.substr(equals + 1));
}

}  // namespace gantry::opcua
