// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>

#include "base/time.h"

namespace gantry {

// Where time comes from. Everything that asks for the time is given one of these, so that a test
// decides what time it is. Safe to call from any thread.
class Clock {
public:
    virtual ~Clock() = default;
    // Time of day, which may step in either direction. For what is stored or shown.
    virtual Time now() const = 0;
    // Since some fixed moment; never goes back. For durations and deadlines.
    virtual Duration monotonic() const = 0;
};

class SystemClock final : public Clock {
public:
    Time now() const override {
        return std::chrono::duration_cast<Duration>(
                   std::chrono::system_clock::now().time_since_epoch())
            .count();
    }
    Duration monotonic() const override {
        return std::chrono::steady_clock::now().time_since_epoch();
    }
};

// Stands still until it is moved.
class FakeClock final : public Clock {
public:
    explicit FakeClock(Time start = 1'700'000'000'000'000'000) : now_(start) {}

    Time now() const override { return now_.load(); }
    Duration monotonic() const override { return Duration{monotonic_.load()}; }

    void advance(Duration by) {
        now_ += by.count();
        monotonic_ += by.count();
    }
    // The time of day steps, as when an operator sets it; no time passes.
    void step(Duration by) { now_ += by.count(); }

private:
    std::atomic<Time> now_;
    std::atomic<std::int64_t> monotonic_ = 0;
};

}  // namespace gantry
