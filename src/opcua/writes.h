// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "command/dispatcher.h"

namespace gantry::opcua {

// Writes of an endpoint's clients on their way to devices. The server's thread may wait for one a
// moment, but not for a slow device again and again: a write that takes longer goes on without it,
// and its outcome is kept with the command.
class Writes {
public:
    Writes(asio::any_io_executor executor, command::Dispatcher& commands, Log& log,
           std::size_t waiting_max);
    ~Writes();

    // A checked value. A status code: how it ended, or GoodCompletesAsynchronously. On one thread.
    std::uint32_t write(directory::PointRef point, Value value, security::Context writer);
    // Ends those under way; they are Unknown or Refused. Blocks; not from the executor's thread.
    void stop();

    // What the outcome of a command is for a client (docs/guide/opcua-server.md has the table).
    static std::uint32_t status_of(const Result<registry::Command>& command);

private:
    struct Pending;

    asio::awaitable<void> run(std::shared_ptr<Pending> pending);

    const asio::any_io_executor executor_;
    command::Dispatcher& commands_;
    const std::size_t waiting_max_;
    std::unique_ptr<TaskGroup> tasks_;
    std::atomic<std::size_t> waiting_ = 0;
    // Time that the server's thread may still spend on waiting.
    Duration allowance_;
    std::chrono::steady_clock::time_point allowed_at_;
};

}  // namespace gantry::opcua
