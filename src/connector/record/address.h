// SPDX-License-Identifier: Apache-2.0
// How people write down where a value stands in a row of a table or a file: "temperature *0.1
// where=machine:M1". Pure.
#pragma once

#include "connector/message/value_address.h"
#include "payload/path.h"

namespace gantry::connector::record {

// A row counts if the column has the value.
struct Condition {
    std::string column;
    std::string value;

    bool operator==(const Condition&) const = default;
};

struct Address {
    std::string column;  // or a path into JSON: "$.motor.speed"
    std::vector<Condition> where;
    std::string quality;  // a column or path; empty: good
    bool sparse = false;  // rows without the value are as if they had not come
    Scaling scaling;
    std::optional<Deadband> deadband;
    std::optional<Duration> silence_max;

    bool operator==(const Address&) const = default;
};

// InvalidArgument that says where in the text the trouble is and what to write instead.
Result<Address> parse_address(std::string_view text);
// A text that parses to the same.
std::string format_address(const Address& address);

// The path to a column: itself, if it is one already.
Result<payload::Path> path_to(std::string_view column);

}  // namespace gantry::connector::record
