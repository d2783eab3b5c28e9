// SPDX-License-Identifier: Apache-2.0
#include "lineprotocol/line_options.h"

namespace gantry::lineprotocol {

Result<Precision> parse_precision(std::string_view text) {
    struct Word {
        std::string_view text;
        Precision precision;
    };
    static constexpr Word words[] = {{"ns", Precision::Nanoseconds},
                                     {"n", Precision::Nanoseconds},
                                     {"us", Precision::Microseconds},
                                     {"u", Precision::Microseconds},
                                     {"\u00b5", Precision::Microseconds},
                                     {"ms", Precision::Milliseconds},
                                     {"s", Precision::Seconds},
                                     {"m", Precision::Minutes},
                                     {"h", Precision::Hours}};
    for (const Word& word : words) {
        if (word.text == text) {
            return word.precision;
        }
    }
    return fail(Code::InvalidArgument, "'{}' is not a precision: use ns, us, ms, s, m or h", text);
}

std::string_view precision_name(Precision precision) {
    switch (precision) {
        case Precision::Nanoseconds: return "nanoseconds";
        case Precision::Microseconds: return "microseconds";
        case Precision::Milliseconds: return "milliseconds";
        case Precision::Seconds: return "seconds";
        case Precision::Minutes: return "minutes";
        case Precision::Hours: return "hours";
    }
    return {};
}

std::int64_t nanoseconds_of(Precision precision) {
    switch (precision) {
        case Precision::Nanoseconds: return 1;
        case Precision::Microseconds: return 1'000;
        case Precision::Milliseconds: return 1'000'000;
        case Precision::Seconds: return 1'000'000'000;
        case Precision::Minutes: return 60'000'000'000;
        case Precision::Hours: return 3'600'000'000'000;
    }
    return 1;
}

std::string to_text(const LineError& error) {
    return std::format("line {}, column {}: {}", error.line, error.column, error.error.message);
}

}  // namespace gantry::lineprotocol
