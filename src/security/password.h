// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"

namespace gantry::security {

// Cost of one hash. Defaults: RFC 9106's second recommendation, 64 MiB and three passes.
struct PasswordCost {
    std::uint32_t memory_kib = 64 * 1024;
    std::uint32_t passes = 3;
};

inline constexpr std::size_t password_length_min = 10;
inline constexpr std::size_t password_length_max = 256;

// Refuses what is too short, too long, or among the passwords that are tried first; NIST SP 800-63B
// section 3.1.1: length counts, composition rules do not.
Result<> check_new_password(const Secret& password, std::string_view login);

// argon2id in the PHC string form, salt included. Takes about 0.1 s and the memory of the cost: run
// it on the offload pool.
std::string hash_password(const Secret& password, Random& random, const PasswordCost& cost = {});
bool verify_password(const Secret& password, const std::string& hash);
// Whether the hash was made at another cost and should be made anew at the next sign-in.
bool needs_rehash(const std::string& hash, const PasswordCost& cost = {});

// Four groups of five letters and digits without look-alikes, about 99 bits: "k7mqd-…".
Secret generate_password(Random& random);

}  // namespace gantry::security
