// SPDX-License-Identifier: Apache-2.0
#include "connector/http_json/trial.h"

#include <format>
#include <map>
#include <set>

#include "connector/http_json/fetch.h"
#include "connector/http_json/tags.h"
#include "connector/message/decoder.h"
#include "connector/message/leaves.h"

namespace gantry::connector::http_json {
namespace {

constexpr std::size_t leaves_max = 10'000;
constexpr std::size_t text_bytes_shown = 200;

}  // namespace

Async<TestReport> try_connection(const Surroundings& around, const Settings& settings,
                                 const std::vector<std::string>& addresses) {
    std::set<std::string> paths;
    for (const std::string& text : addresses) {
        CO_TRY_ASSIGN(const Address address, parse_address(text));
        paths.insert(address.path);
    }
    const bool any = paths.empty();
    if (any) {
        paths.insert("/");
    }
    Asker asker(around, settings);
    TestReport out;
    for (const std::string& path : paths) {
        const Duration began = around.timers.now();
        const auto fetched = co_await asker.get(path);
        if (!fetched && !out.connected) {
            out.detail = fetched.error().message;
            co_return out;
        }
        out.connected = true;
        TestReport::Probe& probe = out.probes.emplace_back();
        probe.name = path;
        probe.round_trip = around.timers.now() - began;
        // Without an address there is no resource that somebody wants: an answer is enough.
        probe.answered = fetched && (any || fetched->trouble.empty());
        probe.detail = !fetched ? fetched.error().message
                       : !fetched->trouble.empty()
                           ? fetched->trouble
                           : std::format("{}, {} bytes", fetched->type, fetched->body.size());
    }
    out.detail = std::format("{} answers", settings.server().text());
    co_return out;
}

Async<std::vector<TrialReading>> try_addresses(const Surroundings& around, const Settings& settings,
                                               const std::vector<TrialTag>& tags) {
    std::vector<TrialReading> out(tags.size());
    std::map<std::string, std::vector<std::pair<std::size_t, Tag>>> by_path;
    for (std::size_t i = 0; i < tags.size(); ++i) {
        auto tag = make_tag(settings, tags[i].address, tags[i].property);
        if (!tag) {
            out[i].quality = quality::bad_configuration_error;
            out[i].detail = tag.error().message;
            continue;
        }
        by_path[tag->address.path].emplace_back(i, std::move(*tag));
    }
    Asker asker(around, settings);
    Decoder decoder;
    for (const auto& [path, wanted] : by_path) {
        CO_TRY_ASSIGN(const Fetched fetched, co_await asker.get(path));
        decoder.begin(fetched.body);
        for (const auto& [i, tag] : wanted) {
            out[i].time = around.clock.now();
            if (!fetched.trouble.empty()) {
                out[i].quality = fetched.quality;
                out[i].detail = fetched.trouble;
                continue;
            }
            const Decoder::Found found = decoder.find(tag.lookup);
            out[i].time = found.time.value_or(out[i].time);
            out[i].value = value_of(found.reading.type, found.reading.bits, found.reading.text);
            out[i].quality = found.reading.quality;
            out[i].detail = found.trouble;
        }
    }
    co_return out;
}

Async<ScanReport> scan_resource(const Surroundings& around, const Settings& settings,
                                ScanRequest request) {
    const std::string path = request.area.empty() ? "/" : request.area;
    if (!is_path(path)) {
        co_return std::unexpected(
            bad_field("/area", "is the path of a resource, as in /api/status"));
    }
    if (request.from < 0 || request.count < 0) {
        co_return std::unexpected(bad_field("/from", "and count are not below 0"));
    }
    Asker asker(around, settings);
    CO_TRY_ASSIGN(const Fetched fetched, co_await asker.get(path));
    ScanReport out;
    out.next = request.from + request.count;
    out.done = true;
    Decoder decoder;
    decoder.begin(fetched.body);
    const auto json = decoder.json();
    if (!fetched.trouble.empty() || !json) {
        out.detail = fetched.trouble.empty() ? std::format("{}: {}", path, json.error().message)
                                             : std::format("{}: {}", path, fetched.trouble);
        co_return out;
    }
    std::int64_t at = 0;
    for_each_leaf(**json, leaves_max, [&](const std::string& place, Value value) {
        if (at >= request.from && at < request.from + request.count) {
            Address address;
            address.path = path;
            address.json = place;
            if (const auto* text = std::get_if<std::string>(&value);
                text != nullptr && text->size() > text_bytes_shown) {
                value = std::monostate{};
            }
            out.found.push_back({format_address(address), std::move(value)});
        }
        ++at;
    });
    out.done = at <= request.from + request.count;
    co_return out;
}

}  // namespace gantry::connector::http_json
