// SPDX-License-Identifier: Apache-2.0
// Any bytes as a sealed secret: they do not open, and whatever is sealed does, in its place only.
#include "base/assert.h"
#include "base/sim_disk.h"
#include "security/sealer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace gantry;
    using security::Sealer;
    static SystemRandom random;
    static SimDisk disk(1);
    static const std::unique_ptr<Sealer> sealer = [] {
        ASSERT(disk.make_directory("data").has_value());
        auto made = Sealer::open(disk, "data", random);
        ASSERT(made.has_value());
        return std::move(*made);
    }();
    const ByteView bytes = std::as_bytes(std::span(data, size));
    const std::string_view text = as_text(bytes);
    ASSERT(!sealer->unseal(bytes, "here"));
    const Bytes sealed = sealer->seal(text, "here");
    const auto open = sealer->unseal(sealed, "here");
    ASSERT(open && open->reveal() == text);
    ASSERT(text == "here" || !sealer->unseal(sealed, text));
    return 0;
}
