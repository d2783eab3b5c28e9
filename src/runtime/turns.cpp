// SPDX-License-Identifier: Apache-2.0
#include "runtime/turns.h"

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <thread>

namespace gantry {
namespace {

using Steady = std::chrono::steady_clock;

// Measured with 500 clients of the broker, 30,000 messages a second: longer rests gain little more.
constexpr auto rest = std::chrono::microseconds(500);
// Handlers between two looks at how often they woke the thread.
constexpr std::size_t look_every = 512;
// A second, from where on resting is tried.
constexpr double wakeups_most = 4000;
// What a rest must gather, in handlers; after so many in a row that did not it is enough.
constexpr std::size_t worth_a_rest = 12;
constexpr unsigned poor_rests_most = 4;
// Whoever rested so often in a row did well by it.
constexpr std::uint64_t good_row = 1000;
constexpr unsigned pause_most = 64;

}  // namespace

Turns::Turns(boost::asio::io_context& context, Wakeups wakeups)
    : context_(context), wakeups_(std::move(wakeups)) {}

void Turns::run() {
    while (!context_.stopped()) {
        if (woken_too_often()) {
            rest_while_it_gathers();
        }
    }
}

std::int64_t Turns::of_this_thread() {
    rusage used{};
    getrusage(RUSAGE_THREAD, &used);
    return used.ru_nvcsw;
}

// Runs handlers as they come.
bool Turns::woken_too_often() {
    const std::int64_t before = wakeups_();
    const auto begin = Steady::now();
    for (std::size_t i = 0; i < look_every; ++i) {
        if (context_.run_one() == 0) {
            return false;
        }
    }
    if (paused_ > 0) {
        --paused_;
        return false;
    }
    const std::chrono::duration<double> took = Steady::now() - begin;
    return static_cast<double>(wakeups_() - before) > wakeups_most * took.count();
}

void Turns::rest_while_it_gathers() {
    const std::uint64_t first = rests_;
    unsigned poor = 0;
    while (poor < poor_rests_most && !context_.stopped()) {
        std::this_thread::sleep_for(rest);
        ++rests_;
        poor = context_.poll() < worth_a_rest ? poor + 1 : 0;
    }
    pause_ = rests_ - first >= good_row ? 1 : std::min(2 * pause_, pause_most);
    paused_ = pause_;
}

}  // namespace gantry
