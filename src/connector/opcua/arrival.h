// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "connector/tags.h"

namespace gantry::connector::opcua {

// A value as it came from the server, for the tag with that number.
struct Arrival {
    std::uint32_t tag = 0;
    Quality quality;
    ValueType type = ValueType::Null;
    std::uint64_t bits = 0;  // of bool, int64 or float64
    std::string text;        // of string
    Time source = 0;         // when the device had it; 0 if nobody says
    Time server = 0;         // when the server looked; 0 if it does not say
    std::string complaint;   // why it cannot become the point's, if the server is not to blame

    Reading reading() const { return {quality, type, bits, text}; }
};

}  // namespace gantry::connector::opcua
