// SPDX-License-Identifier: Apache-2.0
// An address that is understood is written so that it is understood the same; times never break.
#include "base/assert.h"
#include "connector/record/address.h"
#include "connector/record/time_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace gantry::connector::record;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto address = parse_address(text);
    if (address) {
        const auto again = parse_address(format_address(*address));
        ASSERT(again.has_value());
        ASSERT(*again == *address);
    }
    const std::size_t half = text.find('\n');
    for (const std::string& format : {std::string("iso"), std::string(text.substr(0, half))}) {
        const auto reader = TimeReader::make(format, "-03:30");
        if (reader && half != std::string_view::npos) {
            (void)reader->read(text.substr(half + 1));
        }
    }
    return 0;
}
