// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <exception>
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

// Runs `work`, which returns a Result, on the pool; the coroutine goes on where it was. Work that
// has begun is finished even if the coroutine is cancelled meanwhile.
template <class Work>
asio::awaitable<std::invoke_result_t<Work&>> offload(OffloadPool& pool, Work work) {
    using Answer = std::invoke_result_t<Work&>;
    if (!pool.try_enter()) {
        co_return fail(Code::Unavailable, "too much work is waiting: try again shortly");
    }
    co_return co_await asio::async_initiate<const asio::use_awaitable_t<>, void(Answer)>(
        [&pool](auto handler, Work job) {
            auto executor = asio::get_associated_executor(handler);
            asio::post(pool.threads(), [&pool, executor, handler = std::move(handler),
                                        job = std::move(job)]() mutable {
                Answer answer = [&job]() -> Answer {
                    try {
                        return job();
                    } catch (const std::exception& error) {
                        return fail(Code::Internal, "{}", error.what());
                    }
                }();
                pool.leave();
                asio::post(executor,
                           [handler = std::move(handler), answer = std::move(answer)]() mutable {
                               std::move(handler)(std::move(answer));
                           });
            });
        },
        asio::use_awaitable, std::move(work));
}

}  // namespace gantry
