// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace gantry {

enum class Language : unsigned char { English, Chinese };

// A name that people read, in both languages of the console; either may be empty.
struct LocalizedText {
    std::string en;
    std::string zh;

    // In the language that is asked for, else in the other.
    const std::string& in(Language language) const {
        const std::string& wanted = language == Language::Chinese ? zh : en;
        return !wanted.empty() ? wanted : language == Language::Chinese ? en : zh;
    }
    bool empty() const { return en.empty() && zh.empty(); }
    bool operator==(const LocalizedText&) const = default;
};

}  // namespace gantry
