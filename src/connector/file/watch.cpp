// SPDX-License-Identifier: Apache-2.0
#include "connector/file/watch.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <boost/asio/buffer.hpp>

#include "runtime/either.h"
#include "runtime/event.h"

namespace gantry::connector::file {
namespace {

using namespace std::chrono_literals;

// Who writes line by line is not looked at line by line.
constexpr Duration rest = 50ms;

asio::awaitable<bool> heard(asio::awaitable<void> task) {
    co_await std::move(task);
    co_return true;
}

}  // namespace

Watch::Watch(const asio::any_io_executor& executor, const std::string& folder)
    : descriptor_(executor) {
    const int number = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (number < 0) {
        return;
    }
    if (::inotify_add_watch(number, folder.c_str(),
                            IN_CREATE | IN_MODIFY | IN_CLOSE_WRITE | IN_MOVE | IN_DELETE |
                                IN_DELETE_SELF | IN_MOVE_SELF) < 0) {
        ::close(number);
        return;
    }
    descriptor_.assign(number);
}

asio::awaitable<void> Watch::hear() {
    const auto [error, count] =
        co_await descriptor_.async_read_some(asio::buffer(events_), as_result);
    if (error) {
        Event never(co_await asio::this_coro::executor);
        co_await never.wait();
    }
}

asio::awaitable<void> Watch::wait(Timers& timers, Duration most) {
    if (!descriptor_.is_open()) {
        co_await timers.sleep(most);
        co_return;
    }
    if (co_await either(heard(hear()), timers.sleep(most))) {
        co_await timers.sleep(std::min(rest, most));
    }
}

}  // namespace gantry::connector::file
