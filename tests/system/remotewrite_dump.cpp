// SPDX-License-Identifier: Apache-2.0
// For tests only: what the decoder of remote write finds in bodies. Each line of the input is `1`
// or `2` (the version), a blank, and a body in hexadecimal digits; each gets a line of JSON. Values
// are their bits, since one of them is no number.
#include <bit>
#include <iostream>

#include "base/encoding.h"
#include "base/json_writer.h"
#include "remotewrite/decoder.h"

namespace {

using namespace gantry;
namespace rw = gantry::remotewrite;

class Dump final : public rw::Visitor {
public:
    explicit Dump(JsonWriter& json) : json_(json) {}

    Result<> series(std::span<const rw::LabelView> labels,
                    std::span<const rw::Sample> samples) override {
        json_.begin_object().key("labels").begin_object();
        for (const rw::LabelView& label : labels) {
            json_.field(label.name, label.value);
        }
        json_.end_object().key("samples").begin_array();
        for (const rw::Sample& sample : samples) {
            json_.begin_array().value(sample.time);
            json_.value(std::to_string(std::bit_cast<std::uint64_t>(sample.value))).end_array();
        }
        json_.end_array().end_object();
        return {};
    }

    Result<> metadata(const rw::Metadata& metadata) override {
        json_.begin_object()
            .field("metric", metadata.metric)
            .field("type", metadata.type)
            .field("help", metadata.help)
            .field("unit", metadata.unit)
            .end_object();
        return {};
    }

private:
    JsonWriter& json_;
};

void dump(rw::Decoder& decoder, const std::string& line) {
    std::string text;
    JsonWriter json(text);
    Dump visitor(json);
    json.begin_object().key("found").begin_array();
    const auto body = from_hex(std::string_view(line).substr(2));
    const auto version = line[0] == '2' ? rw::Version::V2 : rw::Version::V1;
    const auto counts = decoder.decode(*body, version, visitor);
    json.end_array().key("refused").begin_array();
    for (const rw::Refusal& refusal : decoder.refusals()) {
        json.value(refusal.error.message);
    }
    json.end_array();
    if (counts) {
        json.field("series", counts->series)
            .field("samples", counts->samples)
            .field("histograms", counts->histograms)
            .field("exemplars", counts->exemplars);
    } else {
        json.field("error", counts.error().message);
    }
    json.end_object();
    std::cout << text << std::endl;
}

}  // namespace

int main() {
    rw::Decoder decoder;
    for (std::string line; std::getline(std::cin, line);) {
        dump(decoder, line);
    }
    return 0;
}
