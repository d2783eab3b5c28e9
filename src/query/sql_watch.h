// SPDX-License-Identifier: Apache-2.0
// Ending a query that runs: because its time is over, or because somebody asks for it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <thread>

#include "base/time.h"

namespace gantry::query {

// By which another thread ends what runs. Any thread.
class SqlStop {
public:
    SqlStop() = default;
    SqlStop(const SqlStop&) = delete;
    SqlStop& operator=(const SqlStop&) = delete;

    // What runs ends soon with Cancelled; what would run before clear() does not begin.
    void request();
    void clear();
    bool requested() const;

    // While it exists, request() calls `interrupt`.
    class Running {
    public:
        Running(SqlStop& stop, std::function<void()> interrupt);
        Running(const Running&) = delete;
        Running& operator=(const Running&) = delete;
        ~Running();

    private:
        SqlStop& stop_;
    };

private:
    mutable std::mutex mutex_;
    bool requested_ = false;
    std::function<void()> interrupt_;
};

// Calls `interrupt` of what takes longer than it may. One thread for all of them.
class Watchdog {
public:
    Watchdog();
    Watchdog(const Watchdog&) = delete;
    Watchdog& operator=(const Watchdog&) = delete;
    ~Watchdog();

    class Watch {
    public:
        Watch(Watchdog& dog, Duration limit, std::function<void()> interrupt);
        Watch(const Watch&) = delete;
        Watch& operator=(const Watch&) = delete;
        ~Watch();
        bool fired() const;

    private:
        friend class Watchdog;
        Watchdog& dog_;
        std::function<void()> interrupt_;
        bool fired_ = false;
        std::multimap<std::chrono::steady_clock::time_point, Watch*>::iterator place_;
    };

private:
    void watch(const std::stop_token& stop);

    mutable std::mutex mutex_;
    std::condition_variable_any changed_;
    std::multimap<std::chrono::steady_clock::time_point, Watch*> waiting_;
    std::jthread thread_;
};

}  // namespace gantry::query
