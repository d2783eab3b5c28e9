// SPDX-License-Identifier: Apache-2.0
// What a device sends, whatever it is: what is read lies in it, and what is decoded is a value or
// none.
#include "base/assert.h"
#include "connector/bacnet/convert.h"
#include "connector/bacnet/services.h"

namespace {

using namespace gantry::connector::bacnet;
using gantry::ByteView;
using gantry::ValueType;

void decode_all(ByteView value) {
    std::string scratch;
    const Status status = read_status(value).value_or(Status{});
    for (const ValueType type :
         {ValueType::Bool, ValueType::Int64, ValueType::Float64, ValueType::String}) {
        const Decoded said = decode({}, type, value, status, scratch);
        ASSERT(!said.reading.quality.bad() || said.reading.type == ValueType::Null);
        ASSERT(said.reading.quality.good() || !said.why.empty());
    }
    (void)natural_type(value);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto bytes = std::as_bytes(std::span(data, size));
    const auto apdu = read_datagram(bytes);
    decode_all(bytes);
    if (!apdu) {
        return 0;
    }
    ASSERT(apdu->data.size() <= size);
    if (const auto result = read_answer(apdu->data)) {
        decode_all(result->value);
    }
    if (const auto results = read_multiple_answer(apdu->data)) {
        ASSERT(results->size() <= results_max);
        for (const PropertyResult& one : *results) {
            decode_all(one.value);
        }
    }
    if (const auto told = read_notification(apdu->data)) {
        for (const PropertyResult& one : told->values) {
            decode_all(one.value);
        }
    }
    (void)read_error(apdu->data);
    (void)read_i_am(apdu->data);
    return 0;
}
