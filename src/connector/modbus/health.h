// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>

#include "runtime/backoff.h"

namespace gantry::connector::modbus {

// Which unit ids behind a connection answer. One that fails several times in a row is off scan: it
// is asked nothing but, after a pause that grows with jitter, one probe at a time; its first answer
// brings it back. The others never wait for it. Pure, apart from what it remembers.
class UnitHealth {
public:
    UnitHealth(std::int64_t failures_max, Random& random)
        : failures_max_(failures_max), random_(random) {}

    // Whether the unit may be asked now. If it is off scan and its pause is over, a true answer is
    // the permission for one probe: answered() or failed() must follow, or abandon().
    bool may_ask(std::uint8_t unit, Duration now);
    bool on_scan(std::uint8_t unit) const;

    // It answered, if only with an exception. True if that brings it back on scan.
    bool answered(std::uint8_t unit);
    // It did not answer. True if that takes it off scan.
    bool failed(std::uint8_t unit, Duration now);
    // The question was not put.
    void abandon(std::uint8_t unit);

    // Whether, of these units, none is on scan.
    template <class Units>
    bool all_off_scan(const Units& units) const {
        for (const std::uint8_t unit : units) {
            if (on_scan(unit)) {
                return false;
            }
        }
        return true;
    }
    // A new link: every unit gets one try at once; one that was off scan goes back there if it
    // fails.
    void start_over();

    // When the unit is to be probed next, counted from `now`.
    Duration pause(std::uint8_t unit, Duration now) const;

private:
    struct Unit {
        std::int64_t failures = 0;
        bool off_scan = false;
        bool probing = false;
        Duration retry_at{0};
        Backoff backoff;
    };

    std::int64_t failures_max_;
    Random& random_;
    std::map<std::uint8_t, Unit> units_;
};

}  // namespace gantry::connector::modbus
