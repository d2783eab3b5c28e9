// SPDX-License-Identifier: Apache-2.0
#include "connector/message/decoder.h"

#include <bit>
#include <cmath>
#include <format>

#include "base/encoding.h"
#include "payload/convert.h"

namespace gantry::connector {
namespace {

using payload::Document;
using payload::no_node;
using payload::NodeIndex;

constexpr double integer_most = 9'007'199'254'740'992.0;  // 2^53
constexpr std::size_t shown_bytes_max = 80;

Decoder::Found trouble(Quality quality, std::string what) {
    return {.reading = {.quality = quality, .type = ValueType::Null, .bits = 0, .text = {}},
            .time = {},
            .silent = false,
            .trouble = std::move(what)};
}

std::string shown(const Document& document, NodeIndex node) {
    std::string out;
    document.append_text(node, out);
    return out.substr(0, shown_bytes_max);
}

}  // namespace

Decoder::Decoder() : reader_(static_cast<std::size_t>(limits_.depth_max)) {}

void Decoder::begin(std::string_view payload) {
    payload_ = payload;
    json_read_.reset();
    text_read_.reset();
}

Result<const Document*> Decoder::json() {
    if (!json_read_) {
        json_.begin(static_cast<std::size_t>(limits_.nodes_max),
                    static_cast<std::size_t>(limits_.depth_max), 0);
        json_read_ = reader_.read(payload_, json_);
    }
    TRY(*json_read_);
    return &json_;
}

Result<const Document*> Decoder::whole() {
    if (!text_read_) {
        text_.begin(1, 1, 0);
        const std::size_t from = payload_.find_first_not_of(" \t\r\n");
        const std::size_t to = payload_.find_last_not_of(" \t\r\n");
        if (!is_utf8(payload_)) {
            text_read_ = fail(Code::InvalidArgument, "the message is no UTF-8 text");
        } else {
            const bool room =
                text_.text(from == std::string_view::npos ? std::string_view()
                                                          : payload_.substr(from, to - from + 1));
            ASSERT(room);
            text_read_ = Result<>{};
        }
    }
    TRY(*text_read_);
    return &text_;
}

Decoder::Found Decoder::find(const Lookup& lookup) {
    const Result<const Document*> document = lookup.value ? json() : whole();
    if (!document) {
        return trouble(quality::bad_type_mismatch, document.error().message);
    }
    const NodeIndex node = lookup.value ? lookup.value->find(**document, 0) : NodeIndex{0};
    if (node == no_node) {
        Found out =
            trouble(quality::bad, std::format("there is no {} in the message", lookup.json));
        out.silent = lookup.sparse;
        return out;
    }
    Found out = look(**document, node,
                     lookup.value ? payload::Typing::Json : payload::Typing::Loose, lookup);
    if (out.trouble.empty() && lookup.quality) {
        add_quality(json_, 0, lookup, out);
    }
    if (lookup.time) {
        add_time(lookup, out);
    }
    return out;
}

Decoder::Found Decoder::find_in(const Document& document, NodeIndex item, payload::Typing typing,
                                const Lookup& lookup) {
    const NodeIndex node = lookup.value->find(document, item);
    if (node == no_node || document[node].kind == payload::Kind::Null) {
        Found out = trouble(quality::bad, std::format("there is no {} in the row", lookup.json));
        out.silent = lookup.sparse;
        if (node != no_node) {
            // A value that is missing is a fact of the row, not a fault of ours.
            out.trouble.clear();
        }
        return out;
    }
    Found out = look(document, node, typing, lookup);
    if (out.trouble.empty() && lookup.quality) {
        add_quality(document, item, lookup, out);
    }
    return out;
}

Decoder::Found Decoder::look(const Document& document, NodeIndex node, payload::Typing typing,
                             const Lookup& lookup) {
    const bool scaled = lookup.scaling.scaled();
    gantry::Reading read;
    const char* const why = payload::convert(
        document, node, scaled ? ValueType::Float64 : lookup.type, typing, scratch_, read);
    if (why != nullptr) {
        return trouble(quality::bad_type_mismatch,
                       std::format("'{}' {}", shown(document, node), why));
    }
    if (read.type == ValueType::Null) {
        return trouble(quality::bad, std::format("{} is null", lookup.json));
    }
    Found out;
    out.reading = {
        .quality = quality::good, .type = read.type, .bits = read.bits, .text = read.text};
    if (scaled) {
        scale(lookup, out);
    }
    return out;
}

void Decoder::scale(const Lookup& lookup, Found& found) const {
    const Scaling& scaling = lookup.scaling;
    const double value = std::bit_cast<double>(found.reading.bits) * scaling.scale + scaling.offset;
    const bool whole = lookup.type == ValueType::Int64;
    if (!std::isfinite(value) || (whole && std::abs(value) > integer_most)) {
        found = trouble(quality::bad_out_of_range,
                        "with scale and offset it is more than the point can hold");
        return;
    }
    found.reading.type = lookup.type;
    found.reading.bits =
        whole ? std::bit_cast<std::uint64_t>(static_cast<std::int64_t>(std::round(value)))
              : std::bit_cast<std::uint64_t>(value);
}

// The source's own word on it is no trouble of ours.
void Decoder::add_quality(const Document& document, NodeIndex item, const Lookup& lookup,
                          Found& found) const {
    const NodeIndex node = lookup.quality->find(document, item);
    if (node == no_node || document[node].kind == payload::Kind::Null) {
        return;
    }
    const Quality said = parse_quality(shown(document, node)).value_or(quality::uncertain);
    if (said.bad()) {
        found.reading = {.quality = said, .type = ValueType::Null, .bits = 0, .text = {}};
    }
    found.reading.quality = said;
}

void Decoder::add_time(const Lookup& lookup, Found& found) {
    const NodeIndex node = lookup.time->find(json_, 0);
    if (node == no_node || json_[node].kind == payload::Kind::Null) {
        return;
    }
    if (auto time = payload::read_time(json_, node, lookup.time_format)) {
        found.time = *time;
    } else if (found.trouble.empty()) {
        found = trouble(quality::bad_type_mismatch, time.error().message);
    }
}

}  // namespace gantry::connector
