// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <format>

#include "connector/words/language.h"

namespace gantry::connector::words {

// What a make says to a request that it does not fulfil.
struct EndCode {
    std::uint16_t code;
    bool of_address;
    std::string_view text;
};

// "the device number is out of range (end code 0x4031)"
inline Answer refusal(std::span<const EndCode> known, std::uint16_t code) {
    const auto found = std::ranges::find(known, code, &EndCode::code);
    const bool is_known = found != known.end();
    return {.of_address = is_known && found->of_address,
            .why = std::format("{} (end code 0x{:04X})",
                               is_known ? found->text : "the controller refuses it", code)};
}

}  // namespace gantry::connector::words
