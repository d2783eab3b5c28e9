// SPDX-License-Identifier: Apache-2.0
#include "bridge/line.h"

#include <boost/asio/cancel_after.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/write.hpp>

namespace gantry::bridge {

asio::awaitable<void> Line::read(std::function<bool()> hold) {
    while (true) {
        const std::size_t used = connection_.receive(inbox_.view(), timers_.now());
        inbox_.used(used);
        if (used > 0) {
            moved_();
        }
        if (connection_.ended()) {
            co_return;
        }
        held_ = hold();
        if (held_) {
            co_await readable_.wait();
            continue;
        }
        inbox_.make_room(connection_.packet_bytes(inbox_.view()));
        const auto [error, count] = co_await stream_->async_read_some(inbox_.room(), as_result);
        if (error || count == 0) {
            connection_.lose();
            co_return;
        }
        inbox_.came(count);
    }
}

asio::awaitable<void> Line::write() {
    while (true) {
        const std::string bytes = connection_.take_output(timers_.now());
        if (bytes.empty()) {
            if (connection_.ended()) {
                co_return;
            }
            co_await writable_.wait();
            continue;
        }
        const auto [error, count] =
            co_await asio::async_write(*stream_, asio::buffer(bytes), as_result);
        if (error) {
            connection_.lose();
            co_return;
        }
        moved_();
    }
}

asio::awaitable<void> Line::finish() {
    const std::string bytes = connection_.take_output(timers_.now());
    if (!bytes.empty()) {
        (void)co_await asio::async_write(*stream_, asio::buffer(bytes),
                                         asio::cancel_after(std::chrono::seconds(1), as_result));
    }
    co_await stream_->shut_down();
}

asio::awaitable<void> until_one_ends(std::vector<asio::awaitable<void>> tasks) {
    const auto executor = co_await asio::this_coro::executor;
    const auto start = [&executor](asio::awaitable<void> task) {
        return asio::co_spawn(executor, std::move(task), asio::deferred);
    };
    std::vector<decltype(start(std::move(tasks.front())))> started;
    for (asio::awaitable<void>& task : tasks) {
        started.push_back(start(std::move(task)));
    }
    const auto [order, errors] =
        co_await asio::experimental::make_parallel_group(std::move(started))
            .async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);
    if (const std::exception_ptr& error = errors[order[0]]) {
        std::rethrow_exception(error);
    }
}

}  // namespace gantry::bridge
