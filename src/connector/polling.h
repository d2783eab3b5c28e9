// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>

#include "connector/device_link.h"
#include "connector/device_state.h"
#include "runtime/event.h"
#include "runtime/task_group.h"

namespace gantry::connector {

// The tags that are read in one rhythm: what was read of them in a round, and what is wrong with
// them from round to round.
class PollGroup {
public:
    // `paths` are those of all tags of the connection.
    PollGroup(DeviceState& device, const std::vector<std::string>& paths)
        : device_(device), paths_(paths) {}
    virtual ~PollGroup() = default;

    // Reads everything once. False if the link went meanwhile; what was read counts.
    virtual asio::awaitable<bool> read_all() = 0;
    SampleBatch take_batch() { return std::exchange(batch_, {}); }

protected:
    // What the device has refused is asked for again now and then: somebody may have changed its
    // program.
    template <class Plan>
    void begin_round(Plan& plan) {
        const Duration now = device_.around().timers.now();
        if (plan.has_learnt() && now >= forget_at_) {
            plan.forget();
        }
        if (!plan.has_learnt()) {
            forget_at_ = now + refusals_kept;
        }
        batch_.reserve(plan.items().size());
    }
    void count_request(Duration round_trip);
    void add_value(std::size_t tag, const Reading& reading, Time arrived);
    void add_refusal(std::size_t tag, Quality quality, const std::string& why);

private:
    DeviceState& device_;
    const std::vector<std::string>& paths_;
    SampleBatch batch_;
    std::map<std::size_t, std::string> troubles_;  // of tags
    Duration forget_at_{0};

    static constexpr Duration refusals_kept = std::chrono::minutes(10);
};

class Schedule;

// One link that stands, and the polling over it. What it is given must outlive it.
class Polling {
public:
    Polling(DeviceState& device, DeviceLink& link, SampleSink& sink,
            const asio::any_io_executor& executor);

    // Before run().
    void add(std::unique_ptr<PollGroup> group, Duration period);

    // Until the link breaks, and says how; or Cancelled. Rounds that are under way when it breaks
    // still deliver what they have read.
    asio::awaitable<Error> run();

private:
    struct InRound;

    asio::awaitable<void> drive();
    asio::awaitable<void> poll(PollGroup& group, Duration period);
    asio::awaitable<void> round(PollGroup& group, Schedule& schedule);
    void end(Error reason);

    DeviceState& device_;
    DeviceLink& link_;
    SampleSink& sink_;
    TaskGroup tasks_;
    std::vector<std::pair<std::unique_ptr<PollGroup>, Duration>> groups_;
    Event ended_;
    Event round_ended_;
    std::size_t rounds_ = 0;  // under way
    Error reason_;
};

}  // namespace gantry::connector
