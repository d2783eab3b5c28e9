// SPDX-License-Identifier: Apache-2.0
#include "opcua/writes.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_future.hpp>
#include <condition_variable>
#include <future>
#include <optional>

#include "connector/opcua/ua.h"

namespace gantry::opcua {
namespace {

// All waiting together is a tenth of the time at most, and so long at once.
constexpr Duration wait_max = std::chrono::milliseconds(50);
constexpr int share = 10;

}  // namespace

struct Writes::Pending {
    directory::PointRef point;
    Value value;
    security::Context writer;

    std::mutex mutex;
    std::condition_variable changed;
    std::optional<std::uint32_t> status;
};

Writes::Writes(asio::any_io_executor executor, command::Dispatcher& commands, Log& log,
               std::size_t waiting_max)
    : executor_(std::move(executor)),
      commands_(commands),
      waiting_max_(waiting_max),
      tasks_(std::make_unique<TaskGroup>(executor_, log, "opcua writes")),
      allowance_(wait_max),
      allowed_at_(std::chrono::steady_clock::now()) {}

Writes::~Writes() { stop(); }

void Writes::stop() {
    if (tasks_) {
        asio::co_spawn(executor_, tasks_->stop(), asio::use_future).get();
        tasks_.reset();
    }
}

std::uint32_t Writes::write(directory::PointRef point, Value value, security::Context writer) {
    if (!tasks_) {
        return UA_STATUSCODE_BADSHUTDOWN;
    }
    if (waiting_.load() >= waiting_max_) {
        return UA_STATUSCODE_BADRESOURCEUNAVAILABLE;
    }
    ++waiting_;
    auto pending = std::make_shared<Pending>();
    pending->point = std::move(point);
    pending->value = std::move(value);
    pending->writer = std::move(writer);
    asio::post(executor_, [this, pending] { tasks_->spawn(run(pending)); });

    const auto begin = std::chrono::steady_clock::now();
    allowance_ = std::min<Duration>(wait_max, allowance_ + (begin - allowed_at_) / share);
    std::unique_lock lock(pending->mutex);
    pending->changed.wait_for(lock, allowance_, [&pending] { return pending->status.has_value(); });
    allowed_at_ = std::chrono::steady_clock::now();
    allowance_ = std::max<Duration>(Duration{0}, allowance_ - (allowed_at_ - begin));
    return pending->status.value_or(UA_STATUSCODE_GOODCOMPLETESASYNCHRONOUSLY);
}

std::uint32_t Writes::status_of(const Result<registry::Command>& command) {
    if (!command) {
        switch (command.error().code) {
            case Code::Unavailable:
            case Code::QuotaExceeded: return UA_STATUSCODE_BADRESOURCEUNAVAILABLE;
            case Code::InvalidArgument: return UA_STATUSCODE_BADOUTOFRANGE;
            case Code::Unsupported:
            case Code::Forbidden: return UA_STATUSCODE_BADNOTWRITABLE;
            default: return UA_STATUSCODE_BADINTERNALERROR;
        }
    }
    if (command->state != registry::CommandState::Done) {
        return UA_STATUSCODE_GOODCOMPLETESASYNCHRONOUSLY;  // somebody else must approve it
    }
    if (command->outcome == command_outcome_name(CommandOutcome::Confirmed)) {
        return UA_STATUSCODE_GOOD;
    }
    if (command->outcome == command_outcome_name(CommandOutcome::Refused)) {
        return UA_STATUSCODE_BADREQUESTNOTALLOWED;
    }
    return command->outcome == command_outcome_name(CommandOutcome::Failed)
               ? UA_STATUSCODE_BADDEVICEFAILURE
               : UA_STATUSCODE_BADTIMEOUT;
}

asio::awaitable<void> Writes::run(std::shared_ptr<Pending> pending) {
    const auto sent = co_await commands_.submit(
        pending->writer,
        {.point = pending->point, .value = pending->value, .reason = {}, .expires = 0, .key = {}});
    {
        const std::lock_guard lock(pending->mutex);
        pending->status = status_of(sent ? Result<registry::Command>(sent->first)
                                         : std::unexpected(sent.error()));
    }
    pending->changed.notify_all();
    --waiting_;
}

}  // namespace gantry::opcua
