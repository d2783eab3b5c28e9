// SPDX-License-Identifier: Apache-2.0
// How people write down what to read: "D100:f32*0.1+5 db=0.5 grp=fast", "M20", "W1F.3". Pure.
#pragma once

#include "connector/words/language.h"

namespace gantry::connector::words {

struct Address {
    std::uint16_t area = 0;   // place in Language::areas()
    std::uint32_t start = 0;  // as people write it
    registers::Format format;
    // If set, samples go out only when the value has changed by more than this.
    std::optional<Deadband> deadband;
    std::optional<Duration> silence_max;  // and at least this often
    std::string group = "default";

    bool operator==(const Address&) const = default;
};

inline constexpr std::size_t address_bytes_max = 256;

// InvalidArgument that says where in the text the trouble is and what to write instead.
Result<Address> parse_address(const Language& language, std::string_view text);

// The shortest text that parses to the same.
std::string format_address(const Language& language, const Address& address);

// By its name, in either case.
std::optional<std::uint16_t> find_area(const Language& language, std::string_view name);

}  // namespace gantry::connector::words
