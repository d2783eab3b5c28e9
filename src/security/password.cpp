// SPDX-License-Identifier: Apache-2.0
#include "security/password.h"

#include <argon2.h>

#include <algorithm>
#include <array>
#include <format>

#include "base/assert.h"

namespace gantry::security {
namespace {

constexpr std::size_t salt_bytes = 16;
constexpr std::size_t hash_bytes = 32;

// The start of every list of leaked passwords, as far as they are long enough.
constexpr std::array<std::string_view, 12> common = {
    "1234567890",  "password123", "password1234", "administrator", "qwertyuiop", "1q2w3e4r5t",
    "iloveyou123", "adminadmin",  "changeme123",  "0987654321",    "welcome123", "gantrygantry"};

}  // namespace

Result<> check_new_password(const Secret& password, std::string_view login) {
    const std::string_view text = password.reveal();
    if (text.size() < password_length_min || text.size() > password_length_max) {
        return fail(Code::InvalidArgument, "a password has {} to {} characters",
                    password_length_min, password_length_max);
    }
    std::string lower(text);
    std::ranges::transform(lower, lower.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const bool one_character = lower.find_first_not_of(lower[0]) == std::string::npos;
    if (one_character || std::ranges::find(common, lower) != common.end() ||
        (!login.empty() && lower.find(login) != std::string::npos)) {
        return fail(Code::InvalidArgument, "this password is too easy to guess: choose one that is "
                                           "not a common one and does not hold the login");
    }
    return {};
}

std::string hash_password(const Secret& password, Random& random, const PasswordCost& cost) {
    std::array<std::byte, salt_bytes> salt{};
    random.fill(salt);
    std::array<char, 256> encoded{};
    const std::string_view text = password.reveal();
    const int result =
        argon2id_hash_encoded(cost.passes, cost.memory_kib, 1, text.data(), text.size(),
                              salt.data(), salt.size(), hash_bytes, encoded.data(), encoded.size());
    ASSERT(result == ARGON2_OK);
    return encoded.data();
}

bool verify_password(const Secret& password, const std::string& hash) {
    const std::string_view text = password.reveal();
    return argon2id_verify(hash.c_str(), text.data(), text.size()) == ARGON2_OK;
}

bool needs_rehash(const std::string& hash, const PasswordCost& cost) {
    return !hash.starts_with(
        std::format("$argon2id$v=19$m={},t={},p=1$", cost.memory_kib, cost.passes));
}

Secret generate_password(Random& random) {
    constexpr std::string_view letters = "abcdefghijkmnpqrstuvwxyz23456789";
    std::string out;
    for (int group = 0; group < 4; ++group) {
        out += group == 0 ? "" : "-";
        for (int i = 0; i < 5; ++i) {
            out += letters[random.below(letters.size())];
        }
    }
    return Secret(std::move(out));
}

}  // namespace gantry::security
