// SPDX-License-Identifier: Apache-2.0
#include "base/ids.h"

#include <array>

namespace gantry {
namespace {

constexpr std::string_view crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr std::size_t ulid_length = 26;

}  // namespace

std::string make_ulid(Time now, Random& random) {
    const auto millis = static_cast<std::uint64_t>(now / 1'000'000);
    std::array<std::byte, 16> entropy{};
    random.fill(entropy);
    std::string out(ulid_length, '0');
    for (std::size_t i = 0; i < 10; ++i) {
        out[i] = crockford[millis >> (45 - 5 * i) & 31];
    }
    for (std::size_t i = 10; i < ulid_length; ++i) {
        out[i] = crockford[std::to_integer<unsigned>(entropy[i - 10]) & 31];
    }
    return out;
}

bool has_id_form(std::string_view text, std::string_view prefix) {
    return text.size() == prefix.size() + 1 + ulid_length && text.starts_with(prefix) &&
           text[prefix.size()] == '_' &&
           text.substr(prefix.size() + 1).find_first_not_of(crockford) == std::string_view::npos;
}

}  // namespace gantry
