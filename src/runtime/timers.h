// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <list>
#include <memory>
#include <mutex>

#include "base/clock.h"
#include "runtime/async.h"

namespace gantry {

// How a coroutine waits for time to pass; a test passes the time itself.
class Timers {
public:
    virtual ~Timers() = default;
    // Cancelled with its coroutine.
    virtual asio::awaitable<void> sleep(Duration length) = 0;
    virtual Duration now() const = 0;

    asio::awaitable<void> sleep_until(Duration moment) {
        const Duration left = moment - now();
        return sleep(left < Duration{0} ? Duration{0} : left);
    }
};

class RealTimers final : public Timers {
public:
    explicit RealTimers(const Clock& clock) : clock_(clock) {}
    asio::awaitable<void> sleep(Duration length) override;
    Duration now() const override { return clock_.monotonic(); }

private:
    const Clock& clock_;
};

// Time passes only by advance(). Any thread.
class FakeTimers final : public Timers {
public:
    explicit FakeTimers(FakeClock& clock) : clock_(clock) {}
    asio::awaitable<void> sleep(Duration length) override;
    Duration now() const override { return clock_.monotonic(); }

    // Moves the clock and wakes who is due.
    void advance(Duration by);
    // How many sleep: a test waits for this before it lets time pass.
    std::size_t sleeping() const;

private:
    struct Sleeper {
        Duration until;
        asio::steady_timer timer;
        bool due = false;
    };

    FakeClock& clock_;
    mutable std::mutex mutex_;
    std::list<std::shared_ptr<Sleeper>> sleepers_;
};

}  // namespace gantry
