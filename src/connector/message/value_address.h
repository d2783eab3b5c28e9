// SPDX-License-Identifier: Apache-2.0
// How people write down where a value stands in a message: "json=$.temperature *0.1+5
// time=$.ts@ms". What the addresses of all protocols that carry messages share. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connector/tag_text.h"
#include "payload/mapping.h"

namespace gantry::connector {

struct ValueAddress {
    std::string json;  // the path of the value; empty: it is the whole message
    std::string time;  // the path of the source's time; empty: when the message came
    payload::TimeFormat time_format = payload::TimeFormat::Rfc3339;
    std::string quality;  // the path of a quality's name; empty: good
    bool sparse = false;  // messages without the value are as if they had not come
    Scaling scaling;
    std::optional<Deadband> deadband;
    std::optional<Duration> silence_max;

    bool operator==(const ValueAddress&) const = default;
};

// Its options, those that are not as they are without them: " json=$.speed *0.1 db=0.5".
std::string format_value(const ValueAddress& address);

inline constexpr std::size_t message_address_bytes_max = 1024;

// Reads addresses that begin with where messages come from, in quotes if it has blanks, and go on
// with options.
class ValueText : protected TagText {
protected:
    using TagText::TagText;

    // The first word, without its quotes.
    Result<std::string> source();
    // What follows the first word, after a blank each; `one` takes an option.
    template <class One>
    Result<> options(std::string_view help, One one) {
        while (!at_end()) {
            if (!take(' ')) {
                return complain(help);
            }
            if (!at_end() && !next_is(' ')) {
                TRY(one());
            }
        }
        return {};
    }
    // One option of ValueAddress; false, and nothing is taken, if it is none of them.
    Result<bool> value_option(ValueAddress& out);
    // At the end: what belongs together.
    Result<> check_value(const ValueAddress& address) const;
    // A path that leads to one value.
    Result<> path(std::string& out, std::string_view stops);
    // Where in an object a value is written: "$.command.value".
    Result<> written_path(std::string& out);

private:
    Result<> quoted(std::string& out);
    Result<> time(ValueAddress& out);
    std::string_view take_path(std::string_view stops);
};

// A source as source() reads it.
std::string in_quotes_if_need_be(std::string_view source);

// The names of a path that leads into an object and through objects only: "$.command.value".
std::vector<std::string_view> names_of(std::string_view path);

}  // namespace gantry::connector
