// SPDX-License-Identifier: Apache-2.0
#include "store/batch_record.h"

namespace gantry::store {

Bytes encode_batch(const SampleBatch& batch) {
    Bytes bytes;
    bytes.reserve(batch.bytes() + 16);
    ByteWriter out(bytes);
    out.put(static_cast<std::uint32_t>(batch.size()));
    out.put(static_cast<std::uint32_t>(batch.texts().size()));
    out.put_bytes(std::as_bytes(std::span(batch.series_column())));
    out.put_all(std::span(batch.time_column()));
    out.put_all(std::span(batch.bits_column()));
    out.put_bytes(std::as_bytes(std::span(batch.quality_column())));
    out.put_all(std::span(batch.type_column()));
    out.put_bytes(as_bytes(batch.texts()));
    return bytes;
}

bool decode_batch(ByteView payload, SampleBatch& out) {
    out.clear();
    ByteReader in(payload);
    std::uint32_t rows = 0;
    std::uint32_t text_bytes = 0;
    std::vector<std::uint32_t> series;
    std::vector<Time> times;
    std::vector<std::uint64_t> bits;
    std::vector<std::uint32_t> qualities;
    std::vector<std::uint8_t> types;
    ByteView raw;
    if (!in.get(rows) || !in.get(text_bytes) || !in.get_all(series, rows) ||
        !in.get_all(times, rows) || !in.get_all(bits, rows) || !in.get_all(qualities, rows) ||
        !in.get_all(types, rows) || !in.get_bytes(text_bytes, raw) || !in.empty()) {
        return false;
    }
    const std::string_view texts = as_text(raw);
    out.reserve(rows);
    for (std::uint32_t i = 0; i < rows; ++i) {
        Row row{SeriesId{series[i]},  times[i], static_cast<ValueType>(types[i]), bits[i], {},
                Quality{qualities[i]}};
        if (row.type > ValueType::String) {
            return false;
        }
        if (row.type == ValueType::String) {
            const std::uint64_t offset = bits[i] >> 32;
            const std::uint64_t length = bits[i] & UINT32_MAX;
            if (offset + length > texts.size()) {
                return false;
            }
            row.text = texts.substr(offset, length);
        }
        out.add_row(row);
    }
    return true;
}

}  // namespace gantry::store
