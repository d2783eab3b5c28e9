// SPDX-License-Identifier: Apache-2.0
// An address that is understood is written so that it is understood the same.
#include "base/assert.h"
#include "connector/slmp/slmp.h"
#include "connector/words/address.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace gantry::connector;
    static const slmp::Slmp language({});
    const auto address =
        words::parse_address(language, {reinterpret_cast<const char*>(data), size});
    if (address) {
        const auto again =
            words::parse_address(language, words::format_address(language, *address));
        ASSERT(again.has_value());
        ASSERT(*again == *address);
    }
    return 0;
}
