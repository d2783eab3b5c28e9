// SPDX-License-Identifier: Apache-2.0
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/asio/write.hpp>

#include "runtime/either.h"
#include "runtime/event.h"
#include "runtime/memory_network.h"
#include "runtime/offload.h"
#include "runtime/semaphore.h"
#include "runtime/shards.h"
#include "runtime/task_group.h"
#include "runtime/tcp_network.h"
#include "runtime/timers.h"
#include "testing/testing.h"

namespace gantry {
namespace {

using testing::failure;
using testing::must;

// Runs a coroutine to its end on a context of its own.
template <class T>
T run(asio::io_context& context, asio::awaitable<T> task) {
    auto future = asio::co_spawn(context, std::move(task), asio::use_future);
    context.restart();
    context.run();
    return future.get();
}

TEST(Shards, RunTasksOnTheirOwnThreads) {
    testing::Surroundings around;
    Shards shards(2, around.log);
    const auto where = [](this auto) -> asio::awaitable<std::thread::id> {
        co_return std::this_thread::get_id();
    };
    const auto first = asio::co_spawn(shards.executor(0), where(), asio::use_future).get();
    const auto second = asio::co_spawn(shards.executor(1), where(), asio::use_future).get();
    EXPECT_NE(first, second);
    EXPECT_EQ(asio::co_spawn(shards.executor(0), where(), asio::use_future).get(), first);
}

asio::awaitable<bool> comes_back(OffloadPool& pool) {
    const auto before = std::this_thread::get_id();
    std::thread::id inside;
    const Result<int> answer = co_await offload(pool, [&]() -> Result<int> {
        inside = std::this_thread::get_id();
        return 42;
    });
    co_return *answer == 42 && inside != before&& std::this_thread::get_id() == before;
}

TEST(Offload, ComesBackToWhereItWas) {
    asio::io_context context;
    OffloadPool pool(1, 10);
    EXPECT_TRUE(run(context, comes_back(pool)));
}

asio::awaitable<Result<>> throwing(OffloadPool& pool) {
    co_return co_await offload(pool, []() -> Result<> { throw std::runtime_error("broken"); });
}

TEST(Offload, AnExceptionBecomesAnError) {
    asio::io_context context;
    OffloadPool pool(1, 10);
    EXPECT_EQ(failure(run(context, throwing(pool))), Code::Internal);
    OffloadPool full(1, 0);
    EXPECT_EQ(failure(run(context, throwing(full))), Code::Unavailable);
}

asio::awaitable<void> sleep_and_note(Timers& timers, Duration length, std::string name,
                                     std::vector<std::string>& notes) {
    co_await timers.sleep(length);
    notes.push_back(name);
}

TEST(FakeTimers, WakeWhoIsDueAndNobodyElse) {
    using namespace std::chrono_literals;
    asio::io_context context;
    FakeClock clock;
    FakeTimers timers(clock);
    std::vector<std::string> notes;
    asio::co_spawn(context, sleep_and_note(timers, 2s, "two", notes), asio::detached);
    asio::co_spawn(context, sleep_and_note(timers, 1s, "one", notes), asio::detached);
    context.poll();
    EXPECT_EQ(timers.sleeping(), 2U);
    timers.advance(1s);
    context.poll();
    EXPECT_EQ(notes, std::vector<std::string>{"one"});
    timers.advance(5s);
    context.poll();
    EXPECT_EQ(notes, (std::vector<std::string>{"one", "two"}));
}

TEST(TaskGroup, StopCancelsAndWaits) {
    using namespace std::chrono_literals;
    asio::io_context context;
    testing::Surroundings around;
    FakeTimers timers(around.clock);
    std::vector<std::string> notes;
    TaskGroup group(context.get_executor(), around.log, "test");
    group.spawn(sleep_and_note(timers, 1h, "never", notes));
    group.spawn(sleep_and_note(timers, 0s, "at once", notes));
    context.poll();
    EXPECT_EQ(group.size(), 1U);
    run(context, group.stop());
    EXPECT_EQ(group.size(), 0U);
    EXPECT_EQ(notes, std::vector<std::string>{"at once"});
    EXPECT_EQ(around.output.text(), "");
}

asio::awaitable<void> wait_and_note(Event& event, std::string name,
                                    std::vector<std::string>& notes) {
    co_await event.wait();
    notes.push_back(name);
}

TEST(Event, WakesWhoWaitsAndRemembersForWhoComesLater) {
    asio::io_context context;
    Event event(context.get_executor());
    std::vector<std::string> notes;
    asio::co_spawn(context, wait_and_note(event, "first", notes), asio::detached);
    context.poll();
    EXPECT_TRUE(notes.empty());
    event.set();
    context.poll();
    EXPECT_EQ(notes, std::vector<std::string>{"first"});
    asio::co_spawn(context, wait_and_note(event, "second", notes), asio::detached);
    context.poll();
    EXPECT_EQ(notes.size(), 1U) << "one set() wakes one wait";
    event.set();
    event.set();
    context.restart();
    context.poll();
    EXPECT_EQ(notes.size(), 2U);
}

asio::awaitable<void> hold(Semaphore& semaphore, Event& until, std::string name,
                           std::vector<std::string>& notes) {
    const auto permit = co_await semaphore.acquire();
    notes.push_back(name);
    co_await until.wait();
}

TEST(Semaphore, LetsThroughInOrderAndForgetsWhoGaveUp) {
    asio::io_context context;
    testing::Surroundings around;
    Semaphore semaphore(context.get_executor(), 1);
    Event one(context.get_executor());
    Event three(context.get_executor());
    std::vector<std::string> notes;
    TaskGroup givers_up(context.get_executor(), around.log, "test");
    asio::co_spawn(context, hold(semaphore, one, "one", notes), asio::detached);
    givers_up.spawn(hold(semaphore, one, "two", notes));
    asio::co_spawn(context, hold(semaphore, three, "three", notes), asio::detached);
    context.poll();
    EXPECT_EQ(semaphore.waiting(), 2U);
    asio::co_spawn(context, givers_up.stop(), asio::detached);
    context.poll();
    EXPECT_EQ(semaphore.waiting(), 1U);
    one.set();
    context.restart();
    context.poll();
    EXPECT_EQ(notes, (std::vector<std::string>{"one", "three"}));
    three.set();
    context.restart();
    context.poll();
}

Async<int> answer_after(Timers& timers, Duration length) {
    co_await timers.sleep(length);
    co_return 42;
}

TEST(Deadline, GivesUpWhatTakesTooLong) {
    using namespace std::chrono_literals;
    asio::io_context context;
    FakeClock clock;
    FakeTimers timers(clock);
    auto late =
        asio::co_spawn(context, with_deadline(timers, 1s, answer_after(timers, 2s), "no answer"),
                       asio::use_future);
    auto early =
        asio::co_spawn(context, with_deadline(timers, 1s, answer_after(timers, 500ms), "no answer"),
                       asio::use_future);
    context.poll();
    timers.advance(500ms);
    context.poll();
    EXPECT_EQ(must(early.get()), 42);
    timers.advance(500ms);
    context.restart();
    context.poll();
    const auto result = late.get();
    EXPECT_EQ(failure(result), Code::Timeout);
    EXPECT_EQ(result.error().message, "no answer");
    EXPECT_EQ(timers.sleeping(), 0U) << "the task that was given up has ended";
}

asio::awaitable<void> throw_now() {
    throw std::runtime_error("a defect");
    co_return;
}

TEST(TaskGroup, LogsWhatATaskThrows) {
    asio::io_context context;
    testing::Surroundings around;
    TaskGroup group(context.get_executor(), around.log, "test");
    group.spawn(throw_now());
    context.poll();
    EXPECT_NE(around.output.text().find("a defect"), std::string::npos);
}

asio::awaitable<void> echo_once(Listener& listener) {
    auto stream = must(co_await listener.accept(co_await asio::this_coro::executor));
    std::string text(5, '\0');
    co_await asio::async_read(*stream, asio::buffer(text), asio::use_awaitable);
    text += "!";
    co_await asio::async_write(*stream, asio::buffer(text), asio::use_awaitable);
    co_await stream->shut_down();
}

asio::awaitable<std::string> ask(Network& network, std::uint16_t port) {
    auto stream = must(co_await network.connect("127.0.0.1", port));
    co_await asio::async_write(*stream, asio::buffer(std::string("hello")), asio::use_awaitable);
    std::string answer;
    std::array<char, 100> part{};
    while (true) {
        const auto [error, size] = co_await stream->async_read_some(asio::buffer(part), as_result);
        answer.append(part.data(), size);
        if (error) {
            co_return answer + " " + (error == asio::error::eof ? "eof" : error.message());
        }
    }
}

class AnyNetwork : public ::testing::TestWithParam<bool> {
protected:
    AnyNetwork() {
        if (GetParam()) {
            network_ = std::make_unique<TcpNetwork>();
        } else {
            network_ = std::make_unique<MemoryNetwork>();
        }
    }
    asio::io_context context_;
    std::unique_ptr<Network> network_;
};

TEST_P(AnyNetwork, CarriesBytesBothWays) {
    const auto listener = must(network_->listen(context_.get_executor(), "127.0.0.1:0", {}));
    asio::co_spawn(context_, echo_once(*listener), asio::detached);
    EXPECT_EQ(run(context_, ask(*network_, listener->port())), "hello! eof");
}

TEST_P(AnyNetwork, ATakenPortAndASilentOneAreNamed) {
    const auto listener = must(network_->listen(context_.get_executor(), "127.0.0.1:0", {}));
    const auto second = network_->listen(context_.get_executor(), listener->address(), {});
    EXPECT_EQ(failure(second), Code::Conflict);
    EXPECT_EQ(failure(network_->listen(context_.get_executor(), "nonsense", {})),
              Code::InvalidArgument);
    EXPECT_EQ(failure(run(context_, network_->connect("127.0.0.1", 1))), Code::Unavailable);
}

INSTANTIATE_TEST_SUITE_P(Networks, AnyNetwork, ::testing::Bool(),
                         [](const auto& kind) { return kind.param ? "Tcp" : "Memory"; });

TEST(HostPort, IsRead) {
    EXPECT_EQ(must(parse_host_port("[::1]:80")).host, "::1");
    EXPECT_EQ(must(parse_host_port("plant.example:502")).port, 502);
    for (const auto* text : {"", "host", "host:", ":80", "host:70000", "host:1x"}) {
        EXPECT_EQ(failure(parse_host_port(text)), Code::InvalidArgument) << text;
    }
}

}  // namespace
}  // namespace gantry
