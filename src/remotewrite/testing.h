// SPDX-License-Identifier: Apache-2.0
// What the tests, fuzzers and benchmarks of remote write share. Not part of the program. The
// clients that count are in tests/system/test_remotewrite_prometheus.py.
#pragma once

#include <snappy.h>

#include <bit>
#include <format>
#include <string>
#include <string_view>
#include <vector>

#include "remotewrite/decoder.h"

namespace gantry::remotewrite::testing {

inline void put_varint(std::string& out, std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) {
        out += static_cast<char>(value | 0x80);
    }
    out += static_cast<char>(value);
}

inline void put_bytes(std::string& out, unsigned field, std::string_view content) {
    put_varint(out, field << 3 | 2U);
    put_varint(out, content.size());
    out += content;
}

inline std::string sample(double value, std::int64_t time) {
    std::string out = "\x09";
    const auto bits = std::bit_cast<std::array<char, 8>>(value);
    out.append(bits.data(), bits.size());
    out += '\x10';
    put_varint(out, static_cast<std::uint64_t>(time));
    return out;
}

inline std::string label(std::string_view name, std::string_view value) {
    std::string out;
    put_bytes(out, 1, name);
    put_bytes(out, 2, value);
    return out;
}

inline std::string series(const std::vector<LabelView>& labels,
                          const std::vector<Sample>& samples) {
    std::string out;
    for (const LabelView& one : labels) {
        put_bytes(out, 1, label(one.name, one.value));
    }
    for (const Sample& one : samples) {
        put_bytes(out, 2, sample(one.value, one.time));
    }
    return out;
}

inline std::string packed(std::string_view message) {
    std::string out;
    snappy::Compress(message.data(), message.size(), &out);
    return out;
}

// Everything as text.
class Recorder final : public Visitor {
public:
    Result<> series(std::span<const LabelView> labels, std::span<const Sample> samples) override {
        std::string line;
        for (const LabelView& one : labels) {
            line += std::format("{}={} ", one.name, one.value);
        }
        for (const Sample& one : samples) {
            line += std::format("{}@{} ", one.value, one.time);
        }
        lines.push_back(line);
        last_bits = std::bit_cast<std::uint64_t>(samples.back().value);
        return failing ? fail(Code::StorageFull, "no space") : Result<>();
    }
    Result<> metadata(const Metadata& metadata) override {
        lines.push_back(std::format("# {} {} {} {}", metadata.metric, metadata.type, metadata.help,
                                    metadata.unit));
        return {};
    }

    std::vector<std::string> lines;
    std::uint64_t last_bits = 0;
    bool failing = false;
};

}  // namespace gantry::remotewrite::testing
