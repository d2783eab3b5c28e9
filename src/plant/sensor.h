// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace gantry::plant {

// What a transmitter shows of a true value, and the two ways in which it fails: it goes dead, which
// the gateway reports, or it sticks, which nobody reports.
class Sensor {
public:
    void observe(double value) {
        if (!stuck_) {
            reading_ = value;
        }
    }
    double reading() const { return reading_; }

    bool failed() const { return failed_; }
    void set_failed(bool failed) { failed_ = failed; }
    bool stuck() const { return stuck_; }
    void set_stuck(bool stuck) { stuck_ = stuck; }

private:
    double reading_ = 0;
    bool failed_ = false;
    bool stuck_ = false;
};

}  // namespace gantry::plant
