// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace gantry::remotewrite {

// What the bodies of requests hold; the header Content-Type says which.
enum class Version : unsigned char {
    V1,  // prometheus.WriteRequest
    V2,  // io.prometheus.write.v2.Request
};

// Of a Content-Type: "application/x-protobuf", with ";proto=…" or without. Unsupported: neither.
Result<Version> parse_content_type(std::string_view text);

struct Limits {
    std::size_t packed_bytes_max = std::size_t{16} << 20;
    std::size_t bytes_max = std::size_t{64} << 20;  // unpacked
    std::size_t series_max = 100'000;               // of a request
    std::size_t samples_max = 2'000'000;            // of a request
    std::size_t labels_max = 64;                    // of a series; refuses that series
    std::size_t label_name_bytes_max = 1024;        // refuses that series
    std::size_t label_value_bytes_max = 4096;       // refuses that series
    std::size_t symbols_max = 200'000;              // of a request of version 2
    std::size_t errors_max = 100;                   // more are counted only
};

struct LabelView {
    std::string_view name;
    std::string_view value;

    bool operator==(const LabelView&) const = default;
};

struct Sample {
    std::int64_t time = 0;  // milliseconds since 1970
    double value = 0;       // stale markers as they are: 0x7ff0000000000002
};

struct Metadata {
    std::string_view metric;
    std::string_view type;  // "counter", "gauge", …; "unknown"
    std::string_view help;
    std::string_view unit;
};

// Takes what a request holds. What it is given is good during the call only. An error ends the
// request and is passed on.
class Visitor {
public:
    virtual ~Visitor() = default;
    // Labels are sorted, each name once, `__name__` among them, valid UTF-8, none empty. Samples
    // are in the order of the request, never none.
    virtual Result<> series(std::span<const LabelView> labels, std::span<const Sample> samples) = 0;
    virtual Result<> metadata(const Metadata& metadata) = 0;
};

// Why a series was refused; they count from 0, in the order of the request.
struct Refusal {
    std::size_t series = 0;
    Error error;
};

struct Counts {
    std::size_t series = 0;      // passed on
    std::size_t samples = 0;     // passed on
    std::size_t exemplars = 0;   // not taken
    std::size_t histograms = 0;  // native ones, not taken
    std::size_t refused = 0;     // series
};

// Reads requests of Prometheus remote write, one after the other; its memory is used again, so that
// no sample and no label costs an allocation. For one thread at a time.
class Decoder {
public:
    explicit Decoder(Limits limits = {}) : limits_(limits) {}

    // A body: a protobuf message in the block format of snappy. Bytes that are no such message end
    // it with InvalidArgument, a limit of the request with TooLarge; the visitor may have got
    // series that stand before, so what it makes of them is to be thrown away then. A series that
    // breaks a rule is left out, and those behind it are read: refusals() names them.
    Result<Counts> decode(ByteView body, Version version, Visitor& visitor);
    // Of the last request; at most errors_max.
    std::span<const Refusal> refusals() const { return room_.refusals; }

    // Of a message that is not packed.
    Result<Counts> decode_message(ByteView message, Version version, Visitor& visitor);

private:
    friend class RequestReader;

    // What is used again from request to request.
    struct Room {
        std::vector<LabelView> labels;
        std::vector<Sample> samples;
        std::vector<std::string_view> symbols;
        std::vector<Refusal> refusals;
    };

    Limits limits_;
    std::string unpacked_;
    Room room_;
};

}  // namespace gantry::remotewrite
