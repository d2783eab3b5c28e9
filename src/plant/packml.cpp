// SPDX-License-Identifier: Apache-2.0
#include "plant/packml.h"

#include <array>
#include <optional>

#include "plant/step.h"

namespace gantry::plant {
namespace {

struct Acting {
    PackMlState state;
    PackMlState next;
    double seconds;
};

constexpr std::array<Acting, 9> acting_states = {{
    {PackMlState::Clearing, PackMlState::Stopped, 3},
    {PackMlState::Starting, PackMlState::Execute, 5},
    {PackMlState::Stopping, PackMlState::Stopped, 4},
    {PackMlState::Aborting, PackMlState::Aborted, 1},
    {PackMlState::Holding, PackMlState::Held, 2},
    {PackMlState::Unholding, PackMlState::Execute, 3},
    {PackMlState::Suspending, PackMlState::Suspended, 2},
    {PackMlState::Unsuspending, PackMlState::Execute, 3},
    {PackMlState::Resetting, PackMlState::Idle, 3},
}};

const Acting* acting(PackMlState state) {
    for (const Acting& row : acting_states) {
        if (row.state == state) {
            return &row;
        }
    }
    return nullptr;
}

bool any_of(PackMlState state, std::initializer_list<PackMlState> states) {
    for (const PackMlState candidate : states) {
        if (candidate == state) {
            return true;
        }
    }
    return false;
}

// The state that a command leads to, or none where it is not allowed.
std::optional<PackMlState> target(PackMlState state, PackMlCommand command) {
    using enum PackMlState;
    switch (command) {
        case PackMlCommand::Reset:
            return any_of(state, {Stopped, Complete}) ? std::optional(Resetting) : std::nullopt;
        case PackMlCommand::Start: return state == Idle ? std::optional(Starting) : std::nullopt;
        case PackMlCommand::Hold:
            return any_of(state, {Execute, Suspended}) ? std::optional(Holding) : std::nullopt;
        case PackMlCommand::Unhold: return state == Held ? std::optional(Unholding) : std::nullopt;
        case PackMlCommand::Suspend:
            return state == Execute ? std::optional(Suspending) : std::nullopt;
        case PackMlCommand::Unsuspend:
            return state == Suspended ? std::optional(Unsuspending) : std::nullopt;
        case PackMlCommand::Clear: return state == Aborted ? std::optional(Clearing) : std::nullopt;
        case PackMlCommand::Stop:
            return any_of(state, {Stopped, Stopping, Clearing, Aborting, Aborted})
                       ? std::nullopt
                       : std::optional(Stopping);
        case PackMlCommand::Abort:
            return any_of(state, {Aborting, Aborted}) ? std::nullopt : std::optional(Aborting);
    }
    return std::nullopt;
}

}  // namespace

bool PackMl::command(PackMlCommand command) {
    const std::optional<PackMlState> next = target(state_, command);
    if (next) {
        enter(*next);
    }
    return next.has_value();
}

void PackMl::enter(PackMlState state) {
    state_ = state;
    const Acting* row = acting(state);
    seconds_left_ = row == nullptr ? 0 : row->seconds;
}

void PackMl::step() {
    if (const Acting* row = acting(state_); row != nullptr) {
        seconds_left_ -= step_seconds;
        if (seconds_left_ <= 0) {
            enter(row->next);
        }
    }
}

}  // namespace gantry::plant
