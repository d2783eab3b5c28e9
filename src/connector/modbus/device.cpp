// SPDX-License-Identifier: Apache-2.0
#include "connector/modbus/device.h"

#include <optional>

namespace gantry::connector::modbus {
namespace {

using namespace std::chrono_literals;

constexpr Duration retry_pause = 1s;  // after the sink has refused a batch about lost units

}  // namespace

Device::Device(std::string key, Settings settings, const std::vector<TagBinding>& bindings,
               const Surroundings& around, Vitals& vitals)
    : key_(std::move(key)),
      settings_(std::move(settings)),
      around_(around),
      vitals_(vitals),
      meters_(around.metrics, "modbus_tcp"),
      table_(make_tags(settings_, bindings)),
      reporter_(table_.tags),
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

asio::awaitable<bool> Device::deliver(SampleSink& sink, SampleBatch batch) {
    const std::size_t rows = batch.size();
    Result<> taken;
    if (rows > 0) {
        try {
            taken = co_await sink.submit(std::move(batch), Acknowledge::Written);
        } catch (...) {
            reporter_.repeat_all();
            throw;
        }
    }
    show_counts();
    if (taken) {
        meters_.samples.add(rows);
        losing_samples_ = false;
        co_return true;
    }
    meters_.samples_lost.add(rows);
    reporter_.repeat_all();
    vitals_.lost_samples(rows, "the samples were not taken: " + taken.error().message);
    if (!losing_samples_) {
        losing_samples_ = true;
        around_.log.warn("connector", "samples lost",
                         {{"connection", key_}, {"detail", taken.error().message}});
    }
    co_return false;
}

void Device::show_counts() {
    const Reporter::Counts& counts = reporter_.counts();
    vitals_.tags(counts.good, counts.uncertain, counts.bad + table_.wrong.size());
}

asio::awaitable<void> Device::announce(SampleSink& sink) {
    if (announced_) {
        co_return;
    }
    const Time now = around_.clock.now();
    SampleBatch batch;
    for (std::size_t i = 0; i < tags().size(); ++i) {
        reporter_.waiting(i, now, batch);
    }
    for (const WrongTag& wrong : table_.wrong) {
        batch.add_null(wrong.series, now, quality::bad_configuration_error);
        around_.log.warn(
            "connector", "tag is wrong",
            {{"connection", key_}, {"point", wrong.path}, {"detail", wrong.complaint}});
    }
    announced_ = co_await deliver(sink, std::move(batch));
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
