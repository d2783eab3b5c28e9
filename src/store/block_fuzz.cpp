// SPDX-License-Identifier: Apache-2.0
// Any bytes as a block of either version, as a batch record, and as what zstd would have unpacked
// from a block of version 1.
#include <zstd.h>

#include "base/assert.h"
#include "store/batch_record.h"
#include "store/block.h"

namespace {

void encode_again(const gantry::store::Columns& rows) {
    gantry::store::Columns again;
    gantry::codec::FloatScale scale;
    gantry::Bytes block;
    gantry::store::encode_block(rows, 0, rows.size(), scale, block);
    ASSERT(gantry::store::decode_block(block, again));
    ASSERT(again.time == rows.time && again.type == rows.type);
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
    (void)gantry::store::decode_batch(input, batch);
    return 0;
}
