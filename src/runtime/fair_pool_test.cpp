// SPDX-License-Identifier: Apache-2.0
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <semaphore>

#include "runtime/fair_pool.h"
#include "testing/testing.h"

namespace gantry {
namespace {

using testing::failure;
using testing::must;

const Party ann{"north", "ann"};
const Party bob{"north", "bob"};
const Party eve{"south", "eve"};

// Jobs that say when they begin, and end when they are let.
class Stage {
public:
    FairPool::Job job(std::string name) {
        return [this, name = std::move(name)] {
            {
                const std::lock_guard lock(mutex_);
                begun_.push_back(name);
            }
            changed_.notify_all();
            leave_.acquire();
        };
    }
    // The names of those that began, when it is so many.
    std::vector<std::string> wait(std::size_t count) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return begun_.size() >= count; });
        return begun_;
    }
    void leave(std::ptrdiff_t count) { leave_.release(count); }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::string> begun_;
    std::counting_semaphore<> leave_{0};
};

TEST(FairPool, OnePrincipalHasHalfOfTheThreadsAndATenantAllButOne) {
    Stage stage;
    FairPool pool({.threads = 4});
    for (int i = 0; i < 3; ++i) {
        must(pool.submit(ann, stage.job("ann")));
    }
    EXPECT_EQ(stage.wait(2), (std::vector<std::string>{"ann", "ann"}));
    must(pool.submit(bob, stage.job("bob")));
    must(pool.submit(bob, stage.job("bob")));
    EXPECT_EQ(stage.wait(3).back(), "bob");
    must(pool.submit(eve, stage.job("eve")));
    EXPECT_EQ(stage.wait(4).back(), "eve") << "north has as many as it may";
    EXPECT_EQ(pool.waiting(), 2U);
    stage.leave(6);
    stage.wait(6);
}

TEST(FairPool, TenantsTakeTurnsAndInThemTheirPrincipals) {
    Stage stage;
    FairPool pool({.threads = 1});
    must(pool.submit(ann, stage.job("first")));
    stage.wait(1);
    for (int i = 0; i < 3; ++i) {
        must(pool.submit(ann, stage.job("ann")));
    }
    must(pool.submit(bob, stage.job("bob")));
    must(pool.submit(eve, stage.job("eve")));
    must(pool.submit(eve, stage.job("eve")));
    stage.leave(7);
    EXPECT_EQ(stage.wait(7),
              (std::vector<std::string>{"first", "eve", "bob", "eve", "ann", "ann", "ann"}));
}

TEST(FairPool, WhatIsTooMuchIsRefused) {
    Stage stage;
    FairPool pool({.threads = 1, .waiting_max = 2, .all_waiting_max = 3});
    must(pool.submit(ann, stage.job("ann")));
    stage.wait(1);
    must(pool.submit(ann, stage.job("ann")));
    must(pool.submit(ann, stage.job("ann")));
    EXPECT_EQ(failure(pool.submit(ann, stage.job("ann"))), Code::RateLimited);
    must(pool.submit(eve, stage.job("eve")));
    EXPECT_EQ(failure(pool.submit(eve, stage.job("eve"))), Code::Unavailable);
    stage.leave(4);
    pool.stop();
    EXPECT_EQ(failure(pool.submit(eve, stage.job("eve"))), Code::Unavailable);
}

asio::awaitable<bool> comes_back(FairPool& pool) {
    const auto before = std::this_thread::get_id();
    std::thread::id inside;
    const Result<int> answer = co_await offload(pool, ann, [&]() -> Result<int> {
        inside = std::this_thread::get_id();
        return 42;
    });
    co_return *answer == 42 && inside != before&& std::this_thread::get_id() == before;
}

asio::awaitable<Result<>> throwing(FairPool& pool) {
    co_return co_await offload(pool, ann, []() -> Result<> { throw std::runtime_error("broken"); });
}

template <class T>
T run(asio::io_context& context, asio::awaitable<T> task) {
    auto future = asio::co_spawn(context, std::move(task), asio::use_future);
    context.restart();
    context.run();
    return future.get();
}

TEST(FairPool, ACoroutineComesBackToWhereItWas) {
    asio::io_context context;
    FairPool pool({.threads = 1});
    EXPECT_TRUE(run(context, comes_back(pool)));
    EXPECT_EQ(failure(run(context, throwing(pool))), Code::Internal);
    FairPool full({.threads = 1, .all_waiting_max = 0});
    EXPECT_EQ(failure(run(context, throwing(full))), Code::Unavailable);
}

}  // namespace
}  // namespace gantry
