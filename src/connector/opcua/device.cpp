// SPDX-License-Identifier: Apache-2.0
#include "connector/opcua/device.h"

#include <map>

#include "runtime/event.h"

namespace gantry::connector::opcua {
namespace {

using namespace std::chrono_literals;

constexpr Duration retry_pause = 1s;  // after the sink has refused a batch about the loss

std::vector<ReportRule> rules_of(const std::vector<Tag>& tags) {
    std::vector<ReportRule> out;
    for (const Tag& tag : tags) {
        out.push_back({tag.series, tag.deadband, std::nullopt});
    }
    return out;
}

}  // namespace

Device::Device(std::string key, Settings settings, const std::vector<TagBinding>& bindings,
               const Surroundings& around, Vitals& vitals)
    : key_(std::move(key)),
      settings_(std::move(settings)),
      around_(around),
      vitals_(vitals),
      meters_(around.metrics, "opcua"),
      table_(make_tags(settings_, bindings)),
      reporter_(rules_of(table_.tags)),
      outlet_(key_, around, vitals, meters_, reporter_, table_.wrong),
      told_(table_.tags.size(), time_min),
      troubled_(table_.tags.size(), false) {}

void Device::inherit(const Device& other) {
    std::map<SeriesId, std::size_t> known;
    for (std::size_t i = 0; i < other.tags().size(); ++i) {
        known.emplace(other.tags()[i].series, i);
    }
    for (std::size_t i = 0; i < tags().size(); ++i) {
        const auto found = known.find(tags()[i].series);
        if (found == known.end()) {
            continue;
        }
        const Tag& before = other.tags()[found->second];
        if (tags()[i].address == before.address && tags()[i].type == before.type) {
            reporter_.inherit(i, other.reporter_, found->second);
            told_[i] = other.told_[found->second];
        }
    }
    // Between the two sessions nothing comes: what was known is as old as if the server were away.
    away_since_ = other.away_since_.value_or(around_.timers.now());
    stale_ = other.stale_;
}

void Device::mark(Time now) {
    for (Time& told : told_) {
        told = std::max(told, now);
    }
}

asio::awaitable<void> Device::announce(SampleSink& sink) {
    mark(around_.clock.now());
    co_await outlet_.announce(sink);
}

void Device::regain() {
    away_since_.reset();
    stale_ = false;
}

void Device::add(const Arrival& arrival, Time now, SampleBatch& out) {
    const std::size_t tag = arrival.tag;
    const Time time = arrival.source != 0   ? arrival.source
                      : arrival.server != 0 ? arrival.server
                                            : now;
    const std::size_t before = out.size();
    reporter_.value(tag, arrival.reading(), time, around_.timers.now(), out);
    if (out.size() > before && time <= told_[tag]) {
        // The value is older than what we have said of the tag, and would stay hidden behind it: it
        // holds again from when the server looked.
        const bool known = arrival.server > told_[tag] && arrival.server <= now;
        const Time again = known ? arrival.server : std::max(now, told_[tag] + 1);
        Row row = out.row(before);
        const std::string text(row.text);
        row.text = text;
        row.time = again;
        out.add_row(row);
        told_[tag] = again;
    }
    if (!arrival.complaint.empty() || troubled_[tag]) {
        troubled_[tag] = !arrival.complaint.empty();
        vitals_.part(table_.paths[tag], arrival.complaint);
    }
}

asio::awaitable<void> Device::take(SampleSink& sink, const std::vector<Arrival>& arrivals) {
    SampleBatch out;
    const Time now = around_.clock.now();
    for (const Arrival& arrival : arrivals) {
        add(arrival, now, out);
    }
    meters_.polls.add();
    vitals_.polled({});
    co_await outlet_.deliver(sink, std::move(out));
}

asio::awaitable<void> Device::age(SampleSink& sink) {
    while (away_since_ && !stale_) {
        co_await around_.timers.sleep_until(*away_since_ + settings_.stale_after);
        SampleBatch batch;
        const Time now = around_.clock.now();
        for (std::size_t tag = 0; tag < tags().size(); ++tag) {
            reporter_.no_communication(tag, now, batch);
        }
        mark(now);
        stale_ = co_await outlet_.deliver(sink, std::move(batch));
        if (!stale_) {
            co_await around_.timers.sleep(retry_pause);
        }
    }
    Event never(co_await asio::this_coro::executor);
    while (true) {
        co_await never.wait();
    }
}

asio::awaitable<void> Device::be_away(SampleSink& sink) {
    if (!away_since_) {
        away_since_ = around_.timers.now();
    }
    while (!stale_) {
        SampleBatch batch;
        const Time now = around_.clock.now();
        for (std::size_t tag = 0; tag < tags().size(); ++tag) {
            reporter_.last_usable(tag, now, batch);
        }
        mark(now);
        if (co_await outlet_.deliver(sink, std::move(batch))) {
            break;
        }
        co_await around_.timers.sleep(retry_pause);
    }
    co_await age(sink);
}

asio::awaitable<void> Device::give_up(SampleSink& sink) {
    SampleBatch batch;
    const Time now = around_.clock.now();
    for (std::size_t tag = 0; tag < tags().size(); ++tag) {
        reporter_.no_communication(tag, now, batch);
    }
    mark(now);
    co_await outlet_.deliver(sink, std::move(batch));
}

}  // namespace gantry::connector::opcua
