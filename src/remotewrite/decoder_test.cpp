// SPDX-License-Identifier: Apache-2.0
#include "remotewrite/decoder.h"

#include <algorithm>

#include "remotewrite/testing.h"
#include "testing/testing.h"

namespace gantry::remotewrite {
namespace {

using gantry::testing::failure;
using gantry::testing::must;
using testing::put_bytes;
using testing::put_varint;

class DecoderTest : public ::testing::Test {
public:
    Result<Counts> decode(std::string_view body, Version version = Version::V1) {
        recorder.lines.clear();
        return decoder.decode(as_bytes(testing::packed(body)), version, recorder);
    }
    std::string add(const std::vector<LabelView>& labels, const std::vector<Sample>& samples) {
        put_bytes(message, 1, testing::series(labels, samples));
        return message;
    }

    Decoder decoder;
    testing::Recorder recorder;
    std::string message;
};

TEST_F(DecoderTest, ReadsSeriesWithTheirSamples) {
    add({{"__name__", "up"}, {"job", "a"}}, {{1000, 1}, {2000, 0.5}});
    add({{"__name__", "down"}}, {{-5, -1e300}});
    const Counts counts = must(decode(message));
    EXPECT_EQ(recorder.lines, (std::vector<std::string>{"__name__=up job=a 1@1000 0.5@2000 ",
                                                        "__name__=down -1e+300@-5 "}));
    EXPECT_EQ(counts.series, 2U);
    EXPECT_EQ(counts.samples, 3U);
}

TEST_F(DecoderTest, KeepsStaleMarkersBitByBit) {
    constexpr std::uint64_t stale = 0x7ff0000000000002;
    add({{"__name__", "up"}}, {{1000, std::bit_cast<double>(stale)}});
    must(decode(message));
    EXPECT_EQ(recorder.last_bits, stale);
}

TEST_F(DecoderTest, SortsLabelsAndDropsEmptyOnes) {
    add({{"b", "2"}, {"empty", ""}, {"__name__", "m"}, {"a", "1"}}, {{1, 1}});
    must(decode(message));
    EXPECT_EQ(recorder.lines, std::vector<std::string>{"__name__=m a=1 b=2 1@1 "});
}

TEST_F(DecoderTest, LeavesOutSeriesThatBreakARule) {
    add({{"__name__", "good"}}, {{1, 1}});
    add({{"a", "1"}}, {{1, 1}});
    add({{"__name__", "m"}, {"a", "1"}, {"a", "2"}}, {{1, 1}});
    add({{"__name__", "m"}, {"", "1"}}, {{1, 1}});
    add({{"__name__", "m"}, {"a", "\xff"}}, {{1, 1}});
    add({{"__name__", "m"}, {std::string(2000, 'x'), "1"}}, {{1, 1}});
    add({{"__name__", "m"}, {"a", std::string(5000, 'x')}}, {{1, 1}});
    add({{"__name__", "m"}}, {{1, 1}, {INT64_MAX, 1}});
    std::vector<std::string> names(100);
    std::vector<LabelView> many = {{"__name__", "m"}};
    for (std::size_t i = 0; i < names.size(); ++i) {
        names[i] = "l" + std::to_string(i);
        many.push_back({names[i], "1"});
    }
    add(many, {{1, 1}});
    add({{"__name__", "good too"}}, {{1, 1}});
    const Counts counts = must(decode(message));
    EXPECT_EQ(recorder.lines,
              (std::vector<std::string>{"__name__=good 1@1 ", "__name__=good too 1@1 "}));
    EXPECT_EQ(counts.refused, 8U);
    std::vector<std::string> told;
    for (const Refusal& refusal : decoder.refusals()) {
        told.push_back(refusal.error.message);
    }
    EXPECT_EQ(told[0], "series 1 of the request: it has no label __name__");
    EXPECT_EQ(told[1], "series 2 of the request: the label 'a' is there twice");
    EXPECT_EQ(told[2], "series 3 of the request: a label has no name");
    EXPECT_EQ(told[3], "series 4 of the request: the label 'a' is not UTF-8");
    EXPECT_TRUE(told[4].contains("is longer than 1024 bytes"));
    EXPECT_TRUE(told[5].contains("is longer than 4096 bytes"));
    EXPECT_TRUE(told[6].contains("before 1677 or after 2262"));
    EXPECT_EQ(told[7], "series 8 of the request: it has 101 labels: at most 64 are taken");
}

TEST_F(DecoderTest, CountsWhatItDoesNotTake) {
    std::string series = testing::series({{"__name__", "m"}}, {});
    put_bytes(series, 3, "");
    put_bytes(series, 4, "");
    put_bytes(message, 1, series);
    put_bytes(message, 77, "unknown fields are passed over");
    const Counts counts = must(decode(message));
    EXPECT_TRUE(recorder.lines.empty());
    EXPECT_EQ(counts.exemplars, 1U);
    EXPECT_EQ(counts.histograms, 1U);
    EXPECT_EQ(counts.refused, 0U);
}

TEST_F(DecoderTest, ReadsMetadata) {
    std::string metadata = "\x08\x01";
    put_bytes(metadata, 2, "requests_total");
    put_bytes(metadata, 4, "All of them.");
    put_bytes(metadata, 5, "requests");
    put_bytes(message, 3, metadata);
    must(decode(message));
    EXPECT_EQ(recorder.lines,
              std::vector<std::string>{"# requests_total counter All of them. requests"});
}

std::string second_version(std::string_view series) {
    std::string message;
    for (const std::string_view symbol : {"", "__name__", "up", "job", "a", "Help.", "seconds"}) {
        put_bytes(message, 4, symbol);
    }
    put_bytes(message, 5, series);
    return message;
}

TEST_F(DecoderTest, ReadsTheSecondVersion) {
    std::string series;
    put_bytes(series, 1, std::string_view("\x01\x02\x03\x04", 4));
    put_bytes(series, 2, testing::sample(1.5, 1000));
    put_bytes(series, 5, std::string_view("\x08\x02\x18\x05\x20\x06", 6));
    must(decode(second_version(series), Version::V2));
    EXPECT_EQ(recorder.lines, (std::vector<std::string>{"# up gauge Help. seconds",
                                                        "__name__=up job=a 1.5@1000 "}));
    // Symbols that are not there, and a name without a value.
    std::string wrong;
    put_bytes(wrong, 1, std::string_view("\x01\x09", 2));
    EXPECT_EQ(failure(decode(second_version(wrong), Version::V2)), Code::InvalidArgument);
    std::string odd;
    put_bytes(odd, 1, std::string_view("\x01\x02\x03", 3));
    EXPECT_EQ(failure(decode(second_version(odd), Version::V2)), Code::InvalidArgument);
}

TEST_F(DecoderTest, EveryCutIsAnErrorOrLess) {
    add({{"__name__", "up"}, {"job", "a"}}, {{1000, 1}, {2000, 0.5}});
    const std::size_t first = message.size();
    add({{"__name__", "down"}}, {{5, 1}});
    for (std::size_t cut = 0; cut < message.size(); ++cut) {
        const auto counts = decode(message.substr(0, cut));
        EXPECT_EQ(counts.has_value(), cut == 0 || cut == first) << cut;
        if (!counts) {
            EXPECT_EQ(counts.error().code, Code::InvalidArgument);
            EXPECT_TRUE(counts.error().message.contains("of the unpacked message, series"));
        }
    }
    const std::string body = testing::packed(message);
    for (std::size_t cut = 0; cut < body.size(); ++cut) {
        EXPECT_EQ(failure(decoder.decode(as_bytes(std::string_view(body).substr(0, cut)),
                                         Version::V1, recorder)),
                  Code::InvalidArgument);
    }
}

TEST_F(DecoderTest, LimitsOfARequest) {
    add({{"__name__", "a"}}, {{1, 1}, {2, 2}});
    add({{"__name__", "b"}}, {{1, 1}, {2, 2}});
    const std::string body = testing::packed(message);
    const auto code = [&](Limits limits) {
        return failure(Decoder(limits).decode(as_bytes(body), Version::V1, recorder));
    };
    EXPECT_EQ(code({.packed_bytes_max = body.size() - 1}), Code::TooLarge);
    EXPECT_EQ(code({.bytes_max = message.size() - 1}), Code::TooLarge);
    EXPECT_EQ(code({.series_max = 1}), Code::TooLarge);
    EXPECT_EQ(code({.samples_max = 3}), Code::TooLarge);
    must(Decoder({.packed_bytes_max = body.size(),
                  .bytes_max = message.size(),
                  .series_max = 2,
                  .samples_max = 4})
             .decode(as_bytes(body), Version::V1, recorder));
    // A few bytes that promise much are refused before memory is taken.
    std::string bomb;
    put_varint(bomb, std::uint64_t{1} << 31);
    EXPECT_EQ(failure(decoder.decode(as_bytes(bomb), Version::V1, recorder)), Code::TooLarge);
}

TEST_F(DecoderTest, AVisitorCanEndIt) {
    add({{"__name__", "a"}}, {{1, 1}});
    add({{"__name__", "b"}}, {{1, 1}});
    recorder.failing = true;
    EXPECT_EQ(failure(decode(message)), Code::StorageFull);
    EXPECT_EQ(recorder.lines.size(), 1U);
}

TEST(ContentType, SaysTheVersion) {
    EXPECT_EQ(must(parse_content_type("application/x-protobuf")), Version::V1);
    EXPECT_EQ(must(parse_content_type("application/x-protobuf;proto=prometheus.WriteRequest")),
              Version::V1);
    EXPECT_EQ(
        must(parse_content_type("Application/X-Protobuf; proto=io.prometheus.write.v2.Request")),
        Version::V2);
    EXPECT_EQ(failure(parse_content_type("application/json")), Code::Unsupported);
    EXPECT_EQ(failure(parse_content_type("application/x-protobuf;proto=other")), Code::Unsupported);
}

}  // namespace
}  // namespace gantry::remotewrite
