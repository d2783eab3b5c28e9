// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/secret.h"
#include "connector/form.h"

namespace gantry::connector::opcua {

enum class Policy : unsigned char {
    None,
    Basic256Sha256,
    Aes128Sha256RsaOaep,
    Aes256Sha256RsaPss,
};

std::string_view policy_name(Policy policy);  // "Aes256_Sha256_RsaPss", "none"
std::string policy_uri(Policy policy);

// How to talk to one OPC UA server.
struct Settings {
    std::string endpoint;  // "opc.tcp://192.168.0.5:4840"
    std::string security = "Basic256Sha256";
    std::string mode = "sign_and_encrypt";
    std::string server_certificate;  // its SHA-256 fingerprint in hexadecimal digits, as written
    std::string user;                // empty: anonymous
    Secret password;
    NamedDurations groups = {{"default", std::chrono::seconds(1)}};
    std::int64_t queue_size = 10;                // values of a tag that wait in the server
    Duration timeout = std::chrono::seconds(5);  // of one request
    Duration connect_timeout = std::chrono::seconds(10);
    Duration stale_after = std::chrono::seconds(30);

    void describe(Form& form);

    // Worked out of the texts above.
    Policy policy = Policy::Basic256Sha256;
    bool encrypts = true;     // SignAndEncrypt, not only Sign
    std::string fingerprint;  // 64 lower-case digits; empty: none is trusted yet
};

// Errors have their field: "/settings/endpoint".
Result<Settings> read_settings(std::string_view text);

// "AB:CD:…" of a certificate's SHA-256, as people compare it.
std::string show_fingerprint(std::string_view digits);

}  // namespace gantry::connector::opcua
