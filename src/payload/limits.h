// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "base/options.h"

namespace gantry::payload {

// What one message may be made of; beyond them it is refused as a whole.
struct PayloadLimits {
    std::int64_t payload_bytes_max = std::int64_t{4} << 20;
    std::int64_t depth_max = 32;          // of objects and arrays
    std::int64_t nodes_max = 200'000;     // values, objects and arrays
    std::int64_t readings_max = 100'000;  // that a message gives by one mapping
    std::int64_t name_bytes_max = 512;    // of a point; a longer one refuses that reading
    std::int64_t names_bytes_max = std::int64_t{8} << 20;  // of all points of a message

    void describe(OptionVisitor& options) {
        options.number("payload_bytes_max", payload_bytes_max, 1, std::int64_t{256} << 20,
                       "Largest message that mappings read.");
        options.number("depth_max", depth_max, 1, 256,
                       "How deep objects and arrays may be nested.");
        options.number("nodes_max", nodes_max, 1, 10'000'000,
                       "How many values, objects and arrays a message may have.");
        options.number("readings_max", readings_max, 1, 10'000'000,
                       "How many readings a message may give by one mapping.");
        options.number("name_bytes_max", name_bytes_max, 1, 65'535,
                       "Longest name of a point that a mapping makes.");
        options.number("names_bytes_max", names_bytes_max, 1, std::int64_t{1} << 30,
                       "What the names of one message may have together.");
    }
};

}  // namespace gantry::payload
