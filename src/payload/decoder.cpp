// SPDX-License-Identifier: Apache-2.0
#include "payload/decoder.h"

#include <algorithm>

#include "base/encoding.h"
#include "payload/cbor_reader.h"

namespace gantry::payload {
namespace {

Quality quality_of(const Mapping::QualityMap& rule, const std::string& text) {
    const auto meant = std::ranges::find(rule.map, text, &std::pair<std::string, Quality>::first);
    if (meant != rule.map.end()) {
        return meant->second;
    }
    return parse_quality(text).value_or(rule.otherwise);
}

bool has_control(std::string_view text) {
    return std::ranges::any_of(
        text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

}  // namespace

// One message on its way through.
struct Decoder::Run {
    const Mapping& mapping;
    std::string_view topic;
    Time arrival;
    ReadingBatch& out;
    std::size_t before;  // readings that were there
    std::size_t names_bytes = 0;
    Decoded result = {};

    // Of the rule at hand: what `@` last meant, and what was found from there.
    NodeIndex base = no_node;
    NodeIndex time_node = no_node;
    NodeIndex quality_node = no_node;
    Result<Time> time = Time{0};
    Quality quality = quality::good;
};

Decoder::Decoder(Random& random, const PayloadLimits& limits)
    : limits_(limits), json_(static_cast<std::size_t>(limits.depth_max)), lines_(random) {}

Result<Decoded> Decoder::decode(const Mapping& mapping, std::string_view topic,
                                std::string_view payload, Time arrival, ReadingBatch& out) {
    if (!mapping.topic().match(topic, captures_)) {
        return fail(Code::InvalidArgument, "the topic '{}' is not one of '{}'",
                    topic.substr(0, 256), mapping.config().topic);
    }
    if (payload.empty()) {
        return Decoded{};
    }
    if (std::cmp_greater(payload.size(), limits_.payload_bytes_max)) {
        return fail(Code::TooLarge, "the message has {} bytes: mappings read at most {}",
                    payload.size(), limits_.payload_bytes_max);
    }
    TRY(read(mapping.config(), payload, arrival));
    Run run{
        .mapping = mapping, .topic = topic, .arrival = arrival, .out = out, .before = out.size()};
    if (mapping.config().format == Format::LineProtocol && lines_.refused() > 0) {
        run.result.bad = run.result.left_out = lines_.refused();
        run.result.first = lines_.first();
    }
    for (const Mapping::Rule& rule : mapping.rules()) {
        if (auto done = apply(rule, run); !done) {
            out.shrink(run.before);
            return std::unexpected(std::move(done).error());
        }
    }
    run.result.readings = out.size() - run.before;
    if (run.result.readings == 0 && run.result.bad == 0) {
        return fail(Code::InvalidArgument,
                    "no rule finds a value in the message; the first looks for {}",
                    mapping.rules()[0].value.text());
    }
    return std::move(run.result);
}

Result<> Decoder::read(const MappingConfig& config, std::string_view payload, Time arrival) {
    document_.begin(static_cast<std::size_t>(limits_.nodes_max),
                    static_cast<std::size_t>(limits_.depth_max),
                    config.format == Format::Cbor  ? 3 * payload.size()
                    : config.format == Format::Csv ? payload.size()
                                                   : 0);
    switch (config.format) {
        case Format::Json: typing_ = Typing::Json; return json_.read(payload, document_);
        case Format::Cbor: typing_ = Typing::Json; return read_cbor(payload, document_);
        case Format::Csv: typing_ = Typing::Loose; return csv_.read(payload, config.csv, document_);
        case Format::LineProtocol:
            typing_ = Typing::Declared;
            return lines_.read(payload, {.precision = config.precision, .now = arrival}, document_);
        case Format::Text: {
            typing_ = Typing::Loose;
            if (!is_utf8(payload)) {
                return fail(Code::InvalidArgument, "the text is not UTF-8");
            }
            const std::size_t from = payload.find_first_not_of(" \t\r\n");
            const std::size_t to = payload.find_last_not_of(" \t\r\n");
            const bool room = from == std::string_view::npos
                                  ? document_.null()
                                  : document_.text(payload.substr(from, to - from + 1));
            ASSERT(room);
            return {};
        }
        case Format::SparkplugB:
            typing_ = Typing::Declared;
            return sparkplug_.read(payload, document_);
    }
    return {};
}

Result<> Decoder::apply(const Mapping::Rule& rule, Run& run) {
    run.base = no_node;
    Result<> done;
    const auto values_of = [&](NodeIndex item) {
        return rule.value.each(document_, item, [&](NodeIndex node) {
            done = take(rule, item, node, run);
            return done.has_value();
        });
    };
    if (rule.each) {
        rule.each->each(document_, 0, values_of);
    } else {
        values_of(0);
    }
    return done;
}

void Decoder::look(const Mapping::Rule& rule, NodeIndex base, Run& run) {
    if (base == run.base) {
        return;
    }
    run.base = base;
    run.time_node = no_node;
    run.quality_node = no_node;
    run.time = run.arrival;
    run.quality = quality::good;
    if (rule.time) {
        const Path& path = rule.time->path;
        run.time_node = path.find(document_, path.relative() ? base : 0);
        if (run.time_node != no_node && document_[run.time_node].kind != Kind::Null) {
            run.time = read_time(document_, run.time_node, rule.time->format);
        }
    }
    if (rule.quality) {
        const Path& path = rule.quality->path;
        run.quality_node = path.find(document_, path.relative() ? base : 0);
        if (run.quality_node != no_node && document_[run.quality_node].kind != Kind::Null) {
            text_.clear();
            document_.append_text(run.quality_node, text_);
            run.quality = quality_of(*rule.quality, text_);
        }
    }
}

Result<> Decoder::take(const Mapping::Rule& rule, NodeIndex item, NodeIndex node, Run& run) {
    // Of wildcards only values are meant.
    if (document_[node].container() && rule.value.several()) {
        return {};
    }
    const NodeIndex parent = document_[node].parent;
    const NodeIndex base = rule.each ? item : parent == no_node ? 0 : parent;
    look(rule, base, run);
    if (rule.value.several() && (node == run.time_node || node == run.quality_node)) {
        return {};
    }
    if (std::cmp_greater_equal(run.out.size() - run.before, limits_.readings_max)) {
        return fail(Code::TooLarge, "the message gives more than {} readings",
                    limits_.readings_max);
    }
    const auto name_bytes_max = static_cast<std::size_t>(limits_.name_bytes_max);
    const NameSource source{.topic = run.topic,
                            .captures = captures_,
                            .document = document_,
                            .value = node,
                            .start = item,
                            .base = base};
    rule.point.write(source, name_bytes_max, name_);
    if (name_.empty() || name_.size() > name_bytes_max || has_control(name_)) {
        bad(run, false,
            name_.empty()                   ? "the name of a point is empty"
            : name_.size() > name_bytes_max ? "the name of a point is too long"
                                            : "the name of a point has a control character in it");
        return {};
    }
    run.names_bytes += name_.size();
    if (std::cmp_greater(run.names_bytes, limits_.names_bytes_max)) {
        return fail(Code::TooLarge, "the names of all points have more than {} bytes",
                    limits_.names_bytes_max);
    }
    if (!run.time) {
        bad(run, false, run.time.error().message);
        return {};
    }
    Reading reading{.point = name_, .time = *run.time, .quality = run.quality};
    if (rule.unit) {
        rule.unit->write(source, 64, unit_);
        reading.unit = unit_.size() > 64 || has_control(unit_) ? std::string_view() : unit_;
    }
    if (const char* why = convert(document_, node, rule.type, typing_, text_, reading)) {
        std::string shown;
        document_.append_text(node, shown);
        bad(run, true, std::format("'{}' {}", shown.substr(0, 80), why));
        reading.type = ValueType::Null;
        reading.quality = quality::bad_type_mismatch;
    } else if (reading.type == ValueType::Null && !reading.quality.bad()) {
        reading.quality = quality::bad;
    }
    run.out.add(reading);
    return {};
}

void Decoder::bad(Run& run, bool added, std::string_view what) {
    ++run.result.bad;
    run.result.left_out += added ? 0 : 1;
    if (!run.result.first) {
        run.result.first = Error{
            Code::InvalidArgument, std::format("point '{}': {}", name_.substr(0, 256), what), {}};
    }
}

}  // namespace gantry::payload
