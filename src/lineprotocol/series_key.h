// SPDX-License-Identifier: Apache-2.0
// The name of a series: measurement, tags in the order of their names, field.
//
//     cpu,host=a,region=eu#usage
//
// Measurement and tags stand there as line protocol writes them, the field behind '#'. A backslash
// stands before ',', ' ' and '#' of a name or value, and before '=' of all but the measurement. A
// value that ends in a backslash, which no line can say, has '=' before it and two backslashes for
// each: `,disk==C:\\`. Two series never have one key.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gantry::lineprotocol {

struct Tag {
    std::string_view name;
    std::string_view value;
};

// Of names and values as they are meant, without escapes. Names must not end in a backslash.
std::string series_key(std::string_view measurement, std::span<const Tag> tags,
                       std::string_view field);

struct SeriesName {
    std::string measurement;
    std::vector<std::pair<std::string, std::string>> tags;
    std::string field;

    bool operator==(const SeriesName&) const = default;
};

// The other way. Good for every key that series_key() or a line made; of other text it makes what
// it can.
SeriesName split_series_key(std::string_view key);

// Appends what stands before '#', from names and values as they stand in a line. False when two
// tags have one name, and then `twice` is the second of them. Sorts the tags.
bool append_line_key(std::string& key, std::string_view measurement, std::span<Tag> tags,
                     std::string_view& twice);
// Appends '#' and the field, as it stands in a line.
void append_field_key(std::string& key, std::string_view field);

}  // namespace gantry::lineprotocol
