// SPDX-License-Identifier: Apache-2.0
// Any bytes as the two messages of a client, the second after a newline: nobody who does not know
// the password comes in.
#include "base/assert.h"
#include "security/scram.h"
#include "security/scram_name.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace gantry::security;
    if (size < 1) {
        return 0;
    }
    const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
    const std::size_t newline = std::min(text.find('\n'), text.size());
    const bool plus = (data[0] & 1) != 0;
    ScramServer server({.plus = plus, .offered = plus, .end_point = "certificate"});
    const std::array<std::byte, 4> salt{};
    if (server.first(text.substr(0, newline), "ours", salt, 1)) {
        static const std::array<ScramVerifier, 2> verifiers = {make_scram_verifier("one", salt, 1),
                                                               make_scram_verifier("two", salt, 1)};
        const auto proven =
            server.final(text.substr(std::min(newline + 1, text.size())), verifiers);
        ASSERT(!proven);
    }
    (void)read_scram_verifier(text);
    if (const auto name = scram_name(text)) {
        ASSERT(!name->empty() && name->size() <= text.size());
    }
    return 0;
}
