// SPDX-License-Identifier: Apache-2.0
#include "registry/repository.h"

namespace gantry::registry {

Result<> check_version(const Stamp& stamp, const ExpectedVersion& expected) {
    if (expected && *expected != stamp.version) {
        return fail(
            Code::PreconditionFailed,
            "it was changed meanwhile (version {}, you have {}): read it again, then repeat "
            "your change",
            stamp.version, *expected);
    }
    return {};
}

Stamp new_stamp(const Clock& clock) {
    const Time now = clock.now();
    return {.created = now, .updated = now, .version = 1};
}

Stamp next_stamp(const Stamp& stamp, const Clock& clock) {
    return {.created = stamp.created, .updated = clock.now(), .version = stamp.version + 1};
}

Stamp read_stamp(const SqlRow& row, std::size_t first_column) {
    return {.created = row.number(first_column),
            .updated = row.number(first_column + 1),
            .version = row.number(first_column + 2)};
}

std::vector<SqlParameter> with_stamp(std::vector<SqlParameter> parameters, const Stamp& stamp) {
    parameters.emplace_back("created", stamp.created);
    parameters.emplace_back("updated", stamp.updated);
    parameters.emplace_back("version", stamp.version);
    return parameters;
}

std::pair<std::string, std::string> below(const std::string& path, char separator) {
    return {path + separator, path + static_cast<char>(separator + 1)};
}

}  // namespace gantry::registry
