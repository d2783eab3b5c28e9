// SPDX-License-Identifier: Apache-2.0
#include "connector/modbus/health.h"

#include <algorithm>

namespace gantry::connector::modbus {

bool UnitHealth::may_ask(std::uint8_t unit, Duration now) {
    Unit& state = units_[unit];
    if (!state.off_scan) {
        return true;
    }
    if (state.probing || now < state.retry_at) {
        return false;
    }
    state.probing = true;
    return true;
}

bool UnitHealth::on_scan(std::uint8_t unit) const {
    const auto found = units_.find(unit);
    return found == units_.end() || !found->second.off_scan;
}

bool UnitHealth::answered(std::uint8_t unit) {
    Unit& state = units_[unit];
    const bool back = state.off_scan;
    state = {};
    return back;
}

bool UnitHealth::failed(std::uint8_t unit, Duration now) {
    Unit& state = units_[unit];
    state.probing = false;
    if (!state.off_scan && ++state.failures < failures_max_) {
        return false;
    }
    const bool news = !state.off_scan;
    state.off_scan = true;
    state.retry_at = now + state.backoff.next(random_);
    return news;
}

void UnitHealth::abandon(std::uint8_t unit) { units_[unit].probing = false; }

void UnitHealth::start_over() {
    for (auto& [unit, state] : units_) {
        state.probing = false;
        state.retry_at = Duration{0};
        state.failures = std::min(state.failures, failures_max_ - 1);
    }
}

Duration UnitHealth::pause(std::uint8_t unit, Duration now) const {
    const auto found = units_.find(unit);
    if (found == units_.end() || !found->second.off_scan) {
        return Duration{0};
    }
    return std::max(found->second.retry_at - now, Duration{0});
}

}  // namespace gantry::connector::modbus
