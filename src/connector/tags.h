// SPDX-License-Identifier: Apache-2.0
// What the tags of all protocols have in common.
#pragma once

#include <optional>

#include "connector/connector.h"
#include "connector/form.h"
#include "connector/tag_text.h"

namespace gantry::connector {

// A value as it was read: no value (Null) whenever the quality is bad.
struct Reading {
    Quality quality;
    ValueType type = ValueType::Null;
    std::uint64_t bits = 0;  // of bool, int64 or float64
    std::string_view text;   // of string
};

// A tag that cannot be read as it is written.
struct WrongTag {
    SeriesId series;
    std::string path;
    std::string complaint;
};

// The tags of a connection as its protocol has them, and those that cannot be.
template <class Tag>
struct TagTable {
    std::vector<Tag> tags;
    std::vector<std::string> paths;  // of the points of `tags`
    std::vector<WrongTag> wrong;
};

// Of whatever `make(settings, address, property)` says of each.
template <class Settings, class Make>
auto table_of(const Settings& settings, const std::vector<TagBinding>& bindings, Make make) {
    TagTable<typename std::invoke_result_t<Make, const Settings&, std::string_view,
                                           const Property&>::value_type>
        out;
    out.tags.reserve(bindings.size());
    out.paths.reserve(bindings.size());
    for (const TagBinding& binding : bindings) {
        auto tag = make(settings, binding.address, binding.property);
        if (!tag) {
            out.wrong.push_back({binding.series, binding.path, std::move(tag).error().message});
            continue;
        }
        tag->series = binding.series;
        out.tags.push_back(std::move(*tag));
        out.paths.push_back(binding.path);
    }
    return out;
}

// The complaint, with the address that it is about; its field is "/address".
std::unexpected<Error> complain_about(std::string_view address, std::string_view what);

// The place of a group; InvalidArgument names the ones that there are.
Result<std::size_t> find_group(const NamedDurations& groups, std::string_view name);

inline bool is_number(ValueType type) {
    return type == ValueType::Int64 || type == ValueType::Float64;
}

// In units of the value, of an address. InvalidArgument where the point has no numbers, or no range
// that a percentage could be of.
Result<std::optional<double>> deadband_of(std::string_view address,
                                          const std::optional<Deadband>& deadband,
                                          const Property& property);

// The same of a tag that is polled, where `only_changes` is the connection's word on those that say
// nothing. InvalidArgument also for a longest silence of one that reports everything.
Result<std::optional<double>> polled_deadband(std::string_view address,
                                              const std::optional<Deadband>& deadband,
                                              const std::optional<Duration>& silence_max,
                                              bool only_changes, const Property& property);

// In units of the value. InvalidArgument for a percentage of a range that the property has not.
Result<double> absolute_deadband(const Deadband& deadband, const Property& property);

}  // namespace gantry::connector
