// SPDX-License-Identifier: Apache-2.0
// Mappings and their readings as text. For tests and fuzzers.
#pragma once

#include <format>
#include <string>
#include <string_view>
#include <vector>

#include "payload/decoder.h"
#include "payload/mapping_json.h"

namespace gantry::payload::testing {

inline Result<Mapping> compile(std::string_view text) {
    TRY_ASSIGN(const json::value value, parse_json(text));
    MappingConfig config;
    TRY(read_entity(value, config, ""));
    return Mapping::compile(std::move(config));
}

// "line1/speed = float64 1.5 rpm @1000 Bad": unit, time and quality only where they are told.
inline std::string to_text(const Reading& reading, Time arrival) {
    std::string out = std::format("{} = {}", reading.point, value_type_name(reading.type));
    if (reading.type != ValueType::Null) {
        out += " " + gantry::to_text(reading.value());
    }
    if (!reading.unit.empty()) {
        out += std::format(" [{}]", reading.unit);
    }
    if (reading.time != arrival) {
        out += " @" + format_time(reading.time);
    }
    if (reading.quality != quality::good) {
        out += " " + quality_name(reading.quality);
    }
    return out + (reading.historical ? " historical" : "");
}

inline std::vector<std::string> texts(const ReadingBatch& batch, Time arrival) {
    std::vector<std::string> out;
    for (std::size_t i = 0; i < batch.size(); ++i) {
        out.push_back(to_text(batch[i], arrival));
    }
    return out;
}

}  // namespace gantry::payload::testing
