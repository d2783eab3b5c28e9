// SPDX-License-Identifier: Apache-2.0
// Any text as an expression: what can be read prints as something that reads the same, and has the
// same answer, at one time and at many; nothing takes long.
#include <cmath>

#include "base/assert.h"
#include "promql/expression.h"
#include "promql/testing.h"

namespace {

using namespace gantry::promql;

testing::MemorySource a_few_series() {
    testing::MemorySource source;
    const double stale = std::bit_cast<double>(stale_bits);
    for (int i = 0; i < 4; ++i) {
        std::vector<double> values;
        for (int k = 0; k < 40; ++k) {
            values.push_back(k == 17 ? NAN : k == 30 ? stale : (k % 11) * 1.5 + i);
        }
        source.add("a{x=\"" + std::to_string(i) + "\",le=\"" + std::to_string(i) + "\"}", i * 1000,
                   15'000, values);
        source.add("b{x=\"" + std::to_string(i / 2) + "\",y=\"" + std::to_string(i) + "\"}", 0,
                   15'000, values);
    }
    return source;
}

QueryOptions small() {
    QueryOptions options;
    options.limits = {
        .points_max = 100, .samples_max = 20'000, .series_max = 100, .bytes_max = 4 << 20};
    return options;
}

// Answers that hold NaN are compared as text.
std::string answered(const Query& query, testing::MemorySource& source, Steps steps) {
    const auto answer = steps.step == 0 ? evaluate(query, source, steps.start, small())
                                        : evaluate(query, source, steps, small());
    std::string out;
    if (answer) {
        Answer shown = *answer;
        shown.warnings.clear();  // have the place in the text
        append_json(out, shown);
    } else {
        out = answer.error().message;
    }
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    static_cast<void>(parse_selector(text));
    static_cast<void>(parse_query_time(text));
    static_cast<void>(parse_query_duration(text));
    const auto query = Query::parse(text, {.bytes_max = 2000, .depth_max = 20});
    if (!query) {
        ASSERT(query.error().message.contains(": parse error: "));
        return 0;
    }
    const std::string printed = to_text(query->expression());
    const auto again = Query::parse(printed, {.bytes_max = 1 << 20, .depth_max = 100});
    ASSERT(again);
    ASSERT(to_text(again->expression()) == printed);
    testing::MemorySource source = a_few_series();
    for (const Steps steps : {Steps{300'000, 0, 0}, Steps{0, 700'000, 23'000}}) {
        ASSERT(answered(*query, source, steps) == answered(*again, source, steps));
    }
    return 0;
}
