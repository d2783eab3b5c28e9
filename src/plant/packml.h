// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace gantry::plant {

// The states of a packaging machine with the numbers of ISA-TR88.00.02 (PackML).
enum class PackMlState : std::uint16_t {
    Clearing = 1,
    Stopped = 2,
    Starting = 3,
    Idle = 4,
    Suspended = 5,
    Execute = 6,
    Stopping = 7,
    Aborting = 8,
    Aborted = 9,
    Holding = 10,
    Held = 11,
    Unholding = 12,
    Suspending = 13,
    Unsuspending = 14,
    Resetting = 15,
    Completing = 16,
    Complete = 17,
};

// The control commands with the numbers of ISA-TR88.00.02.
enum class PackMlCommand : std::uint16_t {
    Reset = 1,
    Start = 2,
    Stop = 3,
    Hold = 4,
    Unhold = 5,
    Suspend = 6,
    Unsuspend = 7,
    Abort = 8,
    Clear = 9,
};

// The state model of one machine. An acting state (-ing) takes some seconds and then becomes the
// waiting state that it leads to. A command that the state does not allow is ignored, as the report
// has it.
class PackMl {
public:
    explicit PackMl(PackMlState state) : state_(state) {}

    // False when the present state does not allow it.
    bool command(PackMlCommand command);
    void step();

    PackMlState state() const { return state_; }
    bool executing() const { return state_ == PackMlState::Execute; }

private:
    void enter(PackMlState state);

    PackMlState state_;
    double seconds_left_ = 0;
};

}  // namespace gantry::plant
