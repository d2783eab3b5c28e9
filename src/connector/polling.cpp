// SPDX-License-Identifier: Apache-2.0
#include "connector/polling.h"

#include "connector/schedule.h"

namespace gantry::connector {

void PollGroup::count_request(Duration round_trip) {
    device_.meters().requests.add();
    device_.meters().round_trip.record(round_trip);
    device_.vitals().round_trip(round_trip);
}

void PollGroup::add_value(std::size_t tag, const Reading& reading, Time arrived) {
    if (troubles_.erase(tag) > 0) {
        device_.vitals().part(paths_[tag], {});
    }
    device_.value(tag, reading, arrived, std::nullopt, batch_);
}

void PollGroup::add_refusal(std::size_t tag, Quality quality, const std::string& why) {
    device_.meters().requests_refused.add();
    std::string& known = troubles_[tag];
    if (known != why) {
        known = why;
        device_.vitals().part(paths_[tag], why);
    }
    device_.value(tag, {.quality = quality, .type = ValueType::Null, .bits = 0, .text = {}},
                  std::nullopt, std::nullopt, batch_);
}

struct Polling::InRound {
    Polling& polling;
    explicit InRound(Polling& of) : polling(of) { ++polling.rounds_; }
    ~InRound() {
        --polling.rounds_;
        polling.round_ended_.set();
    }
};

Polling::Polling(DeviceState& device, DeviceLink& link, SampleSink& sink,
                 const asio::any_io_executor& executor)
    : device_(device),
      link_(link),
      sink_(sink),
      tasks_(executor, device.around().log, device.key()),
      ended_(executor),
      round_ended_(executor) {}

void Polling::add(std::unique_ptr<PollGroup> group, Duration period) {
    groups_.emplace_back(std::move(group), period);
}

asio::awaitable<Error> Polling::run() {
    tasks_.spawn(drive());
    for (auto& [group, period] : groups_) {
        tasks_.spawn(poll(*group, period));
    }
    bool cancelled = false;
    try {
        co_await ended_.wait();
        while (rounds_ > 0) {
            co_await round_ended_.wait();
        }
    } catch (const boost::system::system_error&) {
        cancelled = true;
    }
    // The tasks must have ended before what they use goes.
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    link_.close();
    co_await tasks_.stop();
    co_return cancelled ? Error{Code::Cancelled, "stopped", {}} : std::move(reason_);
}

asio::awaitable<void> Polling::drive() { end(co_await link_.run()); }

void Polling::end(Error reason) {
    if (!link_.closed()) {
        reason_ = std::move(reason);
        link_.close();
        ended_.set();
    }
}

// A defect in one group must not leave a connection that looks well and polls nothing.
asio::awaitable<void> Polling::poll(PollGroup& group, Duration period) {
    try {
        const Surroundings& around = device_.around();
        Schedule schedule(period, around.timers.now(), around.random);
        while (!link_.closed()) {
            co_await around.timers.sleep_until(schedule.due());
            co_await round(group, schedule);
        }
    } catch (const boost::system::system_error&) {
        throw;
    } catch (const std::exception& error) {
        end({Code::Internal, error.what(), {}});
    }
}

asio::awaitable<void> Polling::round(PollGroup& group, Schedule& schedule) {
    const InRound in_round(*this);
    const Schedule::Start start = schedule.begin(device_.around().timers.now());
    const bool whole = co_await group.read_all();
    co_await device_.deliver(sink_, group.take_batch());
    if (whole) {
        device_.vitals().polled({.lateness = start.lateness, .missed = start.missed});
        device_.meters().polls.add();
        device_.meters().polls_missed.add(start.missed);
        device_.meters().lateness.record(start.lateness);
    }
}

}  // namespace gantry::connector
