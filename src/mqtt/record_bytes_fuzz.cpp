// SPDX-License-Identifier: Apache-2.0
// Any bytes as a group of records: an end without a crash, and what can be read is written again
// and reads the same.
#include "base/assert.h"
#include "mqtt/record_bytes.h"
#include "mqtt/record_testing.h"

namespace {

using namespace gantry;
using namespace gantry::mqtt;

// False: not all of it are records.
bool read(ByteView bytes, std::vector<Record>& out) {
    auto reader = RecordReader::open(bytes);
    if (!reader) {
        return false;
    }
    while (true) {
        Record one;
        const auto more = reader->next(one);
        if (!more || !*more) {
            return more.has_value();
        }
        out.push_back(std::move(one));
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::vector<Record> records;
    (void)read(std::as_bytes(std::span(data, size)), records);
    if (records.empty()) {
        return 0;
    }
    Bytes bytes;
    encode_records(records, bytes);
    std::vector<Record> again;
    ASSERT(read(bytes, again));
    ASSERT(again.size() == records.size());
    for (std::size_t i = 0; i < records.size(); ++i) {
        ASSERT(testing::same(again[i], records[i]));
    }
    return 0;
}
