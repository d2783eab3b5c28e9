// SPDX-License-Identifier: Apache-2.0
// Any bytes as a request of either version, packed and as they are; what a visitor is given is as
// it was promised.
#include <algorithm>

#include "base/assert.h"
#include "base/encoding.h"
#include "remotewrite/decoder.h"

namespace {

using namespace gantry::remotewrite;

class Checker final : public Visitor {
public:
    gantry::Result<> series(std::span<const LabelView> labels,
                            std::span<const Sample> samples) override {
        ASSERT(!samples.empty());
        ASSERT(labels.size() <= 4);
        const auto same_or_after = [](const LabelView& a, const LabelView& b) {
            return a.name >= b.name;
        };
        ASSERT(std::ranges::adjacent_find(labels, same_or_after) == labels.end());
        ASSERT(std::ranges::contains(labels, "__name__", &LabelView::name));
        for (const LabelView& label : labels) {
            ASSERT(!label.value.empty() && label.value.size() <= 20);
            ASSERT(gantry::is_utf8(label.name) && gantry::is_utf8(label.value));
        }
        ++series_seen;
        samples_seen += samples.size();
        return {};
    }
    gantry::Result<> metadata(const Metadata& metadata) override {
        ASSERT(gantry::is_utf8(metadata.help));
        return {};
    }

    std::size_t series_seen = 0;
    std::size_t samples_seen = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto bytes = std::as_bytes(std::span(data, size));
    Decoder decoder({.packed_bytes_max = 1 << 16,
                     .bytes_max = 1 << 18,
                     .series_max = 50,
                     .samples_max = 200,
                     .labels_max = 4,
                     .label_name_bytes_max = 20,
                     .label_value_bytes_max = 20,
                     .symbols_max = 50,
                     .errors_max = 3});
    for (const Version version : {Version::V1, Version::V2}) {
        for (const bool packed : {true, false}) {
            Checker checker;
            const auto counts = packed ? decoder.decode(bytes, version, checker)
                                       : decoder.decode_message(bytes, version, checker);
            ASSERT(decoder.refusals().size() <= 3);
            if (counts) {
                ASSERT(counts->series == checker.series_seen);
                ASSERT(counts->samples == checker.samples_seen && counts->samples <= 200);
            }
        }
    }
    static_cast<void>(parse_content_type(gantry::as_text(bytes)));
    return 0;
}
