// SPDX-License-Identifier: Apache-2.0
#include "runtime/turns.h"

#include <gtest/gtest.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <future>
#include <thread>

namespace gantry {
namespace {

namespace asio = boost::asio;

class TurnsTest : public ::testing::Test {
protected:
    // Who never sleeps, or is woken a thousand times by each handler.
    explicit TurnsTest(std::int64_t woken = 0)
        : turns_(context_, [this, woken] { return count_ * woken; }) {}
    ~TurnsTest() override {
        context_.stop();
        thread_.join();
    }

    void post(std::size_t times) {
        for (std::size_t i = 0; i < times; ++i) {
            asio::post(context_, [this] { ++count_; });
        }
    }
    // What a handler says, which comes behind all that were posted before.
    template <class Say>
    auto ask(Say say) {
        std::promise<decltype(say())> answer;
        asio::post(context_, [&] { answer.set_value(say()); });
        return answer.get_future().get();
    }
    std::uint64_t rests() {
        return ask([this] { return turns_.rests(); });
    }
    std::int64_t count() {
        return ask([this] { return count_; });
    }

private:
    asio::io_context context_{1};
    asio::executor_work_guard<asio::io_context::executor_type> work_{context_.get_executor()};
    std::int64_t count_ = 0;  // of handlers; on the thread
    Turns turns_;
    std::jthread thread_{[this] { turns_.run(); }};
};

struct OftenWoken : TurnsTest {
    OftenWoken() : TurnsTest(1000) {}
};

TEST_F(TurnsTest, WhoIsSeldomWokenDoesNotRest) {
    post(20'000);
    EXPECT_EQ(count(), 20'000);
    EXPECT_EQ(rests(), 0U);
}

TEST_F(OftenWoken, RestsAndRunsAllThatComes) {
    std::int64_t posted = 0;
    while (rests() == 0) {
        post(100);
        posted += 100;
    }
    post(5'000);
    EXPECT_EQ(count(), posted + 5'000);
}

TEST_F(OftenWoken, RestsNoMoreThanItTriesWhenLittleComes) {
    while (rests() == 0) {
        post(100);
    }
    // One at a time, each waited for: it gives up after a few, and then only tries now and then.
    const std::uint64_t before = rests();
    for (int i = 0; i < 2'000; ++i) {
        post(1);
        (void)count();
    }
    EXPECT_LE(rests() - before, 40U);
}

TEST_F(OftenWoken, StopsWhileItRests) {
    while (rests() == 0) {
        post(100);
    }
}

}  // namespace
}  // namespace gantry
