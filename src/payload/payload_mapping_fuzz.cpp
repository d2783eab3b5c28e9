// SPDX-License-Identifier: Apache-2.0
// A mapping in the first line, a topic in the second, a message behind: whatever they are, readings
// stay within the limits, have a name and a time, and are the same when the memory is used again.
#include "base/assert.h"
#include "base/encoding.h"
#include "payload/testing.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace gantry;
    using namespace gantry::payload;
    std::string_view rest(reinterpret_cast<const char*>(data), size);
    const auto line = [&rest] {
        const std::string_view out = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(out.size() + 1, rest.size()));
        return out;
    };
    const auto mapping = testing::compile(line());
    if (!mapping) {
        ASSERT(!mapping.error().message.empty());
        return 0;
    }
    // Configurations go through JSON unchanged.
    MappingConfig again;
    ASSERT(read_entity(to_json(mapping->config()), again, ""));
    ASSERT(json::serialize(to_json(again)) == json::serialize(to_json(mapping->config())));

    const std::string_view topic = line();
    if (!is_utf8(topic)) {
        return 0;
    }
    constexpr PayloadLimits limits{.payload_bytes_max = 4096,
                                   .depth_max = 8,
                                   .nodes_max = 500,
                                   .readings_max = 100,
                                   .name_bytes_max = 64,
                                   .names_bytes_max = 2000};
    SeededRandom random(1);
    Decoder decoder(random, limits);
    ReadingBatch first;
    ReadingBatch second;
    const auto decoded = decoder.decode(*mapping, topic, rest, 7, first);
    const auto repeated = decoder.decode(*mapping, topic, rest, 7, second);
    ASSERT(decoded.has_value() == repeated.has_value());
    ASSERT(testing::texts(first, 7) == testing::texts(second, 7));
    if (!decoded) {
        ASSERT(first.empty() && decoded.error() == repeated.error());
        return 0;
    }
    ASSERT(decoded->readings == first.size() && first.size() <= 100);
    ASSERT(decoded->left_out <= decoded->bad && decoded->first.has_value() == (decoded->bad > 0));
    for (std::size_t i = 0; i < first.size(); ++i) {
        const Reading reading = first[i];
        ASSERT(!reading.point.empty() && reading.point.size() <= 64);
        ASSERT(is_utf8(reading.point) && is_utf8(reading.text) && is_utf8(reading.unit));
        ASSERT(reading.type != ValueType::Null || reading.quality.bad());
    }
    return 0;
}
