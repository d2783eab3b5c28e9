// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/random.h"
#include "base/secret.h"

namespace gantry::security {

// What a caller shows to be known: 256 random bits after a prefix by which a leaked one is found in
// logs and repositories ("gty_…"). Nothing is encoded in it, so nothing can be forged.
Secret generate_token(Random& random);

// Whether text has the form of a token.
bool has_token_form(std::string_view text);

// SHA-256, in hexadecimal: what is kept of a token. Enough, because tokens are random.
std::string token_hash(std::string_view token);

// SHA-256 of anything, in hexadecimal.
std::string sha256_hex(std::string_view bytes);

}  // namespace gantry::security
