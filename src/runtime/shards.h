// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <thread>
#include <vector>

#include "base/log.h"
#include "runtime/async.h"

namespace gantry {

// The threads that everything which may suspend runs on: one thread and one io_context a shard. A
// session or a device lives on one shard for life, so its state needs no lock.
class Shards {
public:
    using Executor = asio::io_context::executor_type;

    Shards(std::size_t count, Log& log);
    Shards(const Shards&) = delete;
    Shards& operator=(const Shards&) = delete;
    // stop()s.
    ~Shards();

    std::size_t count() const { return shards_.size(); }
    Executor executor(std::size_t index);
    // Round robin, for whatever has no other reason to be somewhere. Any thread.
    Executor any();

    // Ends the threads after the handlers that are running. What still waits is destroyed with the
    // shards; task groups are to be stopped before.
    void stop();

private:
    struct Shard {
        asio::io_context context{1};
        asio::executor_work_guard<Executor> work{context.get_executor()};
        std::jthread thread;
    };

    std::vector<std::unique_ptr<Shard>> shards_;
    std::atomic<std::size_t> next_ = 0;
};

}  // namespace gantry
