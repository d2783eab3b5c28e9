// SPDX-License-Identifier: Apache-2.0
#include "remotewrite/decoder.h"

#include <snappy.h>

#include <algorithm>
#include <format>

#include "base/encoding.h"
#include "base/protobuf.h"

namespace gantry::remotewrite {
namespace {

// What nanoseconds since 1970 can count.
constexpr std::int64_t time_limit = INT64_MAX / 1'000'000;

constexpr std::string_view metric_name = "__name__";

bool is_ascii(std::string_view text) {
    std::uint64_t seen = 0;
    std::size_t i = 0;
    for (; i + 8 <= text.size(); i += 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, text.data() + i, sizeof(word));
        seen |= word;
    }
    for (; i < text.size(); ++i) {
        seen |= static_cast<unsigned char>(text[i]);
    }
    return (seen & 0x8080808080808080) == 0;
}

std::string_view type_name(std::uint64_t type) {
    constexpr std::string_view names[] = {"unknown",        "counter", "gauge", "histogram",
                                          "gaugehistogram", "summary", "info",  "stateset"};
    return type < std::size(names) ? names[type] : names[0];
}

bool read_sample(std::string_view message, Sample& sample) {
    sample = {};
    ProtobufReader wire(message);
    while (!wire.done()) {
        std::uint32_t field = 0;
        ProtobufType type{};
        if (!wire.tag(field, type)) {
            return false;
        }
        if (field == 1 && type == ProtobufType::Fixed64) {
            if (!wire.fixed64(sample.value)) {
                return false;
            }
        } else if (field == 2 && type == ProtobufType::Varint) {
            std::uint64_t time = 0;
            if (!wire.varint(time)) {
                return false;
            }
            sample.time = static_cast<std::int64_t>(time);
        } else if (!wire.skip(type)) {
            return false;
        }
    }
    return true;
}

bool read_label(std::string_view message, LabelView& label) {
    label = {};
    ProtobufReader wire(message);
    while (!wire.done()) {
        std::uint32_t field = 0;
        ProtobufType type{};
        if (!wire.tag(field, type)) {
            return false;
        }
        if (type == ProtobufType::Length && (field == 1 || field == 2)) {
            if (!wire.bytes(field == 1 ? label.name : label.value)) {
                return false;
            }
        } else if (!wire.skip(type)) {
            return false;
        }
    }
    return true;
}

// A text for an error, not too long and with nothing in it that a terminal obeys.
std::string shown(std::string_view text) {
    std::string out;
    for (const char c : text.substr(0, 64)) {
        out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
    }
    return is_utf8(out) ? out : std::format("({} bytes)", text.size());
}

}  // namespace

// One request on its way through.
class RequestReader {
public:
    RequestReader(Decoder::Room& room, const Limits& limits, std::string_view message,
                  Version version, Visitor& visitor)
        : room_(room), limits_(limits), message_(message), version_(version), visitor_(visitor) {}

    Result<Counts> run() {
        if (version_ == Version::V2) {
            TRY(read_symbols());
        }
        const std::uint32_t series_field = version_ == Version::V1 ? 1 : 5;
        ProtobufReader wire(message_);
        while (!wire.done()) {
            std::uint32_t field = 0;
            ProtobufType type{};
            std::string_view part;
            const char* from = wire.at();
            if (!wire.tag(field, type)) {
                return broken(from, "no field of a message begins here");
            }
            const bool series = field == series_field;
            const bool metadata = field == 3 && version_ == Version::V1;
            if (type != ProtobufType::Length || (!series && !metadata)) {
                if (!wire.skip(type)) {
                    return broken(from, "a field does not end");
                }
                continue;
            }
            if (!wire.bytes(part)) {
                return broken(from, "a field does not end");
            }
            TRY(series ? read_series(part) : read_metadata(part));
        }
        return counts_;
    }

private:
    std::unexpected<Error> broken(const char* at, std::string_view what) const {
        return fail(Code::InvalidArgument,
                    "remote write: byte {} of the unpacked message, series {}: {}",
                    at - message_.data(), index_, what);
    }
    std::unexpected<Error> too_large(std::string_view what, std::size_t max) const {
        return fail(Code::TooLarge, "remote write: more than {} {} in a request: send less in each",
                    max, what);
    }

    Result<> read_symbols() {
        room_.symbols.clear();
        ProtobufReader wire(message_);
        while (!wire.done()) {
            std::uint32_t field = 0;
            ProtobufType type{};
            const char* from = wire.at();
            if (!wire.tag(field, type)) {
                return broken(from, "no field of a message begins here");
            }
            if (field == 4 && type == ProtobufType::Length) {
                if (room_.symbols.size() == limits_.symbols_max) {
                    return too_large("symbols", limits_.symbols_max);
                }
                if (!wire.bytes(room_.symbols.emplace_back())) {
                    return broken(from, "a symbol does not end");
                }
            } else if (!wire.skip(type)) {
                return broken(from, "a field does not end");
            }
        }
        return {};
    }

    Result<> read_series(std::string_view part) {
        if (index_ == limits_.series_max) {
            return too_large("series", limits_.series_max);
        }
        room_.labels.clear();
        room_.samples.clear();
        metadata_ = {};
        ProtobufReader wire(part);
        while (!wire.done()) {
            std::uint32_t field = 0;
            ProtobufType type{};
            const char* from = wire.at();
            if (!wire.tag(field, type)) {
                return broken(from, "no field of a series begins here");
            }
            if (type != ProtobufType::Length) {
                // References may come one by one.
                const bool reference =
                    version_ == Version::V2 && field == 1 && type == ProtobufType::Varint;
                if (reference ? !read_reference(wire) : !wire.skip(type)) {
                    return broken(from, "a field of a series does not end");
                }
                continue;
            }
            std::string_view content;
            if (!wire.bytes(content)) {
                return broken(from, "a field of a series does not end");
            }
            TRY(read_series_field(field, content, from));
        }
        TRY(pass_on());
        ++index_;
        return {};
    }

    Result<> read_series_field(std::uint32_t field, std::string_view content, const char* from) {
        const bool first = version_ == Version::V1;
        if (field == 2) {
            if (samples_ == limits_.samples_max) {
                return too_large("samples", limits_.samples_max);
            }
            ++samples_;
            if (!read_sample(content, room_.samples.emplace_back())) {
                return broken(from, "a sample is none");
            }
        } else if (field == 1) {
            if (first ? !read_label(content, room_.labels.emplace_back())
                      : !read_references(content)) {
                return broken(from, "a label is none");
            }
            if (room_.labels.size() > labels_read_max()) {
                return too_large("labels of one series", labels_read_max());
            }
        } else if (field == (first ? 3U : 4U)) {
            ++counts_.exemplars;
        } else if (field == (first ? 4U : 3U)) {
            ++counts_.histograms;
        } else if (field == 5 && !first && !read_series_metadata(content)) {
            return broken(from, "metadata of a series are none");
        }
        return {};
    }

    // More than that are not even looked at.
    std::size_t labels_read_max() const { return limits_.labels_max * 16; }

    // Names and values take turns.
    bool read_reference(ProtobufReader& wire) {
        std::uint64_t reference = 0;
        if (!wire.varint(reference) || reference >= room_.symbols.size() ||
            room_.labels.size() > labels_read_max()) {
            return false;
        }
        const std::string_view symbol = room_.symbols[static_cast<std::size_t>(reference)];
        if (value_next_) {
            room_.labels.back().value = symbol;
        } else {
            room_.labels.push_back({symbol, {}});
        }
        value_next_ = !value_next_;
        return true;
    }
    bool read_references(std::string_view packed) {
        ProtobufReader wire(packed);
        while (!wire.done()) {
            if (!read_reference(wire)) {
                return false;
            }
        }
        return true;
    }

    bool read_series_metadata(std::string_view message) {
        ProtobufReader wire(message);
        while (!wire.done()) {
            std::uint32_t field = 0;
            ProtobufType type{};
            std::uint64_t number = 0;
            if (!wire.tag(field, type)) {
                return false;
            }
            if (type != ProtobufType::Varint) {
                if (!wire.skip(type)) {
                    return false;
                }
                continue;
            }
            if (!wire.varint(number)) {
                return false;
            }
            if (field == 1) {
                metadata_.type = type_name(number);
            } else if ((field == 3 || field == 4) && number < room_.symbols.size()) {
                (field == 3 ? metadata_.help : metadata_.unit) =
                    room_.symbols[static_cast<std::size_t>(number)];
            }
        }
        return true;
    }

    Result<> read_metadata(std::string_view part) {
        Metadata metadata;
        metadata.type = type_name(0);
        ProtobufReader wire(part);
        while (!wire.done()) {
            std::uint32_t field = 0;
            ProtobufType type{};
            std::uint64_t number = 0;
            const char* from = wire.at();
            bool sound = wire.tag(field, type);
            if (sound && field == 1 && type == ProtobufType::Varint) {
                sound = wire.varint(number);
                metadata.type = type_name(number);
            } else if (sound && type == ProtobufType::Length) {
                std::string_view text;
                sound = wire.bytes(text);
                (field == 2   ? metadata.metric
                 : field == 4 ? metadata.help
                 : field == 5 ? metadata.unit
                              : text) = text;
            } else {
                sound = sound && wire.skip(type);
            }
            if (!sound) {
                return broken(from, "metadata are none");
            }
        }
        return pass_metadata(metadata);
    }

    Result<> pass_metadata(const Metadata& metadata) {
        if (metadata.metric.empty() || !is_utf8(metadata.metric) || !is_utf8(metadata.help) ||
            !is_utf8(metadata.unit)) {
            return {};
        }
        return visitor_.metadata(metadata);
    }

    Result<> pass_on() {
        if (value_next_) {
            value_next_ = false;
            return broken(message_.data() + message_.size(), "a label has a name and no value");
        }
        if (!sort_labels()) {
            return {};
        }
        if (version_ == Version::V2 && !metadata_.type.empty()) {
            metadata_.metric = name_;
            TRY(pass_metadata(metadata_));
        }
        if (room_.samples.empty()) {
            return {};
        }
        for (const Sample& sample : room_.samples) {
            if (sample.time <= -time_limit || sample.time >= time_limit) {
                refuse("the time {} ms is before 1677 or after 2262", sample.time);
                return {};
            }
        }
        ++counts_.series;
        counts_.samples += room_.samples.size();
        return visitor_.series(room_.labels, room_.samples);
    }

    // Labels as the visitor is promised them; false: the series was refused.
    bool sort_labels() {
        auto& labels = room_.labels;
        bool sorted = true;
        bool empty = false;
        std::string_view before;
        for (const LabelView& label : labels) {
            if (!check_label(label)) {
                return false;
            }
            sorted &= before < label.name;
            empty |= label.value.empty();
            before = label.name;
        }
        if (empty) {
            std::erase_if(labels, [](const LabelView& label) { return label.value.empty(); });
        }
        if (!sorted) {
            std::ranges::sort(labels, {}, &LabelView::name);
            const auto twice = std::ranges::adjacent_find(labels, {}, &LabelView::name);
            if (twice != labels.end()) {
                return refuse("the label '{}' is there twice", shown(twice->name));
            }
        }
        if (labels.size() > limits_.labels_max) {
            return refuse("it has {} labels: at most {} are taken", labels.size(),
                          limits_.labels_max);
        }
        const auto name = std::ranges::lower_bound(labels, metric_name, {}, &LabelView::name);
        if (name == labels.end() || name->name != metric_name) {
            return refuse("it has no label __name__");
        }
        name_ = name->value;
        return true;
    }

    bool check_label(const LabelView& label) {
        if (label.name.empty()) {
            return refuse("a label has no name");
        }
        if (label.name.size() > limits_.label_name_bytes_max) {
            return refuse("the name of the label '{}' is longer than {} bytes", shown(label.name),
                          limits_.label_name_bytes_max);
        }
        if (label.value.size() > limits_.label_value_bytes_max) {
            return refuse("the value of the label '{}' is longer than {} bytes", shown(label.name),
                          limits_.label_value_bytes_max);
        }
        const bool sound = (is_ascii(label.name) || is_utf8(label.name)) &&
                           (is_ascii(label.value) || is_utf8(label.value));
        return sound || refuse("the label '{}' is not UTF-8", shown(label.name));
    }

    // Always false.
    template <class... Args>
    bool refuse(std::format_string<Args...> text, Args&&... args) {
        ++counts_.refused;
        if (room_.refusals.size() < limits_.errors_max) {
            room_.refusals.push_back({index_,
                                      {Code::InvalidArgument,
                                       std::format("series {} of the request: {}", index_,
                                                   std::format(text, std::forward<Args>(args)...)),
                                       {}}});
        }
        return false;
    }

    Decoder::Room& room_;
    const Limits& limits_;
    const std::string_view message_;
    const Version version_;
    Visitor& visitor_;
    Counts counts_;
    std::size_t index_ = 0;
    std::size_t samples_ = 0;
    bool value_next_ = false;
    std::string_view name_;
    Metadata metadata_;
};

Result<Version> parse_content_type(std::string_view text) {
    std::string lower;
    for (const char c : text) {
        if (c != ' ' && c != '\t' && c != '"') {
            lower += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        }
    }
    const std::size_t semicolon = lower.find(';');
    if (std::string_view(lower).substr(0, semicolon) != "application/x-protobuf") {
        return fail(Code::Unsupported,
                    "Content-Type '{}' is no remote write: send application/x-protobuf",
                    shown(text));
    }
    const std::string_view rest =
        semicolon == std::string::npos ? "" : std::string_view(lower).substr(semicolon + 1);
    if (rest.empty() || rest == "proto=prometheus.writerequest") {
        return Version::V1;
    }
    if (rest == "proto=io.prometheus.write.v2.request") {
        return Version::V2;
    }
    return fail(Code::Unsupported,
                "Content-Type '{}': known are proto=prometheus.WriteRequest and "
                "proto=io.prometheus.write.v2.Request",
                shown(text));
}

Result<Counts> Decoder::decode(ByteView body, Version version, Visitor& visitor) {
    const std::string_view packed = as_text(body);
    std::size_t bytes = 0;
    if (packed.size() > limits_.packed_bytes_max) {
        return fail(Code::TooLarge,
                    "remote write: a request has more than {} bytes: send less in "
                    "each",
                    limits_.packed_bytes_max);
    }
    if (!snappy::GetUncompressedLength(packed.data(), packed.size(), &bytes)) {
        return fail(Code::InvalidArgument,
                    "remote write: the body is not in the block format of snappy");
    }
    if (bytes > limits_.bytes_max) {
        return fail(Code::TooLarge,
                    "remote write: a request has {} bytes when it is unpacked, more than {}: send "
                    "less in each",
                    bytes, limits_.bytes_max);
    }
    bool sound = false;
    unpacked_.resize_and_overwrite(bytes, [&](char* out, std::size_t) {
        sound = snappy::RawUncompress(packed.data(), packed.size(), out);
        return sound ? bytes : 0;
    });
    if (!sound) {
        return fail(Code::InvalidArgument,
                    "remote write: the body is damaged, snappy cannot unpack it");
    }
    return decode_message(as_bytes(unpacked_), version, visitor);
}

Result<Counts> Decoder::decode_message(ByteView message, Version version, Visitor& visitor) {
    room_.refusals.clear();
    if (message.size() > limits_.bytes_max) {
        return fail(Code::TooLarge, "remote write: a message has more than {} bytes",
                    limits_.bytes_max);
    }
    return RequestReader(room_, limits_, as_text(message), version, visitor).run();
}

}  // namespace gantry::remotewrite
