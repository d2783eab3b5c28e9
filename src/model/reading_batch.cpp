// SPDX-License-Identifier: Apache-2.0
#include "model/reading_batch.h"

#include "base/assert.h"

namespace gantry {

void ReadingBatch::shrink(std::size_t size) {
    if (size >= entries_.size()) {
        return;
    }
    texts_.resize(entries_[size].texts);
    entries_.resize(size);
}

void ReadingBatch::add(const Reading& reading) {
    const std::string_view text =
        reading.type == ValueType::String ? reading.text : std::string_view();
    ASSERT(texts_.size() + reading.point.size() + reading.unit.size() + text.size() <= UINT32_MAX);
    entries_.push_back({.time = reading.time,
                        .bits = reading.bits,
                        .texts = texts_.size(),
                        .point_bytes = static_cast<std::uint32_t>(reading.point.size()),
                        .unit_bytes = static_cast<std::uint32_t>(reading.unit.size()),
                        .value_bytes = static_cast<std::uint32_t>(text.size()),
                        .quality = reading.quality,
                        .type = reading.type,
                        .historical = reading.historical});
    texts_ += reading.point;
    texts_ += reading.unit;
    texts_ += text;
}

Reading ReadingBatch::operator[](std::size_t index) const {
    const Entry& entry = entries_[index];
    std::string_view rest = std::string_view(texts_).substr(entry.texts);
    const auto take = [&](std::uint32_t bytes) {
        const std::string_view out = rest.substr(0, bytes);
        rest.remove_prefix(bytes);
        return out;
    };
    Reading out;
    out.point = take(entry.point_bytes);
    out.unit = take(entry.unit_bytes);
    out.text = take(entry.value_bytes);
    out.time = entry.time;
    out.type = entry.type;
    out.bits = entry.bits;
    out.quality = entry.quality;
    out.historical = entry.historical;
    return out;
}

}  // namespace gantry
