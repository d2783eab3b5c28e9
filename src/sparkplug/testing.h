// SPDX-License-Identifier: Apache-2.0
// Messages of Sparkplug made by hand, and readings as text. For tests, fuzzers and benchmarks.
#pragma once

#include <filesystem>
#include <format>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "model/reading_batch.h"
#include "sparkplug/payload.h"

namespace gantry::sparkplug::testing {

// The folder that this program was built in lies in the checkout.
inline std::filesystem::path checkout_folder() {
    auto folder = std::filesystem::canonical("/proc/self/exe").parent_path();
    while (!std::filesystem::exists(folder / "src" / "modules.cmake")) {
        if (folder == folder.parent_path()) {
            throw std::runtime_error("this program is in no build folder of a checkout");
        }
        folder = folder.parent_path();
    }
    return folder;
}

inline Metric metric(std::string_view name, DataType type, ValueView value) {
    Metric out;
    out.name = name;
    out.has_name = !name.empty();
    out.datatype = static_cast<std::uint32_t>(type);
    out.has_datatype = true;
    out.value = value;
    out.null = value.field == ValueField::None;
    return out;
}
inline Metric real(std::string_view name, double value) {
    return metric(name, DataType::Double,
                  {ValueField::Double, std::bit_cast<std::uint64_t>(value)});
}
inline Metric whole(std::string_view name, std::int64_t value) {
    return metric(name, DataType::Int64, {ValueField::Long, static_cast<std::uint64_t>(value)});
}
inline Metric with_alias(Metric one, std::uint64_t alias) {
    one.alias = alias;
    one.has_alias = true;
    return one;
}
// As data say it: by number only.
inline Metric alias_only(Metric one, std::uint64_t alias) {
    one.has_name = one.has_datatype = false;
    one.name = {};
    one.datatype = 0;
    return with_alias(one, alias);
}
inline Metric at(Metric one, std::uint64_t milliseconds) {
    one.timestamp = milliseconds;
    one.has_timestamp = true;
    return one;
}

inline std::string message(std::optional<std::uint64_t> seq, std::vector<Metric> metrics,
                           std::optional<std::uint64_t> time = 1000) {
    Payload payload;
    payload.timestamp = time;
    payload.seq = seq;
    payload.metrics = std::move(metrics);
    std::string out;
    encode(payload, out);
    return out;
}

inline std::string birth(std::uint64_t bd_seq, std::vector<Metric> metrics, std::uint64_t seq = 0) {
    metrics.insert(metrics.begin(), whole("bdSeq", static_cast<std::int64_t>(bd_seq)));
    return message(seq, std::move(metrics));
}
inline std::string death(std::uint64_t bd_seq) {
    return message({}, {whole("bdSeq", static_cast<std::int64_t>(bd_seq))}, {});
}

// "g/n/temp = float64 21.5 [Cel] @1000 Bad historical": unit, quality only where they are told.
inline std::vector<std::string> texts(const ReadingBatch& batch) {
    std::vector<std::string> out;
    for (std::size_t i = 0; i < batch.size(); ++i) {
        const Reading reading = batch[i];
        std::string& text =
            out.emplace_back(std::format("{} = {}", reading.point, value_type_name(reading.type)));
        if (reading.type != ValueType::Null) {
            text += " " + to_text(reading.value());
        }
        if (!reading.unit.empty()) {
            text += std::format(" [{}]", reading.unit);
        }
        text += std::format(" @{}", reading.time / 1'000'000);
        if (reading.quality != quality::good) {
            text += " " + quality_name(reading.quality);
        }
        text += reading.historical ? " historical" : "";
    }
    return out;
}

}  // namespace gantry::sparkplug::testing
