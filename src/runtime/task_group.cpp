// SPDX-License-Identifier: Apache-2.0
#include "runtime/task_group.h"

#include <boost/asio/bind_cancellation_slot.hpp>

#include "base/assert.h"

namespace gantry {

TaskGroup::TaskGroup(asio::any_io_executor executor, Log& log, std::string name)
    : executor_(std::move(executor)), log_(log), name_(std::move(name)), all_ended_(executor_) {
    all_ended_.expires_at(asio::steady_timer::time_point::max());
}

TaskGroup::~TaskGroup() { ASSERT(tasks_.empty()); }

void TaskGroup::spawn(asio::awaitable<void> task) {
    if (stopping_) {
        return;
    }
    const auto place = tasks_.emplace(tasks_.end());
    asio::co_spawn(executor_, std::move(task),
                   asio::bind_cancellation_slot(
                       place->signal.slot(),
                       [this, place](const std::exception_ptr& error) { ended(place, error); }));
}

void TaskGroup::ended(std::list<Task>::iterator task, const std::exception_ptr& error) {
    if (error) {
        try {
            std::rethrow_exception(error);
        } catch (const boost::system::system_error& failure) {
            if (failure.code() != asio::error::operation_aborted) {
                log_.error("runtime", "task failed",
                           {{"group", name_}, {"detail", failure.what()}});
            }
        } catch (const std::exception& failure) {
            log_.error("runtime", "task failed", {{"group", name_}, {"detail", failure.what()}});
        }
    }
    tasks_.erase(task);
    if (tasks_.empty() && stopping_) {
        all_ended_.cancel();
    }
}

asio::awaitable<void> TaskGroup::stop(Duration deadline) {
    stopping_ = true;
    all_ended_.expires_after(std::chrono::duration_cast<asio::steady_timer::duration>(deadline));
    for (auto task = tasks_.begin(); task != tasks_.end();) {
        // Emitting may end the task at once, which takes it out of the list.
        auto& signal = task->signal;
        ++task;
        signal.emit(asio::cancellation_type::terminal);
    }
    if (!tasks_.empty()) {
        (void)co_await all_ended_.async_wait(as_result);
    }
    if (!tasks_.empty()) {
        log_.error("runtime", "tasks do not end", {{"group", name_}, {"tasks", tasks_.size()}});
        ASSERT(tasks_.empty());
    }
}

}  // namespace gantry
