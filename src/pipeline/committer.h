// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/any_completion_handler.hpp>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

#include "base/log.h"
#include "runtime/async.h"
#include "store/store.h"

namespace gantry::pipeline {

// The one thread that syncs the journal, for everybody. For who waits at once when it is idle, and
// for all who came meanwhile when a sync has ended; for who does not wait within `patience`, so
// that a thousand devices do not cost a thousand syncs a second. It also keeps the store: flushing
// and merging happen on a second thread of its own.
class Committer {
public:
    Committer(store::Store& store, Log& log);
    Committer(const Committer&) = delete;
    Committer& operator=(const Committer&) = delete;
    // Commits what is left, then ends the threads.
    ~Committer();

    // Returns when the record is durable. Unavailable when the journal has failed. Any executor.
    Async<> durable(store::Lsn lsn);
    // The same without waiting: somebody wants the record to become durable soon.
    void request();

    static constexpr auto patience = std::chrono::milliseconds(10);

private:
    using Handler = asio::any_completion_handler<void(Result<>)>;

    void enqueue(store::Lsn lsn, Handler handler);
    void run_commits(const std::stop_token& stop);
    void run_maintenance(const std::stop_token& stop);

    store::Store& store_;
    Log& log_;
    std::mutex mutex_;
    std::condition_variable_any wanted_;
    bool requested_ = false;                                       // by somebody who waits
    std::optional<std::chrono::steady_clock::time_point> wished_;  // until when, by others
    std::multimap<store::Lsn, Handler> waiting_;
    std::condition_variable_any maintenance_tick_;
    std::jthread commits_;
    std::jthread maintenance_;
};

}  // namespace gantry::pipeline
