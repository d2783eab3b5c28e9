// SPDX-License-Identifier: Apache-2.0
// An address that is understood is written so that it is understood the same.
#include "base/assert.h"
#include "connector/bacnet/address.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace gantry::connector::bacnet;
    const auto address = parse_address({reinterpret_cast<const char*>(data), size});
    if (address) {
        const auto again = parse_address(format_address(*address));
        ASSERT(again.has_value());
        ASSERT(*again == *address);
    }
    return 0;
}
