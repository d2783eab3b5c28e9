// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace gantry::plant {

// A device for load tests, of which a thousand cost nothing: a sequence number that grows by one a
// step, by which a test finds lost, repeated and reordered samples, and ramps made from it.
class RampDevice {
public:
    static constexpr unsigned ramp_count = 96;

    explicit RampDevice(std::uint32_t number) : number_(number) {}

    void set_sequence(std::uint32_t sequence) { sequence_ = sequence; }
    std::uint32_t number() const { return number_; }
    std::uint32_t sequence() const { return sequence_; }
    // From 0 to 100 in a minute, shifted from device to device.
    double sawtooth() const { return (sequence_ + number_ * 7) % 600 / 6.0; }
    std::uint16_t ramp(unsigned index) const {
        return static_cast<std::uint16_t>(sequence_ * (index + 1) + number_);
    }

private:
    std::uint32_t number_;
    std::uint32_t sequence_ = 0;
};

}  // namespace gantry::plant
