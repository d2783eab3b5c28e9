// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <boost/asio/posix/stream_descriptor.hpp>

#include "runtime/timers.h"

namespace gantry::connector::file {

// Hears of changes in a folder by inotify, where the file system tells of them.
class Watch {
public:
    Watch(const asio::any_io_executor& executor, const std::string& folder);

    // Returns after a change, or after that time. Cancelled with its coroutine.
    asio::awaitable<void> wait(Timers& timers, Duration most);

private:
    asio::awaitable<void> hear();

    asio::posix::stream_descriptor descriptor_;
    std::array<char, 4096> events_{};
};

}  // namespace gantry::connector::file
