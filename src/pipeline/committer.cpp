// SPDX-License-Identifier: Apache-2.0
#include "pipeline/committer.h"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/dispatch.hpp>

namespace gantry::pipeline {
namespace {

constexpr auto maintenance_period = std::chrono::milliseconds(100);

}  // namespace

Committer::Committer(store::Store& store, Log& log)
    : store_(store),
      log_(log),
      commits_([this](const std::stop_token& stop) { run_commits(stop); }),
      maintenance_([this](const std::stop_token& stop) { run_maintenance(stop); }) {}

Committer::~Committer() {
    maintenance_.request_stop();
    maintenance_.join();
    commits_.request_stop();
    commits_.join();
}

void Committer::request() {
    {
        const std::lock_guard lock(mutex_);
        if (wished_ || requested_) {
            return;
        }
        wished_ = std::chrono::steady_clock::now() + patience;
    }
    wanted_.notify_one();
}

void Committer::enqueue(store::Lsn lsn, Handler handler) {
    {
        const std::lock_guard lock(mutex_);
        waiting_.emplace(lsn, std::move(handler));
        requested_ = true;
    }
    wanted_.notify_one();
}

Async<> Committer::durable(store::Lsn lsn) {
    if (store_.durable() >= lsn) {
        co_return Result<>{};
    }
    co_return co_await asio::async_initiate<const asio::use_awaitable_t<>, void(Result<>)>(
        [this, lsn](auto handler) { enqueue(lsn, Handler(std::move(handler))); },
        asio::use_awaitable);
}

void Committer::run_commits(const std::stop_token& stop) {
    while (true) {
        {
            std::unique_lock lock(mutex_);
            wanted_.wait(lock, stop, [this] { return requested_ || wished_; });
            if (!requested_ && wished_) {
                wanted_.wait_until(lock, stop, *wished_, [this] { return requested_; });
            }
            if (!requested_ && !wished_) {
                return;
            }
            requested_ = false;
            wished_.reset();
        }
        const Result<> committed = store_.commit();
        if (!committed) {
            log_.error("pipeline", "commit failed", {{"detail", committed.error().message}});
        }
        std::vector<Handler> done;
        {
            const std::lock_guard lock(mutex_);
            const auto end = committed ? waiting_.upper_bound(store_.durable()) : waiting_.end();
            for (auto at = waiting_.begin(); at != end; ++at) {
                done.push_back(std::move(at->second));
            }
            waiting_.erase(waiting_.begin(), end);
            // Those whose record came after the commit had begun.
            requested_ = requested_ || !waiting_.empty();
        }
        for (Handler& handler : done) {
            auto executor = asio::get_associated_executor(handler);
            asio::dispatch(executor, [handler = std::move(handler), committed]() mutable {
                std::move(handler)(committed);
            });
        }
    }
}

void Committer::run_maintenance(const std::stop_token& stop) {
    std::string last_error;
    while (!stop.stop_requested()) {
        const auto worked = store_.maintain();
        if (!worked && worked.error().message != last_error) {
            // Once, not ten times a second, for as long as the disk is full.
            log_.error("pipeline", "store cannot be maintained",
                       {{"code", worked.error().code}, {"detail", worked.error().message}});
        }
        last_error = worked ? "" : worked.error().message;
        if (!worked || !*worked) {
            std::unique_lock lock(mutex_);
            maintenance_tick_.wait_for(lock, stop, maintenance_period, [] { return false; });
        }
    }
}

}  // namespace gantry::pipeline
