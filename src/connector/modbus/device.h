// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>

#include "connector/modbus/health.h"
#include "connector/modbus/planner.h"
#include "connector/modbus/tags.h"
#include "connector/outlet.h"
#include "runtime/event.h"

namespace gantry::connector::modbus {

// What a connector knows of its device from one run to the next: tags, their last values, which
// units are away and since when, and what the device refuses to be asked. On the connector's shard.
class Device {
public:
    Device(std::string key, Settings settings, const std::vector<TagBinding>& bindings,
           const Surroundings& around, Vitals& vitals);

    const std::string& key() const { return key_; }
    const Settings& settings() const { return settings_; }
    const Surroundings& around() const { return around_; }
    const std::vector<Tag>& tags() const { return table_.tags; }
    const std::vector<WrongTag>& wrong_tags() const { return table_.wrong; }
    const std::string& path(std::size_t tag) const { return table_.paths[tag]; }
    Vitals& vitals() { return vitals_; }
    Meters& meters() { return meters_; }
    Reporter& reporter() { return reporter_; }
    UnitHealth& health() { return health_; }
    // One a poll group, in the order of the settings.
    std::vector<Plan>& plans() { return plans_; }
    const std::vector<std::uint8_t>& units() const { return units_; }

    // Goes on from what another device object of the same connection knows.
    void inherit(const Device& other);

    // Hands a batch to the sink. What it refuses is counted and will be said again; false then.
    asio::awaitable<bool> deliver(SampleSink& sink, SampleBatch batch) {
        return outlet_.deliver(sink, std::move(batch));
    }

    // Before the first run: every tag waits for its first value; wrong ones are told to be so.
    asio::awaitable<void> announce(SampleSink& sink) { return outlet_.announce(sink); }

    // A unit does not answer any more: its tags fall back on their last values.
    void lose(std::uint8_t unit, SampleBatch& out);
    // It answers again.
    void regain(std::uint8_t unit);
    // Waits for units to be lost too long, and takes their values back then. Never returns.
    asio::awaitable<void> age(SampleSink& sink);
    // The link is gone, and with it all units. Never returns.
    asio::awaitable<void> be_away(SampleSink& sink);

private:
    struct Absence {
        Duration since{0};
        bool stale = false;  // and told so
    };

    void make_plans();

    std::string key_;
    Settings settings_;
    Surroundings around_;
    Vitals& vitals_;
    Meters meters_;
    TagTable table_;
    Reporter reporter_;
    Outlet outlet_;
    UnitHealth health_;
    std::vector<std::uint8_t> units_;
    std::map<std::uint8_t, std::vector<std::uint32_t>> tags_of_unit_;
    std::vector<Plan> plans_;
    std::map<std::uint8_t, Absence> absent_;
    Event* absence_changed_ = nullptr;  // of whoever is in age()
};

}  // namespace gantry::connector::modbus
