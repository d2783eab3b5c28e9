// SPDX-License-Identifier: Apache-2.0
// What the repositories of all entity kinds share.
#pragma once

#include <optional>

#include "base/clock.h"
#include "base/random.h"
#include "registry/changes.h"
#include "registry/database.h"
#include "registry/page.h"

namespace gantry::registry {

inline constexpr std::int64_t points_max_default = 1'000'000;

// What every repository is made with. All of it outlives them.
struct Ground {
    Database& database;
    ChangeFeed& feed;
    const Clock& clock;
    Random& random;
    std::int64_t points_max = points_max_default;  // of a tenant that has no quota of its own
};

// The version that the caller read, if it said so; a change then wants it to be still the same.
using ExpectedVersion = std::optional<std::int64_t>;

// PreconditionFailed if the entity has moved on.
Result<> check_version(const Stamp& stamp, const ExpectedVersion& expected);

Stamp new_stamp(const Clock& clock);
// The stamp after a change.
Stamp next_stamp(const Stamp& stamp, const Clock& clock);

// The last of the columns "…, created, updated, version".
Stamp read_stamp(const SqlRow& row, std::size_t first_column);
// Appends the three as parameters of those names.
std::vector<SqlParameter> with_stamp(std::vector<SqlParameter> parameters, const Stamp& stamp);

// All keys that begin with "prefix/" are ≥ the first and < the second.
std::pair<std::string, std::string> below(const std::string& path, char separator);

}  // namespace gantry::registry
