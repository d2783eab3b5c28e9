// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>

namespace gantry {

// Runs an io_context on a thread. Where thousands of small events a second come one by one, each
// wakes the thread, and to fall asleep and be woken costs more than what the event itself asks for.
// Then the thread rests between its turns, and does together what has come meanwhile: half a
// millisecond of waiting for more than half of the processor's time. Not when a rest gathers
// little, as with a client that waits for each answer before it asks again.
class Turns {
public:
    // How often the thread has fallen asleep, since it began.
    using Wakeups = std::function<std::int64_t()>;

    explicit Turns(boost::asio::io_context& context, Wakeups wakeups = of_this_thread);

    // Until the context is stopped, or has no work left. What a handler throws comes out.
    void run();

    // So often it has rested.
    std::uint64_t rests() const { return rests_; }

private:
    static std::int64_t of_this_thread();
    bool woken_too_often();
    void rest_while_it_gathers();

    boost::asio::io_context& context_;
    const Wakeups wakeups_;
    std::uint64_t rests_ = 0;
    unsigned pause_ = 1;   // after a try that gathered little: looks until the next one
    unsigned paused_ = 0;  // of these, to come
};

}  // namespace gantry
