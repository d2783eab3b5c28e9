// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "model/sample_batch.h"

namespace gantry::arrow {

// The series that a name of a point means, and the type that it holds.
struct PointSeries {
    SeriesId series;
    ValueType type = ValueType::Float64;
};
using Resolve = std::function<Result<PointSeries>(std::string_view name)>;

// A row of the table that cannot be used, counted from 0 over all record batches.
struct RejectedRow {
    std::size_t row = 0;
    Error error;
};

// Some rows of a stream as a batch, and where they stood.
struct Part {
    // From the row `index` of the batch on, rows of the batch and of the table run alongside.
    struct Run {
        std::size_t index = 0;
        std::size_t row = 0;
    };

    SampleBatch batch;
    std::vector<Run> runs;

    // Where the row of the batch stood in the table.
    std::size_t row_of(std::size_t index) const;
};

// Samples of an Arrow IPC stream. Two forms of table are read (docs/guide/arrow.md):
//   long: point, time, value and/or value_int, value_text, and perhaps quality or quality_code;
//   wide: time, and a column a point; what is null is left out.
// Each name of a point is resolved once. Rows come in parts that the store takes in one go. Borrows
// the bytes.
class SampleStream {
public:
    SampleStream(ByteView stream, Resolve resolve);
    SampleStream(const SampleStream&) = delete;
    SampleStream& operator=(const SampleStream&) = delete;
    ~SampleStream();

    // Replaces what the part held; false when there is no more. InvalidArgument, Unsupported or
    // TooLarge for what is no such stream; in a wide table also the error of a name's resolution.
    // After an error there is no more.
    Result<bool> next(Part& part);

    // The first rejected_max of the rows that were rejected so far, and how many there are.
    const std::vector<RejectedRow>& rejected() const;
    std::uint64_t rejected_rows() const;

    static constexpr std::size_t part_rows = 128 * 1024;
    static constexpr std::size_t part_text_bytes = 512 * 1024;
    static constexpr std::size_t rejected_max = 1000;

private:
    struct State;

    std::unique_ptr<State> state_;
};

}  // namespace gantry::arrow
