// SPDX-License-Identifier: Apache-2.0
#include <set>

#include "base/bytes.h"
#include "base/encoding.h"
#include "base/error_tables.h"
#include "base/ids.h"
#include "base/json_writer.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/secret.h"
#include "testing/testing.h"

namespace gantry {
namespace {

TEST(ErrorTables, HaveARowForEveryCode) {
    std::set<std::string_view> names;
    for (int i = 0; i < code_count; ++i) {
        const auto code = static_cast<Code>(i);
        EXPECT_TRUE(names.insert(code_name(code)).second);
        EXPECT_EQ(code_from_name(code_name(code)), code);
        EXPECT_GE(http_status(code), 400);
        EXPECT_GE(mqtt_reason(code), 0x80);
        EXPECT_EQ(sql_state(code).size(), 5U);
        EXPECT_GE(exit_code(code), 1);
        EXPECT_LE(exit_code(code), 5);
    }
    EXPECT_EQ(code_from_name("no such code"), std::nullopt);
}

// The check values of RFC 3720, appendix B.4.
TEST(Crc32c, HasThePublishedValues) {
    const Bytes zeros(32);
    const Bytes ones(32, std::byte{0xff});
    Bytes rising;
    for (unsigned i = 0; i < 32; ++i) {
        rising.push_back(static_cast<std::byte>(i));
    }
    EXPECT_EQ(crc32c(zeros), 0x8a9136aaU);
    EXPECT_EQ(crc32c(ones), 0x62a8ab43U);
    EXPECT_EQ(crc32c(rising), 0x46dd794eU);
    EXPECT_EQ(crc32c(as_bytes("123456789")), 0xe3069283U);
}

TEST(Crc32c, OfLongInputEqualsThatOfItsParts) {
    SeededRandom random(7);
    for (const std::size_t size : {3071UL, 3072UL, 3073UL, 10'000UL, 65'537UL}) {
        Bytes bytes(size);
        random.fill(bytes);
        std::uint32_t crc = 0;
        for (std::size_t at = 0; at < size;) {
            const std::size_t piece = std::min<std::size_t>(size - at, 1 + random.below(500));
            crc = crc32c(ByteView(bytes).subspan(at, piece), crc);
            at += piece;
        }
        EXPECT_EQ(crc32c(bytes), crc) << size;
    }
}

TEST(Bytes, VarintsComeBack) {
    Bytes out;
    ByteWriter writer(out);
    const std::vector<std::int64_t> values = {0, 1, -1, 63, 64, -64, 300, INT64_MAX, INT64_MIN};
    for (const std::int64_t value : values) {
        writer.put_signed_varint(value);
        writer.put_varint(static_cast<std::uint64_t>(value));
    }
    ByteReader reader(out);
    for (const std::int64_t value : values) {
        std::int64_t back = 0;
        std::uint64_t raw = 0;
        ASSERT_TRUE(reader.get_signed_varint(back));
        ASSERT_TRUE(reader.get_varint(raw));
        EXPECT_EQ(back, value);
        EXPECT_EQ(raw, static_cast<std::uint64_t>(value));
    }
    EXPECT_TRUE(reader.empty());
}

TEST(Bytes, ReadingPastTheEndIsRefused) {
    const Bytes three(3);
    std::uint32_t number = 0;
    ByteReader reader(three);
    EXPECT_FALSE(reader.get(number));
    const Bytes endless(11, std::byte{0x80});
    std::uint64_t value = 0;
    EXPECT_FALSE(ByteReader(endless).get_varint(value));
    std::vector<std::uint64_t> many;
    EXPECT_FALSE(reader.get_all(many, SIZE_MAX / 4));
}

// The vectors of RFC 4648, section 10, in the URL-safe form without padding.
TEST(Encoding, Base64UrlHasThePublishedForms) {
    const std::vector<std::pair<std::string, std::string>> vectors = {
        {"", ""},           {"f", "Zg"},          {"fo", "Zm8"},         {"foo", "Zm9v"},
        {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}};
    for (const auto& [plain, coded] : vectors) {
        EXPECT_EQ(to_base64url(as_bytes(plain)), coded);
        EXPECT_EQ(as_text(*from_base64url(coded)), plain);
    }
    EXPECT_FALSE(from_base64url("Zg=="));
    EXPECT_FALSE(from_base64url("Zh"));
    EXPECT_FALSE(from_base64url("Z"));
}

TEST(Encoding, Base64HasThePublishedForms) {
    const std::vector<std::pair<std::string, std::string>> vectors = {{"", ""},
                                                                      {"f", "Zg=="},
                                                                      {"fo", "Zm8="},
                                                                      {"foo", "Zm9v"},
                                                                      {"foob", "Zm9vYg=="},
                                                                      {"fooba", "Zm9vYmE="},
                                                                      {"foobar", "Zm9vYmFy"}};
    for (const auto& [plain, coded] : vectors) {
        EXPECT_EQ(as_text(*from_base64(coded)), plain);
    }
    EXPECT_EQ(as_text(*from_base64("++//")), "\xfb\xef\xff");
    for (const std::string_view wrong : {"Zg", "Zg=", "Z===", "-_-_", "Zm9v\n", "===="}) {
        EXPECT_FALSE(from_base64(wrong)) << wrong;
    }
}

TEST(Encoding, HexComesBack) {
    EXPECT_EQ(to_hex(as_bytes("\x01\xab")), "01ab");
    EXPECT_EQ(as_text(*from_hex("01AB")), "\x01\xab");
    EXPECT_FALSE(from_hex("abc"));
    EXPECT_FALSE(from_hex("zz"));
}

TEST(Encoding, Utf8IsToldFromWhatIsNot) {
    EXPECT_TRUE(is_utf8("plain"));
    EXPECT_TRUE(is_utf8("泵站 📈"));
    EXPECT_FALSE(is_utf8("\xc0\x80"));          // overlong
    EXPECT_FALSE(is_utf8("\xed\xa0\x80"));      // surrogate
    EXPECT_FALSE(is_utf8("\xf4\x90\x80\x80"));  // beyond U+10FFFF
    EXPECT_FALSE(is_utf8("\xe6\xb3"));          // cut short
    EXPECT_FALSE(is_utf8("\x80"));
}

TEST(Encoding, EditDistanceCountsASwapAsOne) {
    EXPECT_EQ(edit_distance("status", "status"), 0U);
    EXPECT_EQ(edit_distance("sattus", "status"), 1U);
    EXPECT_EQ(edit_distance("", "abc"), 3U);
    EXPECT_EQ(edit_distance("assets", "points"), 4U);
}

TEST(Ids, SortByTimeAndNeverRepeat) {
    FakeClock clock;
    SystemRandom random;
    std::string last;
    std::set<std::string> seen;
    for (int i = 0; i < 1000; ++i) {
        clock.advance(std::chrono::milliseconds(1));
        const std::string ulid = make_ulid(clock.now(), random);
        EXPECT_LT(last, ulid);
        EXPECT_TRUE(seen.insert(ulid).second);
        EXPECT_TRUE(has_id_form("ast_" + ulid, "ast"));
        last = ulid;
    }
    EXPECT_FALSE(has_id_form("ast_" + last, "pt"));
    EXPECT_FALSE(has_id_form("ast_short", "ast"));
}

// The first ten characters are the time, as in the ULID specification's own example.
TEST(Ids, UlidTimeIsThePublishedForm) {
    SystemRandom random;
    EXPECT_EQ(make_ulid(1'469'918'176'385 * 1'000'000, random).substr(0, 10), "01ARYZ6S41");
}

TEST(JsonWriter, SetsCommasAndEscapes) {
    std::string out;
    JsonWriter json(out);
    json.begin_object().field("a", 1).field("b", "x\"\n\x01").key("c").begin_array();
    json.value(true).null().value(1.5).value(0.1).big(INT64_MAX).end_array();
    json.field("bad", "\xff泵").end_object();
    EXPECT_EQ(out, "{\"a\":1,\"b\":\"x\\\"\\n\\u0001\",\"c\":[true,null,1.5,0.1,"
                   "\"9223372036854775807\"],\"bad\":\"\xef\xbf\xbd泵\"}");
}

TEST(Log, WritesOneJsonObjectALine) {
    FakeClock clock(0);
    MemoryOutput output;
    Log log(clock, output, Level::Info);
    log.info("store", "opened", {{"path", "/x"}, {"segments", 3}, {"clean", true}});
    log.debug("store", "not shown");
    EXPECT_EQ(output.text(),
              R"({"time":"1970-01-01T00:00:00Z","level":"info","module":"store","event":"opened",)"
              R"("path":"/x","segments":3,"clean":true})"
              "\n");
}

TEST(Metrics, AreRenderedAsPrometheusText) {
    Metrics metrics;
    metrics.counter("gantry_a_total", "As.", {{"kind", "x\"y"}}).add(3);
    metrics.counter("gantry_a_total", "As.", {{"kind", "x\"y"}}).add(1);
    metrics.gauge("gantry_b", "Bs.").set(-2);
    metrics.observe("gantry_c", "Cs.", [] { return 1.5; });
    metrics.latency("gantry_d_seconds", "Ds.").record(std::chrono::milliseconds(1));
    const std::string text = metrics.render();
    EXPECT_NE(text.find("# TYPE gantry_a_total counter\ngantry_a_total{kind=\"x\\\"y\"} 4\n"),
              std::string::npos);
    EXPECT_NE(text.find("gantry_b -2\n"), std::string::npos);
    EXPECT_NE(text.find("gantry_c 1.5\n"), std::string::npos);
    EXPECT_NE(text.find("gantry_d_seconds_bucket{le=\"+Inf\"} 1\n"), std::string::npos);
    EXPECT_NE(text.find("gantry_d_seconds_sum 0.001\n"), std::string::npos);
}

TEST(LatencyHistogram, QuantilesAreWithinABucket) {
    LatencyHistogram histogram;
    for (int i = 1; i <= 1000; ++i) {
        histogram.record(std::chrono::microseconds(i * 100));
    }
    EXPECT_NEAR(static_cast<double>(histogram.quantile(0.5).count()), 50e6, 10e6);
    EXPECT_NEAR(static_cast<double>(histogram.quantile(0.99).count()), 99e6, 20e6);
}

TEST(Secret, IsGoneWhenMovedFrom) {
    Secret first(std::string("hunter2-hunter2-hunter2-hunter2"));
    const Secret second = std::move(first);
    EXPECT_EQ(second.reveal(), "hunter2-hunter2-hunter2-hunter2");
    EXPECT_TRUE(first.empty());  // NOLINT(bugprone-use-after-move): that is what is tested
}

TEST(Random, BelowIsUniformAndSeedsRepeat) {
    SeededRandom random(42);
    SeededRandom twin(42);
    std::array<int, 10> hits{};
    for (int i = 0; i < 100'000; ++i) {
        const auto value = random.below(10);
        EXPECT_EQ(value, twin.below(10));
        ++hits[value];
    }
    for (const int count : hits) {
        EXPECT_NEAR(count, 10'000, 500);
    }
}

}  // namespace
}  // namespace gantry
