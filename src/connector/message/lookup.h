// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "connector/message/value_address.h"
#include "connector/tags.h"
#include "payload/path.h"

namespace gantry::connector {

// What is looked for in a message, with everything that it needs worked out.
struct Lookup {
    ValueType type = ValueType::Float64;
    Scaling scaling;
    bool sparse = false;
    payload::TimeFormat time_format = payload::TimeFormat::Rfc3339;
    std::string json;                    // the path, for people
    std::optional<payload::Path> value;  // none: the whole message
    std::optional<payload::Path> time;
    std::optional<payload::Path> quality;
};

// InvalidArgument where the property has no numbers to be scaled; `text` is the whole address.
Result<Lookup> make_lookup(const ValueAddress& address, std::string_view text,
                           const Property& property);

// A value of the property as a message says it: alone, or at `where` ("$.command.value") in an
// object. InvalidArgument says why it cannot be.
Result<std::string> message_of(const Lookup& lookup, std::string_view where,
                               const Property& property, const Value& value);

// Whether what is read back is what was written. A source has steps of its own: of a float32 its
// last bit, of a whole number one.
bool is_as_written(const Lookup& lookup, const Value& seen, const Value& wanted);

}  // namespace gantry::connector
