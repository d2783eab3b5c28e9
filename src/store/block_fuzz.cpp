// SPDX-License-Identifier: Apache-2.0
// Any bytes as a block, as a batch record, and as what zstd would have unpacked.
#include <zstd.h>

#include "base/assert.h"
#include "store/batch_record.h"
#include "store/block.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const gantry::ByteView input = std::as_bytes(std::span(data, size));
    gantry::store::Columns rows;
    (void)gantry::store::decode_block(input, rows);
    gantry::Bytes packed(ZSTD_compressBound(size));
    packed.resize(ZSTD_compress(packed.data(), packed.size(), data, size, 1));
    if (gantry::store::decode_block(packed, rows)) {
        gantry::store::Columns again;
        ASSERT(
            gantry::store::decode_block(gantry::store::encode_block(rows, 0, rows.size()), again));
        ASSERT(again.time == rows.time);
    }
    gantry::SampleBatch batch;
    (void)gantry::store::decode_batch(input, batch);
    return 0;
}
