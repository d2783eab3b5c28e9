// SPDX-License-Identifier: Apache-2.0
#include "bridge/runner.h"

#include <boost/asio/post.hpp>

#include "runtime/either.h"

namespace gantry::bridge {

std::string_view state_name(State state) {
    switch (state) {
        case State::Disabled: return "disabled";
        case State::Connecting: return "connecting";
        case State::Connected: return "connected";
        case State::Refused: return "refused";
        default: return "failed";
    }
}

std::string session_of(const registry::BridgeId& id) {
    return std::string(broker::inner_prefix) + id.text();
}

Runner::Runner(const Surroundings& around, TaskGroup& tasks)
    : around_(around), tasks_(tasks), wished_(tasks.executor()) {
    view_.since = around_.clock.now();
}

void Runner::want(const std::shared_ptr<Runner>& self, std::optional<Plan> plan) {
    {
        const std::lock_guard lock(mutex_);
        wish_ = Wish{std::move(plan)};
    }
    asio::post(tasks_.executor(), [self] { self->wished_.set(); });
}

bool Runner::has_wish() const {
    const std::lock_guard lock(mutex_);
    return wish_.has_value();
}

std::optional<Runner::Wish> Runner::take_wish() {
    const std::lock_guard lock(mutex_);
    return std::exchange(wish_, std::nullopt);
}

asio::awaitable<void> Runner::wait_for_wish() {
    // The event may be about a wish that was taken before it came.
    while (!has_wish()) {
        co_await wished_.wait();
    }
}

View Runner::view() const {
    const std::lock_guard lock(mutex_);
    View out = view_;
    out.messages_in = counters_.messages_in;
    out.messages_out = counters_.messages_out;
    out.dropped = counters_.dropped + session_dropped_;
    return out;
}

void Runner::enter(State state, std::string reason) {
    const std::lock_guard lock(mutex_);
    if (view_.state != state) {
        view_.since = around_.clock.now();
    }
    view_.state = state;
    view_.reason = std::move(reason);
    view_.version.clear();
}

asio::awaitable<void> Runner::keep(std::shared_ptr<Runner> self) { co_await self->loop(); }

asio::awaitable<void> Runner::loop() {
    while (true) {
        if (std::optional<Wish> wish = take_wish()) {
            if (!wish->plan) {
                co_await leave();
                co_return;
            }
            adopt(std::move(*wish->plan));
            continue;
        }
        if (!plan_) {
            co_await wait_for_wish();
            continue;
        }
        const std::optional<Error> error = co_await run_once();
        if (!error) {
            continue;
        }
        if (!again_at_once_) {
            co_await fall_over(*error);
        }
    }
}

asio::awaitable<void> Runner::fall_over(const Error& error) {
    if (connected_at_ && around_.timers.now() - *connected_at_ >= stable_after) {
        backoff_.reset();
    }
    const State state = refused_ ? State::Refused : State::Failed;
    const View before = view();
    if (before.state != state || before.reason != error.message) {
        around_.log.warn("bridge", "no connection",
                         {{"tenant", tenant_.text()}, {"bridge", key_}, {"detail", error.message}});
    }
    enter(state, error.message);
    co_await either(wished(), around_.timers.sleep(backoff_.next(around_.random)));
}

asio::awaitable<bool> Runner::wished() {
    co_await wait_for_wish();
    co_return true;
}

void Runner::adopt(Plan plan) {
    // What waits for a bridge stays with it, wherever it leads from now on.
    all_retained_ = all_retained_ || (!key_.empty() && rules_ != plan.config.rules);
    if (plan_ && (plan_->config.address != plan.config.address ||
                  plan_->config.client_id != plan.config.client_id)) {
        known_ = {};
    }
    tenant_ = plan.tenant;
    id_ = plan.id;
    key_ = plan.config.key;
    rules_ = plan.config.rules;
    choice_ = mqttclient::VersionChoice(plan.config.protocol, true);
    prepared_at_.reset();
    backoff_.reset();
    if (!plan.config.enabled) {
        plan_.reset();
        enter(State::Disabled);
        return;
    }
    plan_ = std::move(plan);
    enter(State::Connecting);
}

// What our own broker keeps for it goes.
asio::awaitable<void> Runner::leave() {
    gone_ = true;
    if (around_.broker.running() && !tenant_.text().empty()) {
        (void)co_await around_.broker.end_session(tenant_, session_of(id_));
    }
}

asio::awaitable<void> Runner::watch(std::shared_ptr<Runner> self) {
    while (!self->gone_) {
        if (!self->tenant_.text().empty() && self->around_.broker.running()) {
            const auto session =
                co_await self->around_.broker.session(self->tenant_, session_of(self->id_));
            const std::lock_guard lock(self->mutex_);
            self->view_.queued = session ? session->facts.queued + session->facts.inflight : 0;
            self->session_dropped_ = session ? session->facts.dropped : self->session_dropped_;
        }
        co_await self->around_.timers.sleep(std::chrono::seconds(1));
    }
}

}  // namespace gantry::bridge
