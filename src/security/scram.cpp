// SPDX-License-Identifier: Apache-2.0
#include "security/scram.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>

#include "base/assert.h"
#include "base/encoding.h"

namespace gantry::security {
namespace {

constexpr std::size_t message_bytes_max = 4096;

const unsigned char* raw(ByteView bytes) {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}

ScramKey sha256(ByteView bytes) {
    ScramKey out{};
    unsigned size = 0;
    const int done =
        EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(out.data()), &size,
                   EVP_sha256(), nullptr);
    ASSERT(done == 1 && size == out.size());
    return out;
}

ScramKey exclusive_or(const ScramKey& one, const ScramKey& other) {
    ScramKey out{};
    std::ranges::transform(one, other, out.begin(), std::bit_xor<>());
    return out;
}

// RFC 4648 section 4, with padding.
std::string to_base64(ByteView bytes) {
    std::string out = to_base64url(bytes);
    std::ranges::replace(out, '-', '+');
    std::ranges::replace(out, '_', '/');
    out.append((4 - out.size() % 4) % 4, '=');
    return out;
}

std::optional<Bytes> from_base64(std::string_view text) {
    if (text.size() % 4 != 0 || text.find_first_of("-_") != std::string_view::npos) {
        return std::nullopt;
    }
    while (text.ends_with('=')) {
        text.remove_suffix(1);
    }
    std::string digits(text);
    std::ranges::replace(digits, '+', '-');
    std::ranges::replace(digits, '/', '_');
    return from_base64url(digits);
}

std::unexpected<Error> malformed(std::string_view what) {
    return fail(Code::InvalidArgument, "the SCRAM message is malformed: {}", what);
}

// Takes "x=value" off the front of a message, up to the next comma.
std::optional<std::string_view> take(std::string_view& message, char name) {
    if (message.size() < 2 || message[0] != name || message[1] != '=') {
        return std::nullopt;
    }
    const std::size_t comma = std::min(message.find(','), message.size());
    const std::string_view value = message.substr(2, comma - 2);
    message.remove_prefix(std::min(comma + 1, message.size()));
    return value;
}

bool is_printable(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c >= '!' && c <= '~' && c != ','; });
}

}  // namespace

ScramKey hmac_sha256(ByteView key, std::string_view text) {
    ScramKey out{};
    unsigned size = 0;
    const auto* done =
        HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), raw(as_bytes(text)),
             text.size(), reinterpret_cast<unsigned char*>(out.data()), &size);
    ASSERT(done != nullptr && size == out.size());
    return out;
}

ScramVerifier make_scram_verifier(std::string_view password, ByteView salt, int iterations) {
    ScramKey salted{};
    const int done = PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()),
                                       raw(salt), static_cast<int>(salt.size()), iterations,
                                       EVP_sha256(), static_cast<int>(salted.size()),
                                       reinterpret_cast<unsigned char*>(salted.data()));
    ASSERT(done == 1);
    const ScramVerifier out{sha256(hmac_sha256(salted, "Client Key")),
                            hmac_sha256(salted, "Server Key")};
    OPENSSL_cleanse(salted.data(), salted.size());
    return out;
}

std::string scram_verifier_text(const ScramVerifier& verifier) {
    return to_hex(verifier.stored_key) + to_hex(verifier.server_key);
}

std::optional<ScramVerifier> read_scram_verifier(std::string_view text) {
    const auto bytes = from_hex(text);
    ScramVerifier out;
    if (!bytes || bytes->size() != out.stored_key.size() + out.server_key.size()) {
        return std::nullopt;
    }
    std::copy_n(bytes->begin(), out.stored_key.size(), out.stored_key.begin());
    std::copy_n(bytes->begin() + out.stored_key.size(), out.server_key.size(),
                out.server_key.begin());
    return out;
}

// gs2-header: the client's word on channel binding, and an authorization identity, which we do not
// take. Leaves its length in header_.
Result<> ScramServer::check_header(std::string_view message) {
    const std::size_t comma = message.find(',');
    const std::size_t end = comma == std::string_view::npos ? comma : message.find(',', comma + 1);
    if (end == std::string_view::npos) {
        return malformed("there is no GS2 header");
    }
    const std::string_view binding = message.substr(0, comma);
    if (end != comma + 1) {
        return fail(Code::Unsupported, "signing in for somebody else is not supported");
    }
    if (binding_.plus ? binding != "p=tls-server-end-point" : binding != "n" && binding != "y") {
        return malformed("the channel binding is not that of the mechanism");
    }
    // Somebody between us and the client hid our offer from it (RFC 5802, section 6).
    if (binding == "y" && binding_.offered) {
        return fail(Code::Unauthenticated, "the offer of channel binding did not arrive");
    }
    header_ = message.substr(0, end + 1);
    return {};
}

Result<std::string> ScramServer::first(std::string_view message, std::string_view nonce,
                                       ByteView salt, int iterations) {
    if (message.size() > message_bytes_max) {
        return malformed("it is too long");
    }
    TRY(check_header(message));
    std::string_view rest = message.substr(header_.size());
    client_first_ = rest;
    // The name in it is not looked at: the protocol that carries us has one of its own.
    if (!take(rest, 'n')) {
        return malformed("there is no name");
    }
    const auto theirs = take(rest, 'r');
    if (!theirs || theirs->empty() || !is_printable(*theirs)) {
        return malformed("there is no nonce");
    }
    nonce_ = std::string(*theirs) + std::string(nonce);
    server_first_ = "r=" + nonce_ + ",s=" + to_base64(salt) + ",i=" + std::to_string(iterations);
    return server_first_;
}

Result<ScramServer::Proven> ScramServer::final(std::string_view message,
                                               std::span<const ScramVerifier> verifiers) const {
    const std::size_t proof_at = message.rfind(",p=");
    if (message.size() > message_bytes_max || proof_at == std::string_view::npos ||
        server_first_.empty()) {
        return malformed("there is no proof");
    }
    const std::string_view without_proof = message.substr(0, proof_at);
    const auto proof = from_base64(message.substr(proof_at + 3));
    std::string_view rest = message;
    const auto binding = take(rest, 'c');
    const auto nonce = take(rest, 'r');
    if (!proof || proof->size() != sizeof(ScramKey) || !binding || !nonce) {
        return malformed("it has no channel binding, nonce and proof");
    }
    const std::string bound = header_ + std::string(binding_.plus ? binding_.end_point : "");
    if (*binding != to_base64(as_bytes(bound))) {
        return fail(Code::Unauthenticated,
                    "the connection ends somewhere else than here: its certificate is not ours");
    }
    if (*nonce != nonce_) {
        return malformed("the nonce is another one");
    }
    ScramKey shown{};
    std::ranges::copy(*proof, shown.begin());
    const std::string signed_text =
        client_first_ + "," + server_first_ + "," + std::string(without_proof);
    std::optional<std::size_t> found;
    for (std::size_t i = 0; i < verifiers.size(); ++i) {
        const ScramKey signature = hmac_sha256(verifiers[i].stored_key, signed_text);
        const ScramKey stored = sha256(exclusive_or(shown, signature));
        if (CRYPTO_memcmp(stored.data(), verifiers[i].stored_key.data(), stored.size()) == 0) {
            found = i;
        }
    }
    if (!found) {
        return fail(Code::Unauthenticated, "login or password is wrong");
    }
    const ScramKey signature = hmac_sha256(verifiers[*found].server_key, signed_text);
    return Proven{*found, "v=" + to_base64(signature)};
}

}  // namespace gantry::security
