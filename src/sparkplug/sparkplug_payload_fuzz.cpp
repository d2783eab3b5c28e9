// SPDX-License-Identifier: Apache-2.0
// Any bytes as a payload: what was read and written again is read as the same, with all that is
// nested in it.
#include "base/assert.h"
#include "sparkplug/metric_value.h"
#include "sparkplug/payload.h"

namespace {

using namespace gantry;
using namespace gantry::sparkplug;

void check_value(const Metric& metric) {
    std::string scratch;
    Reading reading;
    for (std::uint32_t type = 0; type < data_types; ++type) {
        if (read_value(metric, static_cast<DataType>(type), scratch, reading) == nullptr) {
            ASSERT(reading.text.size() <= text_value_bytes_max);
        }
    }
    std::vector<Property> properties;
    KnownProperties known;
    const bool sound = decode_properties(metric.properties, properties);
    ASSERT(sound == find_properties(metric.properties, known));
    DataSet set;
    if (decode_data_set(metric.value.bytes, set)) {
        std::string again;
        encode_data_set(set, again);
        DataSet second;
        ASSERT(decode_data_set(again, second) && second == set);
    }
    Template value;
    if (decode_template(metric.value.bytes, value) && !value.definition) {
        std::string again;
        encode_template(value, again);
        Template second;
        ASSERT(decode_template(again, second) && second == value);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Payload payload;
    if (!decode(std::as_bytes(std::span(data, size)), payload)) {
        return 0;
    }
    std::string again;
    encode(payload, again);
    Payload second;
    ASSERT(decode(as_bytes(again), second));
    ASSERT(second == payload);
    for (const Metric& metric : payload.metrics) {
        check_value(metric);
    }
    return 0;
}
