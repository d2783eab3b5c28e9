// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>
#include <list>
#include <memory>
#include <string>

#include "base/log.h"
#include "runtime/async.h"

namespace gantry {

// The tasks of one object, on one executor: all of its methods are called there. Its destructor
// wants the group to be empty: stop() first.
class TaskGroup {
public:
    TaskGroup(asio::any_io_executor executor, Log& log, std::string name);
    TaskGroup(const TaskGroup&) = delete;
    TaskGroup& operator=(const TaskGroup&) = delete;
    ~TaskGroup();

    // Starts a task. An exception that leaves it is logged, unless it was cancelled.
    void spawn(asio::awaitable<void> task);

    // Cancels all tasks and waits until they have ended. A task that does not end by the deadline
    // is a defect: it is logged, and the program ends rather than hang.
    asio::awaitable<void> stop(Duration deadline = std::chrono::seconds(10));

    bool stopping() const { return stopping_; }
    std::size_t size() const { return tasks_.size(); }
    const asio::any_io_executor& executor() const { return executor_; }

private:
    struct Task {
        asio::cancellation_signal signal;
    };

    void ended(std::list<Task>::iterator task, const std::exception_ptr& error);

    asio::any_io_executor executor_;
    Log& log_;
    std::string name_;
    std::list<Task> tasks_;
    asio::steady_timer all_ended_;
    bool stopping_ = false;
};

// Runs a coroutine on another executor and comes back with its result.
template <class T>
asio::awaitable<T> run_on(asio::any_io_executor executor, asio::awaitable<T> task);

}  // namespace gantry

#include <boost/asio/co_spawn.hpp>

namespace gantry {

template <class T>
asio::awaitable<T> run_on(asio::any_io_executor executor, asio::awaitable<T> task) {
    co_return co_await asio::co_spawn(std::move(executor), std::move(task), asio::use_awaitable);
}

}  // namespace gantry
