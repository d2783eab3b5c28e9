// SPDX-License-Identifier: Apache-2.0
// Any bytes as a record of the catalogue, the first being its type. What can be read is written
// again, in records of any size, and reads the same.
#include <algorithm>

#include "base/assert.h"
#include "store/catalogue_record.h"

namespace {

using gantry::store::CatalogueRecord;
using gantry::store::decode_catalogue_record;

void encode_again(const CatalogueRecord& record, std::size_t bytes_max) {
    std::span<const gantry::store::SeriesSpec> rest = record.series;
    gantry::SeriesId first = record.first;
    gantry::Bytes payload;
    while (!rest.empty()) {
        const std::size_t count = gantry::store::encode_series(first, rest, bytes_max, payload);
        CatalogueRecord again;
        ASSERT(count > 0 && (count == 1 || payload.size() <= bytes_max));
        ASSERT(decode_catalogue_record(gantry::store::series_record, payload, again));
        ASSERT(again.first == first);
        ASSERT(std::ranges::equal(
            again.series, rest.first(count),
            [](const auto& a, const auto& b) { return a.key == b.key && a.type == b.type; }));
        rest = rest.subspan(count);
        first.value += static_cast<std::uint32_t>(count);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) {
        return 0;
    }
    const gantry::ByteView payload = std::as_bytes(std::span(data + 1, size - 1));
    CatalogueRecord record;
    if (!decode_catalogue_record(data[0], payload, record)) {
        return 0;
    }
    if (record.series.empty()) {
        CatalogueRecord again;
        ASSERT(decode_catalogue_record(
            gantry::store::time_to_live_record,
            gantry::store::encode_time_to_live(record.first, record.time_to_live), again));
        ASSERT(again.first == record.first && again.time_to_live == record.time_to_live);
    }
    encode_again(record, SIZE_MAX);
    encode_again(record, 40);
    return 0;
}
