// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "connector/opcua/arrival.h"
#include "connector/opcua/tags.h"
#include "connector/outlet.h"

namespace gantry::connector::opcua {

// What a connector knows of its server from one run to the next: tags, their last values, and since
// when it is away. On the connector's shard.
class Device {
public:
    Device(std::string key, Settings settings, const std::vector<TagBinding>& bindings,
           const Surroundings& around, Vitals& vitals);

    const std::string& key() const { return key_; }
    const Settings& settings() const { return settings_; }
    const Surroundings& around() const { return around_; }
    const std::vector<Tag>& tags() const { return table_.tags; }
    const std::vector<WrongTag>& wrong_tags() const { return table_.wrong; }
    Vitals& vitals() { return vitals_; }

    // Goes on from what another device object of the same connection knows.
    void inherit(const Device& other);

    // Before the first run: every tag waits for its first value; wrong ones are told to be so.
    asio::awaitable<void> announce(SampleSink& sink);
    // There is a session again.
    void regain();
    // Values have come. Those that the sink refuses are counted, and what comes next is told anew.
    asio::awaitable<void> take(SampleSink& sink, const std::vector<Arrival>& arrivals);

    // Waits until the server has been away too long, and takes the values back then. Never returns.
    asio::awaitable<void> age(SampleSink& sink);
    // The server is gone: last values, and then none. Never returns.
    asio::awaitable<void> be_away(SampleSink& sink);
    // It will not come back by itself: no values.
    asio::awaitable<void> give_up(SampleSink& sink);

private:
    void add(const Arrival& arrival, Time now, SampleBatch& out);
    void mark(Time now);

    std::string key_;
    Settings settings_;
    Surroundings around_;
    Vitals& vitals_;
    Meters meters_;
    TagTable table_;
    Reporter reporter_;
    Outlet outlet_;
    // Up to when something was said of a tag by our clock rather than the device's: that it waits,
    // or that the server is away.
    std::vector<Time> told_;
    std::vector<bool> troubled_;
    std::optional<Duration> away_since_;
    bool stale_ = false;  // away too long, and told so
};

}  // namespace gantry::connector::opcua
