// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "base/time.h"
#include "payload/document.h"

namespace gantry::connector::record {

// Reads times as rows have them: `iso` (ISO 8601; without an offset in the zone), `s`, `ms`, `us`,
// `ns` since 1970, or a pattern of %Y %y %m %d %b %H %I %p %M %S %f %z.
class TimeReader {
public:
    // InvalidArgument names the field, "/settings/time_format" or "/settings/time_zone". A zone is
    // a name of the IANA ("Europe/Berlin"), an offset ("+08:00") or empty for UTC.
    static Result<TimeReader> make(const std::string& format, const std::string& zone);

    Result<Time> read(const payload::Document& document, payload::NodeIndex node) const;
    Result<Time> read(std::string_view text) const;

private:
    Result<Time> read_iso(std::string_view text) const;
    Result<Time> read_pattern(std::string_view text) const;
    Result<Time> from_local(Time local) const;

    std::string format_;
    const std::chrono::time_zone* zone_ = nullptr;
    std::chrono::minutes offset_{0};
};

}  // namespace gantry::connector::record
