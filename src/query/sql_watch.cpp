// SPDX-License-Identifier: Apache-2.0
#include "query/sql_watch.h"

namespace gantry::query {

void SqlStop::request() {
    const std::lock_guard lock(mutex_);
    requested_ = true;
    if (interrupt_) {
        interrupt_();
    }
}

void SqlStop::clear() {
    const std::lock_guard lock(mutex_);
    requested_ = false;
}

bool SqlStop::requested() const {
    const std::lock_guard lock(mutex_);
    return requested_;
}

SqlStop::Running::Running(SqlStop& stop, std::function<void()> interrupt) : stop_(stop) {
    const std::lock_guard lock(stop_.mutex_);
    stop_.interrupt_ = std::move(interrupt);
}

SqlStop::Running::~Running() {
    const std::lock_guard lock(stop_.mutex_);
    stop_.interrupt_ = nullptr;
}

Watchdog::Watchdog() : thread_([this](const std::stop_token& stop) { watch(stop); }) {}

Watchdog::~Watchdog() {
    thread_.request_stop();
    changed_.notify_all();
}

void Watchdog::watch(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (!stop.stop_requested()) {
        if (waiting_.empty()) {
            changed_.wait(lock, stop, [this] { return !waiting_.empty(); });
            continue;
        }
        const auto due = waiting_.begin()->first;
        if (std::chrono::steady_clock::now() < due) {
            changed_.wait_until(lock, stop, due, [this, due] {
                return waiting_.empty() || waiting_.begin()->first < due;
            });
            continue;
        }
        // Under the lock: what is interrupted cannot end meanwhile.
        Watch* late = waiting_.begin()->second;
        waiting_.erase(waiting_.begin());
        late->place_ = waiting_.end();
        late->fired_ = true;
        late->interrupt_();
    }
}

Watchdog::Watch::Watch(Watchdog& dog, Duration limit, std::function<void()> interrupt)
    : dog_(dog), interrupt_(std::move(interrupt)) {
    const std::lock_guard lock(dog_.mutex_);
    place_ = dog_.waiting_.emplace(
        std::chrono::steady_clock::now() +
            std::chrono::duration_cast<std::chrono::steady_clock::duration>(limit),
        this);
    if (place_ == dog_.waiting_.begin()) {
        dog_.changed_.notify_all();
    }
}

Watchdog::Watch::~Watch() {
    const std::lock_guard lock(dog_.mutex_);
    if (!fired_) {
        dog_.waiting_.erase(place_);
    }
}

bool Watchdog::Watch::fired() const {
    const std::lock_guard lock(dog_.mutex_);
    return fired_;
}

}  // namespace gantry::query
