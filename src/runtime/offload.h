// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <exception>
#include <memory>
#include <type_traits>

#include "runtime/async.h"

namespace gantry {

// Threads for work that would hold up a shard: SQL, files, password hashing. The queue is bounded;
// what does not fit is refused (Unavailable).
class OffloadPool {
public:
    OffloadPool(std::size_t threads, std::size_t queue_max)
        : pool_(threads), queue_max_(queue_max) {}
    ~OffloadPool() { stop(); }

    // Waits for the work that is running.
    void stop() {
        pool_.stop();
        pool_.join();
    }

    bool try_enter() {
        if (waiting_.fetch_add(1) < queue_max_) {
            return true;
        }
        leave();
        return false;
    }
    void leave() { waiting_.fetch_sub(1); }
    std::size_t waiting() const { return waiting_.load(); }
    asio::thread_pool& threads() { return pool_; }

private:
    asio::thread_pool pool_;
    const std::size_t queue_max_;
    std::atomic<std::size_t> waiting_ = 0;
};

// Runs `work`, which returns a Result, wherever `submit` (a callable that takes a job and refuses
// it with an error) has it run; the coroutine goes on where it was. Work that has begun is finished
// even if the coroutine is cancelled meanwhile.
template <class Submit, class Work>
asio::awaitable<std::invoke_result_t<Work&>> run_elsewhere(Submit submit, Work work) {
    using Answer = std::invoke_result_t<Work&>;
    co_return co_await asio::async_initiate<const asio::use_awaitable_t<>, void(Answer)>(
        [](auto handler, const Submit& hand_over, Work job) {
            auto executor = asio::get_associated_executor(handler);
            auto shared = std::make_shared<decltype(handler)>(std::move(handler));
            const auto resume = [executor, shared](Answer answer) {
                asio::post(executor, [shared, answer = std::move(answer)]() mutable {
                    std::move (*shared)(std::move(answer));
                });
            };
            const Result<> taken = hand_over([resume, job = std::move(job)]() mutable {
                resume([&job]() -> Answer {
                    try {
                        return job();
                    } catch (const std::exception& error) {
                        return fail(Code::Internal, "{}", error.what());
                    }
                }());
            });
            if (!taken) {
                resume(std::unexpected(taken.error()));
            }
        },
        asio::use_awaitable, std::move(submit), std::move(work));
}

// Runs `work`, which returns a Result, on the pool.
template <class Work>
asio::awaitable<std::invoke_result_t<Work&>> offload(OffloadPool& pool, Work work) {
    co_return co_await run_elsewhere(
        [&pool](auto job) -> Result<> {
            if (!pool.try_enter()) {
                return fail(Code::Unavailable, "too much work is waiting: try again shortly");
            }
            asio::post(pool.threads(), [&pool, job = std::move(job)]() mutable {
                job();
                pool.leave();
            });
            return {};
        },
        std::move(work));
}

}  // namespace gantry
