// SPDX-License-Identifier: Apache-2.0
// Bytes that are no Arrow stream, or not quite.
#include <zstd.h>

#include <functional>

#include "arrow/detail/flat_writer.h"
#include "arrow/detail/metadata.h"
#include "arrow/source.h"
#include "arrow/testing.h"
#include "testing/testing.h"

namespace gantry::arrow {
namespace {

using gantry::arrow::testing::Outcome;
using gantry::arrow::testing::read;
using gantry::arrow::testing::StreamMaker;

StreamMaker sample_table() {
    StreamMaker maker;
    maker.dictionary("point", {"a.f", "b.f"}, {0, 1, 0}, {true, true, false})
        .column<Time>("time", time_type, {1, 2, 3})
        .column<double>("value", float64_type, {1, 2, 3}, {true, false, true})
        .texts("quality", {"good", "bad", "good"});
    return maker;
}

TEST(Stream, EveryPrefixIsReadOrRefusedWithAReason) {
    const std::string stream = sample_table().stream(2);
    std::size_t whole = 0;
    for (std::size_t size = 0; size <= stream.size(); ++size) {
        const std::string prefix = stream.substr(0, size);
        const Outcome outcome = read(prefix);
        if (outcome.error) {
            EXPECT_FALSE(outcome.error->message.empty());
        } else {
            ++whole;
        }
    }
    // Where a message ends, and, in the stream's last eight bytes, where the end's length stands.
    EXPECT_EQ(whole, 5U);
    EXPECT_EQ(read(stream).rows.size(), 4U);
}

TEST(Stream, EveryChangedByteOfTheMetadataIsReadOrRefused) {
    const std::string stream = sample_table().stream();
    for (std::size_t at = 0; at < stream.size(); ++at) {
        for (const unsigned char mask : {0x01, 0x80, 0xff}) {
            std::string changed = stream;
            changed[at] = static_cast<char>(static_cast<unsigned char>(changed[at]) ^ mask);
            const Outcome outcome = read(changed);
            EXPECT_TRUE(!outcome.error || !outcome.error->message.empty());
        }
    }
}

TEST(Stream, WhatIsNoStreamIsCalledThat) {
    EXPECT_EQ(read("").error->message, "the stream does not begin with a schema");
    EXPECT_EQ(read("ARROW1\0\0 and so on").error->message,
              "this is the file form of Arrow IPC (Feather): send the stream form");
    EXPECT_EQ(read(R"({"samples": []})").error->code, Code::InvalidArgument);
}

// One record batch of the fields; `change` may spoil its table of nodes and places.
struct Spoiled {
    std::vector<std::array<std::int64_t, 2>> nodes;
    std::vector<std::array<std::int64_t, 2>> places;
    std::string body;
    std::int64_t rows = 3;
    int codec = -1;
};

std::string batch_of(const Spoiled& parts) {
    FlatWriter flat;
    const auto message = flat.table({2, 1, 4, 8});
    flat.root(message);
    flat.set(message.field[slot::message::version], version_5);
    flat.set(message.field[slot::message::header_type],
             static_cast<std::uint8_t>(Header::RecordBatch));
    flat.set(message.field[slot::message::body_length],
             static_cast<std::int64_t>(parts.body.size()));
    const auto header = flat.table({8, 4, 4, parts.codec < 0 ? 0U : 4U});
    flat.refer(message.field[slot::message::header], header.at);
    flat.set(header.field[slot::record_batch::length], parts.rows);
    for (const auto& [field, items] : {std::pair(slot::record_batch::nodes, parts.nodes),
                                       std::pair(slot::record_batch::buffers, parts.places)}) {
        std::size_t at = flat.vector_of(header.field[field], items.size(), 16, 8);
        for (const auto& [first, second] : items) {
            flat.set(at, first);
            flat.set(at + 8, second);
            at += 16;
        }
    }
    if (parts.codec >= 0) {
        const auto compression = flat.table({1, 1});
        flat.refer(header.field[slot::record_batch::compression], compression.at);
        flat.set(compression.field[slot::codec], static_cast<std::int8_t>(parts.codec));
    }
    std::string out;
    const std::array<std::uint32_t, 2> prefix = {continuation,
                                                 static_cast<std::uint32_t>(flat.bytes().size())};
    out += as_text(std::as_bytes(std::span(prefix)));
    out += as_text(flat.bytes());
    return out + parts.body;
}

// A wide table: a time and one number.
std::string table_of(const Spoiled& parts) {
    std::string out;
    write_schema(out, {{{"time", time_type, std::nullopt}, {"a.f", float64_type, std::nullopt}}});
    return out + batch_of(parts);
}

const Spoiled sound = {.nodes = {{3, 0}, {3, 0}},
                       .places = {{0, 0}, {0, 24}, {24, 0}, {24, 24}},
                       .body = std::string(48, '\0')};

TEST(Stream, NodesAndBuffersMustFitTheBody) {
    EXPECT_EQ(read(table_of(sound)).rows.size(), 3U);
    const auto refusal = [](const std::function<void(Spoiled&)>& change) {
        Spoiled parts = sound;
        change(parts);
        const Outcome outcome = read(table_of(parts));
        return outcome.error ? outcome.error->message : "none";
    };
    EXPECT_EQ(refusal([](Spoiled& parts) { parts.places[3] = {16, 24}; }),
              "record batch 0: column 'a.f': its buffer of 24 bytes at 16 overlaps another or lies "
              "outside of the body, which has 48 bytes");
    for (const std::array<std::int64_t, 2> place : {std::array<std::int64_t, 2>{-8, 24},
                                                    {24, 25},
                                                    {24, INT64_MAX},
                                                    {INT64_MAX, 24},
                                                    {24, -24},
                                                    {INT64_MIN, INT64_MIN}}) {
        EXPECT_TRUE(
            refusal([&](Spoiled& parts) { parts.places[3] = place; }).ends_with("48 bytes"));
    }
    EXPECT_EQ(refusal([](Spoiled& parts) { parts.places[3] = {24, 16}; }),
              "record batch 0: column 'a.f': its values buffer has 16 bytes, and its rows take 24");
    EXPECT_EQ(refusal([](Spoiled& parts) { parts.places.pop_back(); }),
              "record batch 0: column 'a.f': the record batch has no buffer for it");
    EXPECT_EQ(refusal([](Spoiled& parts) { parts.nodes.pop_back(); }),
              "record batch 0: column 'a.f': the record batch has no node for it");
    EXPECT_EQ(refusal([](Spoiled& parts) { parts.nodes[1] = {3, 1}; }),
              "record batch 0: column 'a.f': its validity buffer has 0 bytes, and its rows take 1");
    EXPECT_EQ(
        refusal([](Spoiled& parts) { parts.nodes[1] = {2, 0}; }),
        "record batch 0: column 'a.f': it has 2 rows, 0 of them null, in a record batch of 3");
    EXPECT_NE(refusal([](Spoiled& parts) {
                  parts.rows = INT64_MAX;
                  parts.nodes = {{INT64_MAX, 0}, {INT64_MAX, 0}};
              }),
              "none");
    EXPECT_NE(refusal([](Spoiled& parts) { parts.rows = -1; }), "none");
}

// Buffers as they are when a body is compressed: a length, then a frame.
std::string packed(const std::string& bytes, std::int64_t says) {
    std::string frame(ZSTD_compressBound(bytes.size()), '\0');
    frame.resize(ZSTD_compress(frame.data(), frame.size(), bytes.data(), bytes.size(), 1));
    return std::string(as_text(std::as_bytes(std::span(&says, 1)))) + frame;
}

Spoiled compressed(const std::string& buffer, int codec = 1) {
    Spoiled out = sound;
    const auto size = static_cast<std::int64_t>(buffer.size());
    out.codec = codec;
    out.body = buffer + buffer;
    out.places = {{0, 0}, {0, size}, {size, 0}, {size, size}};
    return out;
}

TEST(Stream, CompressedBodiesMustBeWhatTheySay) {
    const std::string bytes(24, '\1');
    EXPECT_EQ(read(table_of(compressed(packed(bytes, 24)))).rows.size(), 3U);
    const std::string stored = std::string(8, '\xff') + bytes;
    EXPECT_EQ(read(table_of(compressed(stored))).rows.size(), 3U) << "left as it was";
    for (const std::int64_t says : {23, 25, 1'000'000, -2}) {
        const Outcome outcome = read(table_of(compressed(packed(bytes, says))));
        ASSERT_TRUE(outcome.error) << says;
        EXPECT_EQ(outcome.error->code, Code::InvalidArgument);
    }
    EXPECT_EQ(read(table_of(compressed(packed(bytes, 24), 0))).error->code, Code::InvalidArgument)
        << "zstd is no LZ4";
    EXPECT_EQ(read(table_of(compressed(packed(bytes, 24), 7))).error->code, Code::Unsupported);
    EXPECT_EQ(read(table_of(compressed(packed(bytes, INT64_MAX)))).error->code, Code::TooLarge);
    EXPECT_EQ(read(table_of(compressed("short"))).error->code, Code::InvalidArgument);
}

TEST(Stream, ADictionaryStandsBeforeItsColumn) {
    const StreamMaker maker = sample_table();
    std::string stream = maker.stream();
    std::string schema;
    write_schema(schema, maker.schema());
    std::string dictionary;
    write_dictionary(dictionary, 0, std::vector<std::string>{"a.f", "b.f"});
    const std::string without = schema + stream.substr(schema.size() + dictionary.size());
    EXPECT_EQ(read(without).error->message,
              "record batch 0: column 'point': its dictionary does not stand before it");
    std::string unknown;
    write_dictionary(unknown, 77, std::vector<std::string>{"a.f"});
    EXPECT_EQ(read(schema + unknown).error->message, "message 1: no column uses dictionary 77");
    std::string shorter;
    write_dictionary(shorter, 0, std::vector<std::string>{"a.f"});
    EXPECT_EQ(
        read(schema + shorter + stream.substr(schema.size() + dictionary.size())).error->message,
        "record batch 0: column 'point', row 1: the text lies outside of its buffer or "
        "dictionary");
}

TEST(Stream, TextsMustLieWithinTheirBuffer) {
    std::string out;
    write_schema(out, {{{"time", time_type, std::nullopt}, {"a.s", text_type, std::nullopt}}});
    const std::vector<Time> times = {1, 2};
    const std::string text = "abcdef";
    for (const std::array<std::int32_t, 3> offsets :
         {std::array<std::int32_t, 3>{0, 3, 7}, {0, -1, 6}, {-2, 3, 6}, {0, 4, 3}}) {
        std::string stream = out;
        const std::vector<ColumnData> columns = {
            {.validity = {}, .nulls = 0, .values = std::as_bytes(std::span(times))},
            {.validity = {},
             .nulls = 0,
             .values = std::as_bytes(std::span(offsets)),
             .text = as_bytes(text)}};
        write_record_batch(stream,
                           {{{"time", time_type, std::nullopt}, {"a.s", text_type, std::nullopt}}},
                           2, columns);
        const Outcome outcome = read(stream);
        ASSERT_TRUE(outcome.error);
        EXPECT_TRUE(outcome.error->message.ends_with("lies outside of its buffer or dictionary"));
    }
}

TEST(Schema, WhatIsWrittenIsReadBack) {
    const StreamMaker maker = sample_table();
    std::string out;
    write_schema(out, maker.schema());
    RecordBatchSource source(as_bytes(out));
    gantry::testing::must(source.open());
    EXPECT_EQ(source.schema(), maker.schema());
}

}  // namespace
}  // namespace gantry::arrow
