// SPDX-License-Identifier: Apache-2.0
#include "store/block.h"

#include "base/random.h"
#include "store/batch_record.h"
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
    for (int trial = 0; trial < 500; ++trial) {
        Columns rows;
        auto time = static_cast<Time>(random.next() >> 1);
        if (random.chance(0.2)) {
            time = time_min;
        }
        const std::size_t count = 1 + random.below(block_rows_max);
        const auto type = static_cast<ValueType>(1 + random.below(4));
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
                row.bits = telling_bits(random);
            }
            rows.add(row);
            time += static_cast<Time>(1 + random.below(trial % 3 == 0 ? 2'000'000'000 : 5));
        }
        Columns back;
        Bytes block;
        encode_block(rows, 0, rows.size(), scale, block);
        ASSERT_TRUE(decode_block(block, back));
        ASSERT_EQ(back.time, rows.time);
        ASSERT_EQ(back.type, rows.type);
        ASSERT_EQ(back.quality, rows.quality);
        for (std::size_t i = 0; i < rows.size(); ++i) {
            ASSERT_EQ(back.row({}, i).bits, rows.row({}, i).bits);
            ASSERT_EQ(back.row({}, i).text, rows.row({}, i).text);
        }
    }
}

TEST(BatchRecord, DecodesToTheSameRows) {
    SampleBatch batch;
    batch.add(SeriesId{1}, 5, quality::good, std::string("a"));
    batch.add(SeriesId{2}, time_min, quality::bad, std::monostate());
    batch.add(SeriesId{3}, time_max, quality::uncertain, std::string(300, 'z'));
    batch.add(SeriesId{4}, -1, quality::good, -0.0);
    SampleBatch back;
    const Bytes payload = encode_batch(batch);
    ASSERT_TRUE(decode_batch(payload, back));
    ASSERT_EQ(back.size(), batch.size());
    for (std::size_t i = 0; i < batch.size(); ++i) {
        EXPECT_EQ(back.row(i).value(), batch.row(i).value());
        EXPECT_EQ(back.row(i).time, batch.row(i).time);
    }
    for (std::size_t length = 0; length < payload.size(); ++length) {
        EXPECT_FALSE(decode_batch(ByteView(payload).first(length), back)) << length;
    }
}

}  // namespace
}  // namespace gantry::store
