// SPDX-License-Identifier: Apache-2.0
// Any bytes as an Arrow IPC stream of samples: it is read to its end or refused, every row of the
// batches can be stored, and says where it stood.
#include "arrow/sample_stream.h"
#include "arrow/testing.h"
#include "base/assert.h"
#include "base/encoding.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    namespace arrow = gantry::arrow;
    // In memory of its own, as long as it is, for the sanitizers.
    const std::vector<std::uint8_t> copy(data, data + size);
    arrow::testing::PointTable points;
    arrow::SampleStream stream(std::as_bytes(std::span(copy)), points.resolver());
    arrow::Part part;
    std::size_t parts = 0;
    while (parts++ < 20) {
        const auto more = stream.next(part);
        if (!more) {
            ASSERT(!more.error().message.empty());
            ASSERT(!*stream.next(part));
        }
        if (!more || !*more) {
            break;
        }
        ASSERT(part.batch.size() <= arrow::SampleStream::part_rows);
        ASSERT(part.batch.bytes() <= std::size_t{4} << 20);
        for (std::size_t i = 0; i < part.batch.size(); ++i) {
            const gantry::Row row = part.batch.row(i);
            ASSERT(!points.name(row.series).empty());
            ASSERT(row.type != gantry::ValueType::String || gantry::is_utf8(row.text));
            ASSERT(part.row_of(i) < SIZE_MAX / 2);
        }
    }
    ASSERT(stream.rejected().size() <= stream.rejected_rows());
    return 0;
}
