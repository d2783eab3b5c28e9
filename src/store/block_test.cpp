// SPDX-License-Identifier: Apache-2.0
#include "store/block.h"

#include "base/encoding.h"
#include "base/random.h"
#include "store/batch_record.h"
#include "store/plain_block.h"
#include "testing/testing.h"

namespace gantry::store {
namespace {

// Values that codecs trip over, beside random ones.
std::uint64_t telling_bits(SeededRandom& random) {
    constexpr std::array<std::uint64_t, 10> corners = {0,
                                                       1,
                                                       0x8000000000000000,
                                                       0x7ff0000000000000,
                                                       0xfff0000000000000,
                                                       0x7ff8000000000001,
                                                       0xfff8dead0000beef,
                                                       0x7fffffffffffffff,
                                                       0xffffffffffffffff,
                                                       0x000fffffffffffff};
    return random.chance(0.3) ? corners[random.below(corners.size())] : random.next();
}

TEST(Block, DecodesToTheSameBits) {
    SeededRandom random(11);
    codec::FloatScale scale;
    const auto plain = std::make_unique<PlainBlock>();
    for (int trial = 0; trial < 500; ++trial) {
        Columns rows;
        auto time = static_cast<Time>(random.next() >> 1);
        if (random.chance(0.2)) {
            time = time_min;
        }
        const std::size_t count = 1 + random.below(block_rows_max);
        const auto type = static_cast<ValueType>(1 + random.below(4));
        const auto tier = random.chance(0.5) ? codec::Tier::Hot : codec::Tier::Cold;
        const bool walks = random.chance(0.5);
        std::uint64_t at = telling_bits(random);
        for (std::size_t i = 0; i < count; ++i) {
            Row row{SeriesId{1}, time, type, 0, {}, Quality{0}};
            if (random.chance(0.1)) {
                row.quality = Quality{static_cast<std::uint32_t>(random.next())};
            }
            const std::string text(random.below(40), static_cast<char>(random.next()));
            if (random.chance(0.1)) {
                row.type = ValueType::Null;
            } else if (type == ValueType::Bool) {
                row.bits = random.below(2);
            } else if (type == ValueType::String) {
                row.text = text;
            } else {
                at += random.below(3) + random.below(3);
                row.bits = walks && !random.chance(0.02) ? at : telling_bits(random);
            }
            rows.add(row);
            time += static_cast<Time>(1 + random.below(trial % 3 == 0 ? 2'000'000'000 : 5));
        }
        Columns back;
        Bytes block;
        encode_block(rows.chunk({}), scale, block, tier);
        ASSERT_TRUE(decode_block(block, back));
        ASSERT_EQ(back.time, rows.time);
        ASSERT_FALSE(decode_plain_block(block, *plain) && !back.plain()) << "not all are good";
        for (std::size_t i = 0; i < rows.size(); ++i) {
            const Row got = back.chunk({}).row(i);
            const Row expected = rows.chunk({}).row(i);
            ASSERT_EQ(got.type, expected.type);
            ASSERT_EQ(got.quality, expected.quality);
            ASSERT_EQ(got.bits, expected.bits);
            ASSERT_EQ(got.text, expected.text);
        }
    }
}

TEST(Block, PlainOnesAreReadAsTheyAre) {
    SeededRandom random(12);
    const auto plain = std::make_unique<PlainBlock>();
    for (int trial = 0; trial < 300; ++trial) {
        codec::FloatScale scale;
        Columns rows;
        const auto type = std::array{ValueType::Bool, ValueType::Int64, ValueType::Float64,
                                     ValueType::String}[trial % 4];
        const std::size_t count = 1 + random.below(block_rows_max);
        const bool regular = random.chance(0.5);
        auto time = static_cast<Time>(random.below(1'000'000));
        for (std::size_t i = 0; i < count; ++i) {
            const std::uint64_t bits =
                type == ValueType::Bool ? random.below(2) : telling_bits(random);
            rows.add({SeriesId{1}, time, type, type == ValueType::String ? 0 : bits, {}, {}});
            time += regular ? 10 : static_cast<Time>(1 + random.below(20));
        }
        Bytes block;
        encode_block(rows.chunk({}), scale, block);
        ASSERT_EQ(decode_plain_block(block, *plain), type != ValueType::String);
        if (type == ValueType::String) {
            continue;
        }
        ASSERT_EQ(plain->rows, count);
        ASSERT_EQ(plain->type, type);
        for (std::size_t i = 0; i < count; ++i) {
            ASSERT_EQ(plain->time(i), rows.time[i]);
            ASSERT_EQ(plain->bits[i], rows.bits[i]);
        }
        for (int look = 0; look < 20; ++look) {
            const Time wanted = rows.time.front() - 5 +
                                static_cast<Time>(random.below(static_cast<std::uint64_t>(
                                    rows.time.back() - rows.time.front() + 10)));
            const auto at = std::ranges::lower_bound(rows.time, wanted) - rows.time.begin();
            ASSERT_EQ(plain->seek(wanted), static_cast<std::size_t>(at));
        }
    }
}

void expect_same(const SampleBatch& back, const SampleBatch& batch) {
    ASSERT_EQ(back.size(), batch.size());
    for (std::size_t i = 0; i < batch.size(); ++i) {
        const Row got = back.row(i);
        const Row expected = batch.row(i);
        ASSERT_EQ(got.series, expected.series);
        ASSERT_EQ(got.time, expected.time);
        ASSERT_EQ(got.type, expected.type);
        ASSERT_EQ(got.bits, expected.bits);
        ASSERT_EQ(got.text, expected.text);
        ASSERT_EQ(got.quality, expected.quality);
    }
}

TEST(BatchRecord, DecodesToTheSameRows) {
    SampleBatch batch;
    batch.add(SeriesId{1}, 5, quality::good, std::string("a"));
    batch.add(SeriesId{2}, time_min, quality::bad, std::monostate());
    batch.add(SeriesId{3}, time_max, quality::uncertain, std::string(300, 'z'));
    batch.add(SeriesId{4}, -1, quality::good, -0.0);
    SampleBatch back;
    Bytes payload;
    encode_batch(batch, payload);
    ASSERT_TRUE(decode_batch(batch_record, payload, back));
    expect_same(back, batch);
    for (std::size_t length = 0; length < payload.size(); ++length) {
        EXPECT_FALSE(decode_batch(batch_record, ByteView(payload).first(length), back)) << length;
    }
}

// Batches as devices, importers and nobody send them.
TEST(BatchRecord, OfAnyShapeDecodesToTheSameRows) {
    SeededRandom random(5);
    for (int trial = 0; trial < 300; ++trial) {
        SampleBatch batch;
        const auto series_many = 1 + random.below(trial % 5 == 0 ? UINT32_MAX : 50);
        const bool steady = random.chance(0.5);
        const bool small = random.chance(0.5);
        for (std::uint64_t n = random.below(3000); n > 0; --n) {
            const auto i = static_cast<std::uint32_t>(batch.size());
            const SeriesId series{steady ? i % static_cast<std::uint32_t>(series_many)
                                         : static_cast<std::uint32_t>(random.below(series_many))};
            const Time time =
                steady ? Time{1'000'000'000} * (i / 10)
                       : static_cast<Time>(small ? random.below(1 << 20) : random.next());
            switch (random.below(trial % 3 == 0 ? 5 : 1)) {
                case 0:
                    batch.add_int(
                        series, time, quality::good,
                        static_cast<std::int64_t>(small ? random.below(300) : random.next()));
                    break;
                case 1: batch.add_float(series, time, quality::uncertain, random.fraction()); break;
                case 2: batch.add_float(series, time, quality::good, 0.5); break;
                case 3: batch.add_null(series, time, quality::bad_timeout); break;
                default: batch.add_text(series, time, quality::good, "text"); break;
            }
        }
        Bytes payload;
        encode_batch(batch, payload);
        SampleBatch back;
        ASSERT_TRUE(decode_batch(batch_record, payload, back));
        ASSERT_NO_FATAL_FAILURE(expect_same(back, batch));
    }
}

TEST(BatchRecord, TakesFewBytesForWhatDevicesSend) {
    SampleBatch batch;
    for (std::uint32_t i = 0; i < 10'000; ++i) {
        batch.add_int(SeriesId{i}, 1'700'000'000'000'000'000, quality::good, i % 100);
    }
    Bytes payload;
    encode_batch(batch, payload);
    EXPECT_LT(payload.size(), 10'200U) << "a byte a row";
}

// Rows of a batch as version 1 of the journal's records had them.
TEST(BatchRecord, OfTheFirstKindIsRead) {
    const SampleBatch batch = [] {
        SampleBatch out;
        out.add_int(SeriesId{7}, -5, quality::good, 42);
        out.add_text(SeriesId{8}, 6, quality::bad, "ab");
        return out;
    }();
    const auto payload = from_hex("02000000"
                                  "02000000"
                                  "0700000008000000"
                                  "fbffffffffffffff0600000000000000"
                                  "2a000000000000000200000000000000"
                                  "0000000000000080"
                                  "0204"
                                  "6162");
    SampleBatch back;
    ASSERT_TRUE(decode_batch(plain_batch_record, *payload, back));
    expect_same(back, batch);
}

}  // namespace
}  // namespace gantry::store
