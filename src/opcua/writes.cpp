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
    Writer writer;

    std::mutex mutex;
    std::condition_variable changed;
    std::optional<std::uint32_t> status;
};

Writes::Writes(asio::any_io_executor executor, CommandSink& commands, security::AuditLog& audit,
               OffloadPool& pool, Log& log, std::size_t waiting_max)
    : executor_(std::move(executor)),
      commands_(commands),
      audit_(audit),
      pool_(pool),
      log_(log),
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

std::uint32_t Writes::write(directory::PointRef point, Value value, Writer writer) {
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

std::uint32_t Writes::status_of(const Result<CommandResult>& result) {
    if (!result) {
        switch (result.error().code) {
            case Code::NotFound: return UA_STATUSCODE_BADNOTCONNECTED;
            case Code::Unavailable: return UA_STATUSCODE_BADRESOURCEUNAVAILABLE;
            case Code::Timeout: return UA_STATUSCODE_BADTIMEOUT;
            case Code::InvalidArgument: return UA_STATUSCODE_BADOUTOFRANGE;
            case Code::Unsupported:
            case Code::Forbidden: return UA_STATUSCODE_BADNOTWRITABLE;
            default: return UA_STATUSCODE_BADINTERNALERROR;
        }
    }
    switch (result->outcome) {
        case CommandOutcome::Confirmed: return UA_STATUSCODE_GOOD;
        case CommandOutcome::Refused: return UA_STATUSCODE_BADREQUESTNOTALLOWED;
        case CommandOutcome::Failed: return UA_STATUSCODE_BADDEVICEFAILURE;
        case CommandOutcome::Unknown: return UA_STATUSCODE_BADTIMEOUT;
    }
    return UA_STATUSCODE_BADINTERNALERROR;
}

asio::awaitable<void> Writes::run(std::shared_ptr<Pending> pending) {
    const auto result = co_await commands_.write(pending->point->point.id, pending->value);
    const bool kept = co_await record(*pending, result);
    {
        const std::lock_guard lock(pending->mutex);
        // As at the HTTP API: what was done and cannot be recorded must not look well.
        pending->status = kept ? status_of(result) : UA_STATUSCODE_BADINTERNALERROR;
    }
    pending->changed.notify_all();
    --waiting_;
}

asio::awaitable<bool> Writes::record(const Pending& pending, const Result<CommandResult>& result) {
    security::AuditEntry entry;
    entry.tenant = pending.writer.tenant.text();
    entry.principal = pending.writer.principal.text();
    entry.action = "commands:write";
    entry.object = "opcua " + pending.point->point.path;
    entry.outcome = result && result->outcome == CommandOutcome::Confirmed ? "ok" : "failed";
    entry.detail = std::format(
        "{}: {}", to_text(pending.value),
        result ? std::string(command_outcome_name(result->outcome)) : result.error().message);
    if (result && !result->detail.empty()) {
        entry.detail += ", " + result->detail;
    }
    entry.address = pending.writer.client;
    const auto kept =
        co_await offload(pool_, [this, &entry] { return audit_.record(std::move(entry)); });
    if (!kept) {
        log_.error("opcua_server", "audit log cannot be written",
                   {{"detail", kept.error().message}});
    }
    co_return kept.has_value();
}

}  // namespace gantry::opcua
