// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "runtime/async.h"

namespace gantry {

// A coroutine waits until another one says that something has happened. Everything on one executor.
class Event {
public:
    explicit Event(asio::any_io_executor executor);

    // Returns at once if set() was called since the last wait ended. One waits at a time. Cancelled
    // with its coroutine.
    asio::awaitable<void> wait();
    void set();

private:
    asio::steady_timer timer_;
    bool set_ = false;
};

}  // namespace gantry
