// SPDX-License-Identifier: Apache-2.0
#include "broker/syncer.h"

namespace gantry::broker {

Syncer::Syncer(mqtt::RecordLog& log, Done done)
    : log_(log),
      done_(std::move(done)),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

Syncer::~Syncer() {
    thread_.request_stop();
    thread_.join();
}

void Syncer::request() {
    {
        const std::lock_guard lock(mutex_);
        requested_ = true;
    }
    wanted_.notify_one();
}

void Syncer::run(const std::stop_token& stop) {
    bool last = false;
    while (!last) {
        {
            std::unique_lock lock(mutex_);
            last = !wanted_.wait(lock, stop, [this] { return requested_; });
            requested_ = false;
        }
        if (const auto synced = log_.commit(); !synced) {
            done_(std::unexpected(synced.error()));
            return;
        }
        done_(log_.durable());
    }
}

}  // namespace gantry::broker
