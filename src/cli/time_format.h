// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/time.h"

namespace gantry::cli {

// How times are written in a file.
//
//   auto                 RFC 3339 with an offset, or "2013-12-02 21:15:00" (or with T), to
//                        nanoseconds, in the zone
//   s, ms, us, ns        numbers since 1970-01-01T00:00:00Z; a fraction is allowed
//   a pattern            of %Y %m %d %H %M %S %f (fraction) %z (offset) and other characters as
//                        they are, as in "%d/%m/%Y %H:%M"
class TimeFormat {
public:
    // The zone ("UTC", "Asia/Shanghai", "+08:00") is that of times without an offset; empty if
    // none was named, and then such times are PreconditionRequired.
    static Result<TimeFormat> make(std::string_view format, std::string_view zone);
    TimeFormat(TimeFormat&&) noexcept;
    TimeFormat& operator=(TimeFormat&&) noexcept;
    ~TimeFormat();

    Result<Time> parse(std::string_view text) const;

private:
    struct Zone;
    TimeFormat();

    Result<Time> parse_epoch(std::string_view text) const;
    Result<Time> parse_pattern(std::string_view text) const;
    Result<Time> in_zone(Time local, std::string_view text) const;

    std::string pattern_;
    std::int64_t unit_nanos_ = 0;  // of numbers; 0 for text
    std::unique_ptr<Zone> zone_;
};

}  // namespace gantry::cli
