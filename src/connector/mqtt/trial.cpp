// SPDX-License-Identifier: Apache-2.0
#include "connector/mqtt/trial.h"

#include <format>
#include <set>

#include "connector/message/decoder.h"
#include "connector/mqtt/visit.h"

namespace gantry::connector::mqtt {
namespace {

std::string_view version_name(gantry::mqtt::Version version) {
    return version == gantry::mqtt::Version::V5 ? "5.0" : "3.1.1";
}

// Waits for the answers to subscriptions.
class Caller final : public Visitor {
public:
    Caller(asio::any_io_executor executor, std::size_t asked)
        : Visitor(std::move(executor)), asked_(asked) {}
    bool enough() const override { return answers.size() >= asked_; }

private:
    const std::size_t asked_;
};

// Waits for a message of each topic, and reads in it what the tags of the topic want.
class Reader final : public Visitor {
public:
    Reader(asio::any_io_executor executor, const Clock& clock)
        : Visitor(std::move(executor)), clock_(clock) {}

    void add(const Tag& tag, TrialReading& into) {
        wanted_[tag.address.topic].push_back({&tag, &into});
    }
    std::map<std::string, std::uint8_t> subscriptions() const {
        std::map<std::string, std::uint8_t> out;
        for (const auto& [topic, tags] : wanted_) {
            out.emplace(topic, tags.front().tag->qos);
        }
        return out;
    }

    void heard(const gantry::mqtt::Publish& message, bool) override {
        const auto topic = wanted_.find(message.topic);
        if (topic == wanted_.end() || message.payload.empty()) {
            return;
        }
        decoder_.begin(message.payload);
        for (const auto& [tag, row] : topic->second) {
            const Decoder::Found found = decoder_.find(tag->lookup);
            if (found.silent && has_.contains(row)) {
                continue;
            }
            row->time = found.time.value_or(clock_.now());
            row->value = value_of(found.reading.type, found.reading.bits, found.reading.text);
            row->quality = found.reading.quality;
            row->detail = found.trouble;
            if (!found.silent) {
                has_.insert(row);
            }
        }
        heard_.insert(topic->first);
        look_again();
    }
    // Each topic has said something, or may not be listened to.
    bool enough() const override {
        for (const auto& [topic, tags] : wanted_) {
            const auto answer = answers.find(topic);
            const bool refused =
                answer != answers.end() && gantry::mqtt::is_failure(answer->second);
            if (!refused && !heard_.contains(topic)) {
                return false;
            }
        }
        return true;
    }
    bool has_heard(const std::string& topic) const { return heard_.contains(topic); }

private:
    struct Wanted {
        const Tag* tag;
        TrialReading* into;
    };

    const Clock& clock_;
    Decoder decoder_;
    std::map<std::string, std::vector<Wanted>, std::less<>> wanted_;
    std::set<std::string> heard_;
    std::set<const TrialReading*> has_;
};

}  // namespace

Async<TestReport> try_connection(const Surroundings& around, const Settings& settings,
                                 const std::vector<std::string>& addresses) {
    std::map<std::string, std::uint8_t> topics;
    for (const std::string& text : addresses) {
        CO_TRY_ASSIGN(const Address address, parse_address(text));
        topics.emplace(address.topic,
                       address.qos.value_or(static_cast<std::uint8_t>(settings.qos)));
    }
    Caller caller(co_await asio::this_coro::executor, topics.size());
    const Duration begin = around.timers.now();
    const auto done = co_await visit(around, settings, topics, caller, settings.connect_timeout);
    TestReport out;
    out.connected = done.has_value();
    out.detail =
        done ? std::format("{} answers, MQTT {}", settings.where(), version_name(caller.version))
             : done.error().message;
    if (!out.connected) {
        co_return out;
    }
    for (const auto& [topic, qos] : topics) {
        TestReport::Probe& probe = out.probes.emplace_back();
        const std::string refusal = caller.refusal_of(topic);
        probe.name = topic;
        probe.answered = refusal.empty();
        probe.detail = probe.answered ? std::format("subscribed with QoS {}",
                                                    static_cast<int>(caller.answers.at(topic)))
                                      : refusal;
        probe.round_trip = around.timers.now() - begin;
    }
    co_return out;
}

Async<std::vector<TrialReading>> try_addresses(const Surroundings& around, const Settings& settings,
                                               std::vector<TrialTag> tags) {
    std::vector<TrialReading> out(tags.size());
    std::map<std::size_t, Tag> right;
    Reader reader(co_await asio::this_coro::executor, around.clock);
    for (std::size_t i = 0; i < tags.size(); ++i) {
        auto tag = make_tag(settings, tags[i].address, tags[i].property);
        if (!tag) {
            out[i].quality = quality::bad_configuration_error;
            out[i].detail = tag.error().message;
            continue;
        }
        const auto place = right.emplace(i, std::move(*tag)).first;
        reader.add(place->second, out[i]);
    }
    if (right.empty()) {
        co_return out;
    }
    CO_TRY(co_await visit(around, settings, reader.subscriptions(), reader, listen_for));
    for (const auto& [i, tag] : right) {
        const std::string& topic = tag.address.topic;
        if (reader.has_heard(topic)) {
            continue;
        }
        TrialReading& row = out[i];
        row.time = around.clock.now();
        row.detail = reader.refusal_of(topic);
        row.quality = row.detail.empty() ? quality::bad_waiting_for_initial_data
                                         : quality::bad_configuration_error;
        if (row.detail.empty()) {
            row.detail = std::format("nothing is retained of {}, and nothing came within {}: is "
                                     "the topic right?",
                                     topic, format_duration(listen_for));
        }
    }
    co_return out;
}

}  // namespace gantry::connector::mqtt
