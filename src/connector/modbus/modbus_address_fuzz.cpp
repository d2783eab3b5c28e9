// SPDX-License-Identifier: Apache-2.0
// Any text as an address: one that is taken is written back to a text that means the same.
#include <string_view>

#include "base/assert.h"
#include "connector/modbus/address.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace gantry::connector::modbus;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    for (const int base : {0, 1}) {
        if (const auto address = parse_address(text, base)) {
            const auto again = parse_address(format_address(*address, base), base);
            ASSERT(again && *again == *address);
        }
    }
    return 0;
}
