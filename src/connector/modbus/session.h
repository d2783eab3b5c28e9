// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "connector/modbus/device.h"
#include "connector/modbus/link.h"
#include "runtime/task_group.h"

namespace gantry::connector::modbus {

// One connection that stands, and the polling over it: from the moment when the link is there until
// it breaks, or nothing answers on it any more.
class Session {
public:
    Session(Device& device, SampleSink& sink, std::shared_ptr<Link> link,
            asio::any_io_executor executor);
    ~Session();

    // Polls until the link breaks or the coroutine is cancelled (Cancelled); the error is the
    // reason. Rounds that are under way when the link breaks still deliver what they have read.
    asio::awaitable<Error> run();

private:
    class Group;

    asio::awaitable<void> drive();
    asio::awaitable<void> keep_polling(Group& group);
    asio::awaitable<void> poll(Group& group);
    asio::awaitable<void> lane(Group& group);
    void end(Error reason);

    // A unit has not answered.
    void note_failure(std::uint8_t unit, const Answer& answer, SampleBatch& out);
    void note_answer(std::uint8_t unit);

    Device& device_;
    SampleSink& sink_;
    std::shared_ptr<Link> link_;
    asio::any_io_executor executor_;
    TaskGroup tasks_;
    std::vector<std::unique_ptr<Group>> groups_;
    Event ended_;
    Error reason_;
    std::size_t rounds_ = 0;  // under way
    Event round_ended_;
};

}  // namespace gantry::connector::modbus
