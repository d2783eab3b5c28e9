// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>

#include "broker/link.h"
#include "mqttclient/connection.h"
#include "runtime/event.h"
#include "runtime/timers.h"

namespace gantry::bridge {

// A connection of a client with its network: reads and writes until either has ended. On one
// executor.
class Line {
public:
    // `moved` is called when something was read or written; what it refers to must outlive the
    // line.
    Line(std::unique_ptr<Stream> stream, mqttclient::Connection& connection, const Timers& timers,
         std::function<void()> moved)
        : stream_(std::move(stream)),
          connection_(connection),
          timers_(timers),
          moved_(std::move(moved)),
          readable_(stream_->get_executor()),
          writable_(stream_->get_executor()) {}
    ~Line() { stream_->close(); }

    // Until the connection has ended, or is lost. `hold` says that nothing is to be read now.
    asio::awaitable<void> read(std::function<bool()> hold);
    asio::awaitable<void> write();
    // An answer that is not read yet is not late. To be called before the connection's time is
    // told.
    void excuse(Duration now) {
        if (held_) {
            connection_.excuse(now);
        }
    }
    // There may be something to do.
    void wake() {
        readable_.set();
        writable_.set();
    }
    // What is still to be said, and the end. Never takes long.
    asio::awaitable<void> finish();

private:
    const std::unique_ptr<Stream> stream_;
    mqttclient::Connection& connection_;
    const Timers& timers_;
    const std::function<void()> moved_;
    broker::Inbox inbox_;
    Event readable_;
    Event writable_;
    bool held_ = false;  // nothing is read now
};

// Runs tasks beside each other until one ends, cancels the others, and returns when all have.
asio::awaitable<void> until_one_ends(std::vector<asio::awaitable<void>> tasks);

}  // namespace gantry::bridge
