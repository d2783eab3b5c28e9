// SPDX-License-Identifier: Apache-2.0
// SCRAM-SHA-256 (RFC 5802, RFC 7677), the server's side: who asks proves to know a password without
// saying it, and the server keeps nothing from which a password could be had.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace gantry::security {

inline constexpr int scram_iterations = 4096;  // the least that RFC 7677 allows

using ScramKey = std::array<std::byte, 32>;

// What is kept of a password.
struct ScramVerifier {
    ScramKey stored_key{};
    ScramKey server_key{};

    bool operator==(const ScramVerifier&) const = default;
};

// Takes about a millisecond. The password is ASCII, as tokens are, so SASLprep changes nothing.
ScramVerifier make_scram_verifier(std::string_view password, ByteView salt, int iterations);
// Two keys in hexadecimal, for a column of a table.
std::string scram_verifier_text(const ScramVerifier& verifier);
std::optional<ScramVerifier> read_scram_verifier(std::string_view text);

// HMAC-SHA-256.
ScramKey hmac_sha256(ByteView key, std::string_view text);

// What the connection offers to be bound to, and how.
struct ScramBinding {
    bool plus = false;     // the client chose SCRAM-SHA-256-PLUS
    bool offered = false;  // we offered it
    // tls-server-end-point (RFC 5929): the hash of the certificate that was shown.
    std::string_view end_point;
};

// One exchange. Pure: it is given the client's messages and says ours.
class ScramServer {
public:
    explicit ScramServer(ScramBinding binding) : binding_(binding) {}

    // client-first-message in, server-first-message out. InvalidArgument: not such a message.
    // `nonce` is printable and without commas.
    Result<std::string> first(std::string_view message, std::string_view nonce, ByteView salt,
                              int iterations);

    struct Proven {
        std::size_t verifier = 0;  // which of them
        std::string message;       // server-final-message
    };
    // client-final-message in. The proof is tried against each verifier, always against all of
    // them; Unauthenticated if none fits.
    Result<Proven> final(std::string_view message, std::span<const ScramVerifier> verifiers) const;

private:
    Result<> check_header(std::string_view message);

    ScramBinding binding_;
    std::string header_;        // gs2-header, which the client repeats
    std::string client_first_;  // without the header
    std::string server_first_;
    std::string nonce_;  // the client's and ours
};

}  // namespace gantry::security
