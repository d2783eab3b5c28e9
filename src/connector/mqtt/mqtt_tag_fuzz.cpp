// SPDX-License-Identifier: Apache-2.0
// Any text as an address, on the first line, and any bytes behind it as a message: an address that
// is taken is written back to a text that means the same, and whatever the message is, the tag has
// a value of its type or none and a reason.
#include <algorithm>
#include <string_view>

#include "base/assert.h"
#include "connector/message/decoder.h"
#include "connector/mqtt/tags.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace gantry;
    using namespace gantry::connector;
    using namespace gantry::connector::mqtt;
    std::string_view message(reinterpret_cast<const char*>(data), size);
    const std::string_view text = message.substr(0, message.find('\n'));
    message.remove_prefix(std::min(text.size() + 1, message.size()));
    const auto address = parse_address(text);
    if (!address) {
        ASSERT(address.error().field == "/address");
        return 0;
    }
    const auto again = parse_address(format_address(*address));
    ASSERT(again && *again == *address);
    static Decoder decoder;
    decoder.begin(message);
    for (const ValueType type :
         {ValueType::Bool, ValueType::Int64, ValueType::Float64, ValueType::String}) {
        Property property;
        property.type = type;
        property.access = address->set ? Access::ReadWrite : Access::Read;
        const auto tag = make_tag({}, text, property);
        if (!tag) {
            continue;
        }
        const Decoder::Found found = decoder.find(tag->lookup);
        const bool bad = found.reading.quality.bad();
        ASSERT(found.reading.type == (bad ? ValueType::Null : type));
        ASSERT(found.trouble.empty() || bad);
        if (address->set && !bad) {
            const Value value =
                value_of(found.reading.type, found.reading.bits, found.reading.text);
            (void)make_payload(*tag, property, value);
        }
    }
    return 0;
}
