// SPDX-License-Identifier: Apache-2.0
// Any bytes as line protocol: in pieces of any size, with an empty cache or one that has seen the
// same lines before, the rows and errors are the same.
#include "base/assert.h"
#include "base/random.h"
#include "lineprotocol/testing.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using gantry::lineprotocol::SeriesCache;
    namespace testing = gantry::lineprotocol::testing;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    gantry::lineprotocol::LineOptions options;
    options.now = 1'000'000'000;
    options.limits = {.line_bytes_max = 400, .tags_max = 4, .fields_max = 6, .key_bytes_max = 100};
    testing::SeriesTable table;
    gantry::SeededRandom random(1);
    SeriesCache cache(random, table.resolver());
    const auto read = [&](std::size_t piece_bytes) {
        return testing::parse(cache, table, text, piece_bytes, options);
    };
    const testing::Outcome whole = read(size + 1);
    ASSERT(whole == read(size + 1));
    // Lines that are known are read the fast way only where much follows.
    const std::string more = std::string(text) + "\n" + std::string(300, '\n');
    const auto padded = testing::parse(cache, table, more, more.size(), options);
    ASSERT(padded.rows == whole.rows || whole.refused + padded.refused > 0);
    ASSERT(padded == testing::parse(cache, table, more, 7, options));
    ASSERT(whole == read(1));
    ASSERT(whole == read(13));
    SeriesCache other(random, table.resolver());
    ASSERT(whole == testing::parse(other, table, text, 3, options));
    return 0;
}
