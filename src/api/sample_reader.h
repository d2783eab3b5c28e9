// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "directory/directory.h"
#include "pipeline/pipeline.h"

namespace gantry::api {

// Samples of a request, and what became of each of its rows.
struct SamplesRead {
    SampleBatch batch;
    std::vector<std::size_t> origin;  // of each row of the batch: its index in the request
    std::vector<pipeline::RejectedRow> rejected;  // by index in the request
    std::size_t rows = 0;
};

// Finds the point of a row: an entry, or why not.
using FindPoint = std::function<Result<directory::PointRef>(const std::string&)>;

// Reads {"samples": [row | columns, …]} with row = {"point", "time"?, "value", "quality"?} and
// columns = {"point", "columns": {"time": […], "value": […], "quality"?: […]}}. What is not of this
// form is InvalidArgument; a row that cannot be used is rejected by itself. A row without a time
// gets `now`.
Result<SamplesRead> read_samples(std::string_view body, Time now, const FindPoint& find);

}  // namespace gantry::api
