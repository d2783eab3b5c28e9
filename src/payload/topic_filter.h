// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace gantry::payload {

// What a topic has at the places that a filter leaves open, in the order in which they stand.
using Captures = std::vector<std::string_view>;

// A topic filter of MQTT whose levels may have names: `factory/{line}/{machine}/#`. A name stands
// for `+`; both match one level, `#` at the end any number of levels, none included.
class TopicFilter {
public:
    enum class Level : unsigned char { Text, One, Rest };
    struct Part {
        Level level = Level::Text;
        std::string text = {};  // the level, or its name; a `+` has none
    };

    static Result<TopicFilter> parse(std::string_view text);

    std::span<const Part> parts() const { return parts_; }
    // As MQTT writes it: with + instead of names.
    std::string subscription() const;
    // Whether `#` stands at the end; what it matches is the last of the captures.
    bool open() const { return !parts_.empty() && parts_.back().level == Level::Rest; }
    // Which of the captures has that name; npos: none.
    std::size_t capture(std::string_view name) const;
    static constexpr std::size_t npos = SIZE_MAX;

    // Whether a message of that topic is meant, and what it has at the open places.
    bool match(std::string_view topic, Captures& captures) const;

private:
    std::vector<Part> parts_;
};

}  // namespace gantry::payload
