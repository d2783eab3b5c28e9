// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/result.h"

namespace gantry {

namespace asio = boost::asio;
using boost::system::error_code;

// What may suspend. It runs on the executor (the shard) that it was spawned on and comes back there
// after every co_await. Errors are Results; an exception passes only when the coroutine was
// cancelled (it unwinds to the root of the task) or something is broken.
template <class T = void>
using Async = asio::awaitable<Result<T>>;

// For asynchronous operations of Asio: the error comes as a value.
inline constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

}  // namespace gantry
