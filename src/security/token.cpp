// SPDX-License-Identifier: Apache-2.0
#include "security/token.h"

#include <openssl/evp.h>

#include <array>

#include "base/assert.h"
#include "base/encoding.h"

namespace gantry::security {
namespace {

constexpr std::string_view prefix = "gty_";
constexpr std::size_t random_bytes = 32;
constexpr std::size_t coded_length = 43;  // of 32 bytes in base64 without padding

}  // namespace

Secret generate_token(Random& random) {
    std::array<std::byte, random_bytes> bytes{};
    random.fill(bytes);
    return Secret(std::string(prefix) + to_base64url(bytes));
}

bool has_token_form(std::string_view text) {
    return text.size() == prefix.size() + coded_length && text.starts_with(prefix) &&
           from_base64url(text.substr(prefix.size())).has_value();
}

std::string sha256_hex(std::string_view bytes) {
    std::array<std::byte, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    const int done =
        EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(digest.data()),
                   &size, EVP_sha256(), nullptr);
    ASSERT(done == 1);
    return to_hex(ByteView(digest).first(size));
}

std::string token_hash(std::string_view token) { return sha256_hex(token); }

}  // namespace gantry::security
