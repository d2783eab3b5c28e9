// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>

#include "connector/outlet.h"

namespace gantry::connector {

// For each tag of `now` the place of the same one in `before`: of its series, and alike.
template <class Tag, class Alike>
std::vector<std::optional<std::size_t>> same_tags(const std::vector<Tag>& now,
                                                  const std::vector<Tag>& before, Alike alike) {
    std::map<SeriesId, std::size_t> known;
    for (std::size_t i = 0; i < before.size(); ++i) {
        known.emplace(before[i].series, i);
    }
    std::vector<std::optional<std::size_t>> out(now.size());
    for (std::size_t i = 0; i < now.size(); ++i) {
        const auto found = known.find(now[i].series);
        if (found != known.end() && alike(now[i], before[found->second])) {
            out[i] = found->second;
        }
    }
    return out;
}

// What a connector knows of a device that is there as a whole or not at all, from one run to the
// next: the last values of its tags, and since when it is away. On the connector's shard.
class DeviceState {
public:
    DeviceState(std::string key, std::string_view protocol, std::vector<ReportRule> rules,
                std::vector<WrongTag> wrong, Duration stale_after, const Surroundings& around,
                Vitals& vitals);

    const std::string& key() const { return key_; }
    const Surroundings& around() const { return around_; }
    Vitals& vitals() { return vitals_; }
    Meters& meters() { return meters_; }

    // Goes on from what another one of the same connection knows: `same` has the place there of
    // each tag here that is as it was.
    void inherit(const DeviceState& other, const std::vector<std::optional<std::size_t>>& same);

    // Before the first run: every tag waits for its first value; wrong ones are told to be so.
    asio::awaitable<void> announce(SampleSink& sink);
    // The device is there again.
    void regain();

    // It has said a value, of the time `said` by its clock, or none if that is not known. `again`,
    // if the value is what holds and not an event of the past, is when the device looked: a value
    // that is older than what was said of the tag by our clock holds again from then, as it would
    // stay hidden behind that.
    void value(std::size_t tag, const Reading& reading, std::optional<Time> said,
               std::optional<Time> again, SampleBatch& out);
    // Hands a batch to the sink, and waits until it has come so far: what a device is told to have
    // arrived is to be Durable. What is refused is counted and will be said again; false then.
    asio::awaitable<bool> deliver(SampleSink& sink, SampleBatch batch,
                                  Acknowledge how = Acknowledge::Written);

    // Waits until the device has been away too long, and takes the values back then. Never returns.
    asio::awaitable<void> age(SampleSink& sink);
    // The device is gone: last values, and then none. Never returns.
    asio::awaitable<void> be_away(SampleSink& sink);
    // It will not come back by itself: no values.
    asio::awaitable<void> give_up(SampleSink& sink);

private:
    void mark(Time now);

    std::string key_;
    Surroundings around_;
    Vitals& vitals_;
    Meters meters_;
    std::vector<WrongTag> wrong_;
    Duration stale_after_;
    Reporter reporter_;
    Outlet outlet_;
    // Up to when something was said of a tag by our clock rather than the device's: that it waits,
    // or that the device is away.
    std::vector<Time> told_;
    std::optional<Duration> away_since_;
    bool stale_ = false;  // away too long, and told so
};

}  // namespace gantry::connector
