// SPDX-License-Identifier: Apache-2.0
// Any text as an address: one that is taken is written back to a text that means the same.
#include <string_view>

#include "base/assert.h"
#include "connector/opcua/address.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace gantry::connector::opcua;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (const auto address = parse_address(text)) {
        const auto again = parse_address(format_address(*address));
        ASSERT(again && *again == *address);
    }
    if (const auto node = parse_node(text)) {
        const auto again = parse_node(format_node(*node));
        ASSERT(again && *again == *node);
    }
    return 0;
}
