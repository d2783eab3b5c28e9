// SPDX-License-Identifier: Apache-2.0
// Any bytes as a block of either version, as a batch record, as a page of an index, as a manifest,
// and as what zstd would have unpacked from a block of version 1.
#include <zstd.h>

#include "base/assert.h"
#include "store/batch_record.h"
#include "store/block.h"
#include "store/block_statistics.h"
#include "store/manifest.h"
#include "store/segment_index.h"

namespace {

void encode_again(const gantry::store::Columns& rows) {
    for (const auto tier : {gantry::codec::Tier::Hot, gantry::codec::Tier::Cold}) {
        gantry::store::Columns again;
        gantry::codec::FloatScale scale;
        gantry::Bytes block;
        gantry::store::encode_block(rows.chunk({}), scale, block, tier);
        ASSERT(gantry::store::decode_block(block, again));
        ASSERT(again.time == rows.time && again.type == rows.type && again.present == rows.present);
    }
}

void encode_again(const gantry::store::BlockEntry& entry) {
    const auto all = entry.aggregate();
    gantry::store::RollUps parts;
    const bool rolled_up = entry.roll_ups(parts);
    if (!all) {
        ASSERT(!rolled_up);
        return;
    }
    gantry::Bytes statistics;
    gantry::store::put_statistics(*all, rolled_up, statistics);
    if (rolled_up) {
        gantry::store::put_roll_ups(*all, parts, statistics);
    }
    gantry::store::BlockEntry again = entry;
    again.statistics = statistics;
    gantry::store::RollUps same;
    ASSERT(again.aggregate() && again.roll_ups(same) == rolled_up);
    if (!rolled_up) {
        return;
    }
    ASSERT(same.length == parts.length && same.parts.size() == parts.parts.size());
    std::uint64_t rows = 0;
    for (std::size_t i = 0; i < same.parts.size(); ++i) {
        const gantry::store::Aggregate& part = parts.parts[i];
        ASSERT(same.parts[i].begin == part.begin && same.parts[i].end == part.end);
        ASSERT(part.begin <= part.end && part.begin >= entry.first && part.end <= entry.last);
        ASSERT(i == 0 || parts.parts[i - 1].end < part.begin);
        ASSERT(same.parts[i].rows == part.rows && same.parts[i].count == part.count);
        rows += part.rows;
    }
    ASSERT(rows == entry.rows);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const gantry::ByteView input = std::as_bytes(std::span(data, size));
    gantry::store::Columns rows;
    if (gantry::store::decode_block(input, rows)) {
        encode_again(rows);
    }
    gantry::Bytes packed(ZSTD_compressBound(size));
    packed.resize(ZSTD_compress(packed.data(), packed.size(), data, size, 1));
    if (gantry::store::decode_block_v1(packed, rows)) {
        encode_again(rows);
    }
    gantry::SampleBatch batch;
    (void)gantry::store::decode_batch(gantry::store::plain_batch_record, input, batch);
    if (gantry::store::decode_batch(gantry::store::batch_record, input, batch)) {
        gantry::SampleBatch again;
        gantry::Bytes record;
        gantry::store::encode_batch(batch, record);
        ASSERT(gantry::store::decode_batch(gantry::store::batch_record, record, again));
        ASSERT(again.time_column() == batch.time_column());
    }
    std::vector<gantry::store::BlockEntry> entries;
    if (size > 1 && gantry::store::decode_page(input.subspan(1), 16, data[0], entries)) {
        gantry::Bytes page;
        std::vector<gantry::store::BlockEntry> same;
        std::vector<gantry::store::NewEntry> fresh;
        for (const gantry::store::BlockEntry& entry : entries) {
            encode_again(entry);
            fresh.push_back({entry, {entry.statistics.begin(), entry.statistics.end()}});
        }
        gantry::store::encode_page(fresh, page);
        ASSERT(gantry::store::decode_page(page, 16, entries.size(), same));
        ASSERT(same.size() == entries.size());
    }
    gantry::store::Manifest manifest;
    gantry::Bytes sealed(input.begin(), input.end());
    gantry::ByteWriter(sealed).put(gantry::crc32c(input));
    (void)gantry::store::decode_manifest(sealed, "fuzz", manifest);
    return 0;
}
