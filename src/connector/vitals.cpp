// SPDX-License-Identifier: Apache-2.0
#include "connector/vitals.h"

#include <algorithm>

namespace gantry::connector {

std::string_view state_name(State state) {
    constexpr std::array<std::string_view, 6> names = {
        "disabled", "connecting", "running", "degraded", "backing_off", "failed_configuration"};
    return names[static_cast<std::size_t>(state)];
}

StateGauges::StateGauges(Metrics& metrics) {
    for (std::size_t i = 0; i < of.size(); ++i) {
        of[i] = &metrics.gauge("gantry_connector_connections", "Connections in each state",
                               {{"state", std::string(state_name(static_cast<State>(i)))}});
    }
}

Vitals::Vitals(const Clock& clock, StateGauges* gauges) : clock_(clock), gauges_(gauges) {
    health_.since = clock.now();
    if (gauges_ != nullptr) {
        gauges_->of[static_cast<std::size_t>(health_.state)]->add(1);
    }
}

Vitals::~Vitals() {
    if (gauges_ != nullptr) {
        gauges_->of[static_cast<std::size_t>(health_.state)]->add(-1);
    }
}

void Vitals::enter(State state, std::string error) {
    const std::lock_guard lock(mutex_);
    set_state(state);
    note_error(std::move(error));
    parts_.clear();
    connected_at_.reset();
}

void Vitals::restarted() {
    const std::lock_guard lock(mutex_);
    ++health_.restarts;
}

void Vitals::connected() {
    const std::lock_guard lock(mutex_);
    connected_at_ = clock_.monotonic();
    set_state(State::Running);
    settle();
}

void Vitals::polled(const Poll& poll) {
    const std::lock_guard lock(mutex_);
    ++health_.polls;
    health_.polls_missed += poll.missed;
    health_.last_poll_lateness = poll.lateness;
    const Duration now = clock_.monotonic();
    if (health_.polls == 1) {
        window_start_ = now;
    }
    if (const Duration passed = now - window_start_; passed >= rate_window) {
        rate_ = static_cast<double>(window_polls_) / std::chrono::duration<double>(passed).count();
        has_rate_ = true;
        window_start_ = now;
        window_polls_ = 0;
    }
    ++window_polls_;
}

void Vitals::tags(std::uint64_t good, std::uint64_t uncertain, std::uint64_t bad) {
    const std::lock_guard lock(mutex_);
    health_.tags_good = good;
    health_.tags_uncertain = uncertain;
    health_.tags_bad = bad;
    batch_lost_ = false;
    settle();
}

void Vitals::lost_samples(std::uint64_t count, std::string error) {
    const std::lock_guard lock(mutex_);
    health_.samples_lost += count;
    note_error(std::move(error));
    batch_lost_ = true;
    settle();
}

void Vitals::part(const std::string& name, std::string trouble) {
    const std::lock_guard lock(mutex_);
    if (trouble.empty()) {
        parts_.erase(name);
    } else if (parts_.size() < parts_max || parts_.contains(name)) {
        note_error(name + ": " + trouble);
        parts_[name] = std::move(trouble);
    }
    settle();
}

// Of a connection that stands, running and degraded are told apart by what is known of its tags.
void Vitals::settle() {
    if (health_.state != State::Running && health_.state != State::Degraded) {
        return;
    }
    const bool whole =
        health_.tags_uncertain == 0 && health_.tags_bad == 0 && parts_.empty() && !batch_lost_;
    set_state(whole ? State::Running : State::Degraded);
}

void Vitals::set_state(State state) {
    if (health_.state == state) {
        return;
    }
    if (gauges_ != nullptr) {
        gauges_->of[static_cast<std::size_t>(health_.state)]->add(-1);
        gauges_->of[static_cast<std::size_t>(state)]->add(1);
    }
    health_.state = state;
    health_.since = clock_.now();
}

void Vitals::note_error(std::string error) {
    if (!error.empty()) {
        health_.last_error = std::move(error);
        health_.last_error_time = clock_.now();
    }
}

Duration Vitals::connected_for() const {
    const std::lock_guard lock(mutex_);
    return connected_at_ ? clock_.monotonic() - *connected_at_ : Duration{0};
}

Health Vitals::health() const {
    const std::lock_guard lock(mutex_);
    Health out = health_;
    const Duration passed = clock_.monotonic() - window_start_;
    if (has_rate_) {
        // It has stopped when three polls in a row did not come.
        const auto three =
            std::chrono::duration_cast<Duration>(std::chrono::duration<double>(3 / rate_));
        out.polls_per_second = passed < std::max(2 * rate_window, three) ? rate_ : 0;
    } else if (passed > Duration{0} && window_polls_ > 0) {
        out.polls_per_second =
            static_cast<double>(window_polls_) / std::chrono::duration<double>(passed).count();
    }
    out.round_trip_p50 = round_trip_.quantile(0.5);
    out.round_trip_p99 = round_trip_.quantile(0.99);
    for (const auto& [name, trouble] : parts_) {
        out.troubles.push_back({name, trouble});
    }
    return out;
}

}  // namespace gantry::connector
