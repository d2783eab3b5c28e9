// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "model/reading_batch.h"
#include "payload/mapping.h"

namespace gantry::payload {

// What a format says of the types of its values.
enum class Typing : unsigned char {
    Json,      // numbers are numbers: whole ones are float64 too, where that is exact
    Declared,  // they are what they are
    Loose,     // everything is a text, and what looks like a number or true and false is that
};

// Gives the reading the value of the node, as that type or, for Null, as what it is. Null when it
// is done, else what is wrong with it. Texts that have to be made go into `scratch`.
const char* convert(const Document& document, NodeIndex node, ValueType type, Typing typing,
                    std::string& scratch, Reading& reading);

// The time that stands in a node.
Result<Time> read_time(const Document& document, NodeIndex node, TimeFormat format);

}  // namespace gantry::payload
