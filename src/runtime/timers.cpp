// SPDX-License-Identifier: Apache-2.0
#include "runtime/timers.h"

#include <boost/asio/post.hpp>

namespace gantry {

asio::awaitable<void> RealTimers::sleep(Duration length) {
    asio::steady_timer timer(co_await asio::this_coro::executor);
    timer.expires_after(std::chrono::duration_cast<asio::steady_timer::duration>(length));
    co_await timer.async_wait(asio::use_awaitable);
}

asio::awaitable<void> FakeTimers::sleep(Duration length) {
    auto sleeper = std::make_shared<Sleeper>(
        clock_.monotonic() + length, asio::steady_timer(co_await asio::this_coro::executor));
    if (length <= Duration{0}) {
        co_await asio::post(asio::use_awaitable);
        co_return;
    }
    sleeper->timer.expires_at(asio::steady_timer::time_point::max());
    {
        const std::lock_guard lock(mutex_);
        sleepers_.push_back(sleeper);
    }
    const auto [error] = co_await sleeper->timer.async_wait(as_result);
    const std::lock_guard lock(mutex_);
    sleepers_.remove(sleeper);
    if (!sleeper->due) {
        throw boost::system::system_error(error);
    }
}

void FakeTimers::advance(Duration by) {
    clock_.advance(by);
    const std::lock_guard lock(mutex_);
    for (const auto& sleeper : sleepers_) {
        if (sleeper->until <= clock_.monotonic() && !sleeper->due) {
            sleeper->due = true;
            asio::post(sleeper->timer.get_executor(), [sleeper] { sleeper->timer.cancel(); });
        }
    }
}

std::size_t FakeTimers::sleeping() const {
    const std::lock_guard lock(mutex_);
    return static_cast<std::size_t>(
        std::ranges::count_if(sleepers_, [](const auto& sleeper) { return !sleeper->due; }));
}

}  // namespace gantry
