// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "model/reading_batch.h"
#include "sparkplug/payload.h"

namespace gantry::sparkplug {

// Gives the reading what a metric of that type says. Whole numbers become int64, Float and Double
// float64, DateTime int64 (milliseconds since 1970), texts and UUID string, Bytes and File
// base64url, arrays and data sets JSON. Null when it is done, else what is wrong with it; templates
// are the caller's. Texts that have to be made go into `scratch`.
const char* read_value(const Metric& metric, DataType type, std::string& scratch, Reading& reading);

// The value as a metric of that type has it; its texts are the value's. InvalidArgument: it does
// not fit. Of Bytes, data sets and templates there is none.
Result<ValueView> to_metric_value(const Value& value, DataType type);

// The type that a point's values have as metrics, where nothing else is said.
DataType usual_type(ValueType type);

// What 0, 192 and 500 mean, and what others are nearest to (OPC DA).
Quality quality_of(std::int32_t quality);
std::int32_t sparkplug_quality(Quality quality);

}  // namespace gantry::sparkplug
