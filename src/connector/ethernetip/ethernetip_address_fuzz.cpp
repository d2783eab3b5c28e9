// SPDX-License-Identifier: Apache-2.0
// An address that is understood is written so that it is understood the same, and has a path.
#include "base/assert.h"
#include "connector/ethernetip/address.h"
#include "connector/ethernetip/cip.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace gantry::connector::ethernetip;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto address = parse_address(text);
    if (address) {
        const auto again = parse_address(format_address(*address));
        ASSERT(again.has_value());
        ASSERT(*again == *address);
        gantry::Bytes path;
        append_tag(path, address->tag);
        ASSERT(path.size() % 2 == 0 && path.size() >= address->tag.size());
    }
    if (const auto route = parse_route(text)) {
        ASSERT(route->size() % 2 == 0 && route->size() <= 128);
    }
    return 0;
}
