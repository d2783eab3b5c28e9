// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "mqtt/record_log.h"

namespace gantry::broker {

// The thread that syncs the log: at once when it is idle, and for all who came meanwhile when a
// sync has ended.
class Syncer {
public:
    // Calls back from its thread: what is durable, or why nothing will be any more.
    using Done = std::function<void(Result<mqtt::Lsn>)>;

    Syncer(mqtt::RecordLog& log, Done done);
    Syncer(const Syncer&) = delete;
    Syncer& operator=(const Syncer&) = delete;
    // Syncs what is left, then ends the thread.
    ~Syncer();

    void request();

private:
    void run(const std::stop_token& stop);

    mqtt::RecordLog& log_;
    const Done done_;
    std::mutex mutex_;
    std::condition_variable_any wanted_;
    bool requested_ = false;
    std::jthread thread_;
};

}  // namespace gantry::broker
