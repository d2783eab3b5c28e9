// SPDX-License-Identifier: Apache-2.0
#include "connector/device_state.h"

#include "runtime/event.h"

namespace gantry::connector {
namespace {

using namespace std::chrono_literals;

constexpr Duration retry_pause = 1s;  // after the sink has refused a batch about the loss

}  // namespace

DeviceState::DeviceState(std::string key, std::string_view protocol, std::vector<ReportRule> rules,
                         std::vector<WrongTag> wrong, Duration stale_after,
                         const Surroundings& around, Vitals& vitals)
    : key_(std::move(key)),
      around_(around),
      vitals_(vitals),
      meters_(around.metrics, protocol),
      wrong_(std::move(wrong)),
      stale_after_(stale_after),
      reporter_(std::move(rules)),
      outlet_(key_, around, vitals, meters_, reporter_, wrong_),
      told_(reporter_.size(), time_min) {}

void DeviceState::inherit(const DeviceState& other,
                          const std::vector<std::optional<std::size_t>>& same) {
    for (std::size_t i = 0; i < same.size(); ++i) {
        if (same[i]) {
            reporter_.inherit(i, other.reporter_, *same[i]);
            told_[i] = other.told_[*same[i]];
        }
    }
    // Between the two nothing comes: what was known is as old as if the device were away.
    away_since_ = other.away_since_.value_or(around_.timers.now());
    stale_ = other.stale_;
}

void DeviceState::mark(Time now) {
    for (Time& told : told_) {
        told = std::max(told, now);
    }
}

asio::awaitable<void> DeviceState::announce(SampleSink& sink) {
    mark(around_.clock.now());
    co_await outlet_.announce(sink);
}

void DeviceState::regain() {
    away_since_.reset();
    stale_ = false;
    vitals_.connected();
    for (const WrongTag& wrong : wrong_) {
        vitals_.part(wrong.path, wrong.complaint);
    }
}

void DeviceState::value(std::size_t tag, const Reading& reading, std::optional<Time> said,
                        std::optional<Time> again, SampleBatch& out) {
    const Time now = around_.clock.now();
    const Time time = said.value_or(now);
    const std::size_t before = out.size();
    reporter_.value(tag, reading, time, around_.timers.now(), out);
    if (again && out.size() > before && time <= told_[tag]) {
        const bool known = *again > told_[tag] && *again <= now;
        Row row = out.row(before);
        const std::string text(row.text);
        row.text = text;
        row.time = known ? *again : std::max(now, told_[tag] + 1);
        told_[tag] = row.time;
        out.add_row(row);
    }
}

asio::awaitable<bool> DeviceState::deliver(SampleSink& sink, SampleBatch batch, Acknowledge how) {
    co_return co_await outlet_.deliver(sink, std::move(batch), how);
}

asio::awaitable<void> DeviceState::age(SampleSink& sink) {
    while (away_since_ && !stale_) {
        co_await around_.timers.sleep_until(*away_since_ + stale_after_);
        SampleBatch batch;
        const Time now = around_.clock.now();
        for (std::size_t tag = 0; tag < reporter_.size(); ++tag) {
            reporter_.no_communication(tag, now, batch);
        }
        mark(now);
        stale_ = co_await deliver(sink, std::move(batch));
        if (!stale_) {
            co_await around_.timers.sleep(retry_pause);
        }
    }
    Event never(co_await asio::this_coro::executor);
    while (true) {
        co_await never.wait();
    }
}

asio::awaitable<void> DeviceState::be_away(SampleSink& sink) {
    if (!away_since_) {
        away_since_ = around_.timers.now();
    }
    while (!stale_) {
        SampleBatch batch;
        const Time now = around_.clock.now();
        for (std::size_t tag = 0; tag < reporter_.size(); ++tag) {
            reporter_.last_usable(tag, now, batch);
        }
        mark(now);
        if (co_await deliver(sink, std::move(batch))) {
            break;
        }
        co_await around_.timers.sleep(retry_pause);
    }
    co_await age(sink);
}

asio::awaitable<void> DeviceState::give_up(SampleSink& sink) {
    SampleBatch batch;
    const Time now = around_.clock.now();
    for (std::size_t tag = 0; tag < reporter_.size(); ++tag) {
        reporter_.no_communication(tag, now, batch);
    }
    mark(now);
    co_await deliver(sink, std::move(batch));
}

}  // namespace gantry::connector
