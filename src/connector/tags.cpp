// SPDX-License-Identifier: Apache-2.0
#include "connector/tags.h"

#include <algorithm>

namespace gantry::connector {

std::unexpected<Error> complain_about(std::string_view address, std::string_view what) {
    return std::unexpected(
        Error{Code::InvalidArgument, std::format("'{}': {}", address, what), "/address"});
}

Result<std::size_t> find_group(const NamedDurations& groups, std::string_view name) {
    const auto found = std::ranges::find(groups, name, &NamedDurations::value_type::first);
    if (found != groups.end()) {
        return static_cast<std::size_t>(found - groups.begin());
    }
    std::string known;
    for (const auto& [word, period] : groups) {
        known += (known.empty() ? "" : ", ") + word;
    }
    return std::unexpected(
        Error{Code::InvalidArgument,
              std::format("there is no poll group '{}': use one of {}, or add it to the connection",
                          name, known),
              "/address"});
}

Result<std::optional<double>> deadband_of(std::string_view address,
                                          const std::optional<Deadband>& deadband,
                                          const Property& property) {
    if (!deadband) {
        return std::nullopt;
    }
    const auto absolute = absolute_deadband(*deadband, property);
    if (!absolute) {
        return complain_about(address, absolute.error().message);
    }
    if (*absolute != 0 && !is_number(property.type)) {
        return complain_about(address,
                              "only numbers have a deadband: write db=0 to see changes only");
    }
    return *absolute;
}

Result<std::optional<double>> polled_deadband(std::string_view address,
                                              const std::optional<Deadband>& deadband,
                                              const std::optional<Duration>& silence_max,
                                              bool only_changes, const Property& property) {
    TRY_ASSIGN(std::optional<double> out, deadband_of(address, deadband, property));
    if (!out && only_changes) {
        out = 0;
    }
    if (silence_max && !out) {
        return complain_about(address,
                              "max= is for tags that report changes only: add db=0, or another "
                              "deadband");
    }
    return out;
}

Result<double> absolute_deadband(const Deadband& deadband, const Property& property) {
    if (!deadband.percent) {
        return deadband.amount;
    }
    const ValueRange& range = property.range;
    if (!range.min || !range.max) {
        return fail(Code::InvalidArgument,
                    "a deadband in % needs the point's range: give the point a "
                    "smallest and a largest value, or write the deadband "
                    "without %");
    }
    return deadband.amount / 100 * (*range.max - *range.min);
}

}  // namespace gantry::connector
