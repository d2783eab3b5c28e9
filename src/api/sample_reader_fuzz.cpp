// SPDX-License-Identifier: Apache-2.0
// Any bytes as a body of POST /v1/samples: every row of it ends up in the batch or among the
// rejected.
#include "api/sample_reader.h"
#include "base/assert.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto find = [](const std::string& name) -> gantry::Result<gantry::directory::PointRef> {
        if (name.empty() || name[0] == 'x') {
            return gantry::fail(gantry::Code::NotFound, "no point");
        }
        gantry::directory::PointEntry entry;
        entry.point.property.type = static_cast<gantry::ValueType>(1 + name.size() % 4);
        return std::make_shared<const gantry::directory::PointEntry>(entry);
    };
    const std::string_view body(reinterpret_cast<const char*>(data), size);
    if (const auto read = gantry::api::read_samples(body, 0, find)) {
        ASSERT(read->batch.size() + read->rejected.size() == read->rows);
        ASSERT(read->origin.size() == read->batch.size());
    }
    return 0;
}
