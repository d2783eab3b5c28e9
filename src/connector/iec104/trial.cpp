// SPDX-License-Identifier: Apache-2.0
#include "connector/iec104/trial.h"

#include <algorithm>
#include <format>
#include <map>
#include <set>

#include "runtime/either.h"

namespace gantry::connector::iec104 {
namespace {

constexpr std::uint8_t station_interrogation = 20;
using Place = std::pair<std::uint16_t, std::uint32_t>;

// Keeps the last that was said of each object.
class Collector final : public Listener {
public:
    struct Found {
        Type type;
        Object object;
    };

    void heard(const Header& header, const std::vector<Object>& objects) override {
        for (const Object& object : objects) {
            found.insert_or_assign(Place(header.common_address, object.address),
                                   Found{header.type, object});
        }
    }
    asio::awaitable<void> pause() override { co_return; }
    void not_understood(std::string what) override { trouble = std::move(what); }

    std::map<Place, Found> found;
    std::string trouble;
};

struct Interrogated {
    std::string error;  // why there is no connection
    std::map<std::uint16_t, Conversation::Reply> replies;
    std::map<std::uint16_t, Duration> took;
};

asio::awaitable<void> ask_all(Conversation& conversation, Timers& timers,
                              const std::set<std::uint16_t>& commons, Interrogated& out) {
    co_await conversation.begun();
    for (const std::uint16_t common : commons) {
        Bytes asdu;
        append_interrogation(asdu, conversation.header(Type::C_IC_NA_1, Cause::Activation, common),
                             station_interrogation);
        const Duration begin = timers.now();
        out.replies[common] = co_await conversation.carry_out(std::move(asdu));
        out.took[common] = timers.now() - begin;
    }
    if (conversation.closed()) {  // and the conversation itself says why
        Event never(co_await asio::this_coro::executor);
        co_await never.wait();
    }
}

Async<Interrogated> interrogate(const Surroundings& around, const Settings& settings,
                                const std::set<std::uint16_t>& commons, Collector& collector) {
    CO_TRY_ASSIGN(auto stream, co_await open_stream(around, settings));
    Conversation conversation(std::move(stream), settings, around, collector,
                              co_await asio::this_coro::executor);
    Interrogated out;
    if (const auto broken = co_await either(conversation.run(),
                                            ask_all(conversation, around.timers, commons, out))) {
        out.error = broken->message;
    }
    co_return out;
}

}  // namespace

Async<TestReport> try_connection(const Surroundings& around, const Settings& settings,
                                 const std::vector<std::string>& addresses) {
    std::set<std::uint16_t> commons;
    for (const std::string& text : addresses) {
        CO_TRY_ASSIGN(const Address address, parse_address(text));
        commons.insert(address.common.value_or(settings.common()));
    }
    if (commons.empty()) {
        commons.insert(settings.common());
    }
    Collector collector;
    const auto done = co_await interrogate(around, settings, commons, collector);
    TestReport out;
    out.connected = done && done->error.empty();
    out.detail = !done                       ? done.error().message
                 : !out.connected            ? done->error
                 : collector.trouble.empty() ? std::format("{} answers", settings.where())
                                             : collector.trouble;
    if (!out.connected) {
        co_return out;
    }
    for (const auto& [common, reply] : done->replies) {
        const auto objects = std::ranges::count_if(
            collector.found, [common](const auto& one) { return one.first.first == common; });
        TestReport::Probe& probe = out.probes.emplace_back();
        probe.name = std::format("common address {}", common);
        probe.answered = reply.kind == Conversation::Reply::Kind::Confirmed;
        probe.round_trip = done->took.at(common);
        probe.detail = probe.answered ? std::format("an interrogation brings {} objects", objects)
                                      : reply.detail;
    }
    co_return out;
}

Async<std::vector<TrialReading>> try_addresses(const Surroundings& around, const Settings& settings,
                                               std::vector<TrialTag> tags) {
    std::vector<TrialReading> out(tags.size());
    std::map<std::size_t, Tag> right;
    std::set<std::uint16_t> commons;
    for (std::size_t i = 0; i < tags.size(); ++i) {
        Property property = tags[i].property;
        auto tag = make_tag(settings, tags[i].address, property);
        if (!tag) {
            out[i].quality = quality::bad_configuration_error;
            out[i].detail = tag.error().message;
            continue;
        }
        commons.insert(tag->common);
        right.emplace(i, std::move(*tag));
    }
    if (right.empty()) {
        co_return out;
    }
    Collector collector;
    CO_TRY_ASSIGN(const Interrogated done,
                  co_await interrogate(around, settings, commons, collector));
    if (!done.error.empty()) {
        co_return fail(Code::Unavailable, "{}", done.error);
    }
    const Time now = around.clock.now();
    for (const auto& [i, tag] : right) {
        TrialReading& row = out[i];
        row.time = now;
        const auto found = collector.found.find({tag.common, tag.address.object});
        if (found == collector.found.end()) {
            const auto& reply = done.replies.at(tag.common);
            row.quality = quality::bad_waiting_for_initial_data;
            row.detail =
                reply.kind == Conversation::Reply::Kind::Confirmed
                    ? std::format("an interrogation of common address {} does not bring object {}: "
                                  "is the address right? Some objects come only when they change",
                                  tag.common, tag.address.object)
                    : reply.detail;
            continue;
        }
        const auto& [type, object] = found->second;
        const Reading reading = read_object(tag, type, object);
        row.quality = reading.quality;
        row.value = value_of(reading.type, reading.bits, reading.text);
        if (object.time) {
            row.time = time_of(*object.time, settings, now).value_or(now);
        }
        if (!reading.quality.good()) {
            row.detail = std::format("{} says {} of {}", type_name(type), object.value,
                                     quality_name(reading.quality));
        }
    }
    co_return out;
}

Async<ScanReport> scan_objects(const Surroundings& around, const Settings& settings,
                               ScanRequest request) {
    const std::uint16_t common = settings.common();
    Collector collector;
    CO_TRY_ASSIGN(const Interrogated done,
                  co_await interrogate(around, settings, {common}, collector));
    if (!done.error.empty()) {
        co_return fail(Code::Unavailable, "{}", done.error);
    }
    ScanReport out;
    const std::int64_t end = request.from + request.count;
    for (const auto& [place, found] : collector.found) {
        const std::int64_t object = place.second;
        if (place.first != common || object < request.from || object >= end) {
            continue;
        }
        Value value;
        if (!found.object.quality.bad()) {
            value = found.object.real ? Value(found.object.value)
                                      : Value(static_cast<std::int64_t>(found.object.value));
        }
        out.found.push_back({std::format("{}/{}", common, object), std::move(value)});
    }
    out.next = end;
    out.done = true;
    const auto& reply = done.replies.at(common);
    out.detail = reply.kind == Conversation::Reply::Kind::Confirmed ? "" : reply.detail;
    co_return out;
}

}  // namespace gantry::connector::iec104
