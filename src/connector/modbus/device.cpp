// SPDX-License-Identifier: Apache-2.0
#include "connector/modbus/device.h"

#include <optional>

namespace gantry::connector::modbus {
namespace {

using namespace std::chrono_literals;

constexpr Duration retry_pause = 1s;  // after the sink has refused a batch about lost units

std::vector<ReportRule> rules_of(const std::vector<Tag>& tags) {
    std::vector<ReportRule> out;
    for (const Tag& tag : tags) {
        out.push_back({tag.series, tag.deadband, tag.silence_max});
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
      meters_(around.metrics,
              protocol_name(settings_.wire == Wire::Tcp ? Kind::Tcp : Kind::Serial)),
      table_(make_tags(settings_, bindings)),
      reporter_(rules_of(table_.tags)),
      outlet_(key_, around, vitals, meters_, reporter_, table_.wrong),
      health_(settings_.failures_max, around.random) {
    for (std::uint32_t i = 0; i < table_.tags.size(); ++i) {
        tags_of_unit_[table_.tags[i].unit].push_back(i);
    }
    for (const auto& [unit, tags] : tags_of_unit_) {
        units_.push_back(unit);
    }
    make_plans();
}

void Device::make_plans() {
    std::vector<std::vector<Item>> items(settings_.groups.size());
    for (std::uint32_t i = 0; i < table_.tags.size(); ++i) {
        const Tag& tag = table_.tags[i];
        items[tag.group].push_back(
            {.unit = tag.unit, .area = tag.area, .start = tag.start, .count = tag.count, .tag = i});
    }
    for (auto& group : items) {
        plans_.emplace_back(std::move(group), settings_.plan_limits());
    }
}

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
        const Tag& now = tags()[i];
        const Tag& before = other.tags()[found->second];
        if (now.unit == before.unit && now.area == before.area && now.start == before.start &&
            now.format == before.format && now.type == before.type) {
            reporter_.inherit(i, other.reporter_, found->second);
        }
    }
    for (const auto& [unit, absence] : other.absent_) {
        if (tags_of_unit_.contains(unit)) {
            absent_.emplace(unit, absence);
        }
    }
}

void Device::lose(std::uint8_t unit, SampleBatch& out) {
    const auto [absence, news] = absent_.try_emplace(unit, Absence{around_.timers.now(), false});
    if (absence->second.stale) {
        return;
    }
    for (const std::uint32_t tag : tags_of_unit_[unit]) {
        reporter_.last_usable(tag, around_.clock.now(), out);
    }
    if (news && absence_changed_ != nullptr) {
        absence_changed_->set();
    }
}

void Device::regain(std::uint8_t unit) { absent_.erase(unit); }

asio::awaitable<void> Device::age(SampleSink& sink) {
    Event changed(co_await asio::this_coro::executor);
    absence_changed_ = &changed;
    struct Leave {
        Event*& who;
        Event* self;
        ~Leave() {
            if (who == self) {
                who = nullptr;
            }
        }
    } const leave{absence_changed_, &changed};
    while (true) {
        std::optional<Duration> first;
        for (const auto& [unit, absence] : absent_) {
            if (!absence.stale && (!first || absence.since < *first)) {
                first = absence.since;
            }
        }
        if (!first) {
            co_await changed.wait();
            continue;
        }
        // Who is lost meanwhile is stale later: nobody is overslept.
        co_await around_.timers.sleep_until(*first + settings_.stale_after);
        SampleBatch batch;
        std::map<std::uint8_t, Duration> told;
        for (const auto& [unit, absence] : absent_) {
            if (!absence.stale && around_.timers.now() - absence.since >= settings_.stale_after) {
                told[unit] = absence.since;
                for (const std::uint32_t tag : tags_of_unit_[unit]) {
                    reporter_.no_communication(tag, around_.clock.now(), batch);
                }
            }
        }
        if (!co_await deliver(sink, std::move(batch))) {
            co_await around_.timers.sleep(retry_pause);
            continue;
        }
        for (const auto& [unit, since] : told) {
            const auto found = absent_.find(unit);
            if (found != absent_.end() && found->second.since == since) {
                found->second.stale = true;
            }
        }
    }
}

asio::awaitable<void> Device::be_away(SampleSink& sink) {
    while (true) {
        SampleBatch batch;
        for (const std::uint8_t unit : units_) {
            lose(unit, batch);
        }
        if (co_await deliver(sink, std::move(batch))) {
            break;
        }
        co_await around_.timers.sleep(retry_pause);
    }
    co_await age(sink);
}

}  // namespace gantry::connector::modbus
