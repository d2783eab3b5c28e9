// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <format>

#include "connector/message/decoder.h"
#include "connector/message/leaves.h"
#include "connector/mqtt/trial.h"
#include "connector/mqtt/visit.h"
#include "mqtt/codec/topic.h"

namespace gantry::connector::mqtt {
namespace {

using payload::Document;

constexpr std::size_t found_max = 10'000;
constexpr std::size_t found_bytes_max = std::size_t{4} << 20;
constexpr std::size_t leaves_max = 500;        // of one message
constexpr std::size_t text_bytes_shown = 200;  // of one value

// Collects addresses with the last value that came of each.
class Collector final : public Visitor {
public:
    explicit Collector(asio::any_io_executor executor) : Visitor(std::move(executor)) {}

    void heard(const gantry::mqtt::Publish& message, bool) override {
        if (message.payload.empty() || enough()) {
            return;
        }
        Address address;
        address.topic = message.topic;
        decoder_.begin(message.payload);
        const Result<const Document*> json = decoder_.json();
        if (json && (**json)[0].container()) {
            for_each_leaf(**json, leaves_max, [&](const std::string& path, Value value) {
                address.json = path;
                add(address, std::move(value));
            });
        } else {
            Lookup as_it_looks;
            as_it_looks.type = ValueType::Null;
            const Decoder::Found read = decoder_.find(as_it_looks);
            add(address, value_of(read.reading.type, read.reading.bits, read.reading.text));
        }
        look_again();
    }
    // More than anybody wants to look through, or the subscription is refused.
    bool enough() const override {
        return found.size() >= found_max || bytes_ >= found_bytes_max ||
               std::ranges::any_of(answers, [](const auto& answer) {
                   return gantry::mqtt::is_failure(answer.second);
               });
    }

    std::map<std::string, Value> found;

private:
    void add(const Address& address, Value value) {
        const std::string text = format_address(address);
        if (!parse_address(text)) {
            return;  // such as a topic with control characters: it can be no tag
        }
        if (std::string* const long_text = std::get_if<std::string>(&value)) {
            if (long_text->size() > text_bytes_shown) {
                value = std::monostate{};
            }
        }
        if (found.insert_or_assign(text, std::move(value)).second) {
            bytes_ += text.size() + text_bytes_shown;
        }
    }

    Decoder decoder_;
    std::size_t bytes_ = 0;
};

}  // namespace

Async<ScanReport> scan_topics(const Surroundings& around, const Settings& settings,
                              ScanRequest request) {
    const std::string filter = request.area.empty() ? "#" : request.area;
    if (!gantry::mqtt::is_text(filter) || !gantry::mqtt::is_topic_filter(filter)) {
        co_return std::unexpected(
            bad_field("/area", "is no topic filter: write # for all, or as in plant/#"));
    }
    if (request.from < 0 || request.count < 0) {
        co_return std::unexpected(bad_field("/from", "and count are not below 0"));
    }
    Collector collector(co_await asio::this_coro::executor);
    CO_TRY(co_await visit(around, settings, {{filter, 0}}, collector, listen_for));
    ScanReport out;
    const auto from = static_cast<std::size_t>(request.from);
    const auto count = static_cast<std::size_t>(request.count);
    std::size_t at = 0;
    for (auto& [address, value] : collector.found) {
        if (at >= from && out.found.size() < count) {
            out.found.push_back({address, std::move(value)});
        }
        ++at;
    }
    out.done = at <= from || at - from <= count;
    out.next = request.from + request.count;
    out.detail = collector.refusal_of(filter);
    if (out.detail.empty() && collector.enough()) {
        out.detail = std::format("there are more than the first {}: name a filter that is less "
                                 "than {}",
                                 collector.found.size(), filter);
    }
    co_return out;
}

}  // namespace gantry::connector::mqtt
