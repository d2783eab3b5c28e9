// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <optional>

#include "runtime/timers.h"

namespace gantry {

// Runs two tasks beside each other until one ends, cancels the other, and returns when both have
// ended: the first one's result, or nothing if it was the second that ended first. An exception of
// the one that ended first is passed on.
template <class T>
asio::awaitable<std::optional<T>> either(asio::awaitable<T> first, asio::awaitable<void> second) {
    const auto executor = co_await asio::this_coro::executor;
    auto [order, first_error, result, second_error] =
        co_await asio::experimental::make_parallel_group(
            asio::co_spawn(executor, std::move(first), asio::deferred),
            asio::co_spawn(executor, std::move(second), asio::deferred))
            .async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);
    const std::exception_ptr& error = order[0] == 0 ? first_error : second_error;
    if (error) {
        std::rethrow_exception(error);
    }
    co_return order[0] == 0 ? std::optional<T>(std::move(result)) : std::nullopt;
}

// Gives a task up when it takes longer than that: Timeout, with the text.
template <class T>
asio::awaitable<Result<T>> with_deadline(Timers& timers, Duration length,
                                         asio::awaitable<Result<T>> task, std::string text) {
    std::optional<Result<T>> result = co_await either(std::move(task), timers.sleep(length));
    if (!result) {
        co_return std::unexpected(Error{Code::Timeout, std::move(text)});
    }
    co_return std::move(*result);
}

}  // namespace gantry
