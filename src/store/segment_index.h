// SPDX-License-Identifier: Apache-2.0
// The index of a segment: pages of entries, one a block (docs/formats/segment.md).
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "store/roll_ups.h"

namespace gantry::store {

// Where a block of one series lies in a segment, and what its rows come to. Good as long as the
// segment is.
struct BlockEntry {
    std::uint32_t series = 0;
    std::uint32_t rows = 0;
    std::uint64_t offset = 0;
    std::uint32_t bytes = 0;  // header and payload
    Time first = 0;           // times of the first and last row
    Time last = 0;
    ByteView statistics;  // as they stand in the page; empty when they are not known

    // Of the rows that are not bad; nothing if it is not known.
    std::optional<Aggregate> aggregate() const;
    // The same by the minute or the hour. False if there are none, or they are damaged.
    [[nodiscard]] bool roll_ups(RollUps& out) const;
    bool has_roll_ups() const;
    std::size_t roll_up_bytes() const;  // of the statistics
    // Whether the statistics can be read, if there are any.
    bool sound() const;

private:
    bool take(ByteReader& in, Aggregate& out) const;
};

// What most blocks come to, in one cache line: every row is usable and good, and all are numbers.
// Of the others there are the first four fields only; what they come to the entry says.
struct alignas(64) BlockSummary {
    std::uint32_t series = 0;
    std::uint16_t rows = 0;
    bool whole = false;
    Time first = 0;  // times of the first and last row
    Time last = 0;
    double min = 0;
    double max = 0;
    double sum = 0;
    double first_value = 0;
    double last_value = 0;
};
static_assert(sizeof(BlockSummary) == 64);

// The rest of it, which fewer ask for.
struct BlockMoments {
    double square_sum = 0;
    double integral = 0;
};

// A page as readers want it: the entries, and beside each what its block comes to.
struct IndexPage {
    explicit IndexPage(std::vector<BlockEntry> of);
    std::uint64_t bytes() const;

    std::vector<BlockEntry> entries;
    std::vector<BlockSummary> summaries;
    std::vector<BlockMoments> moments;
    Aggregate total;  // of all, if each is whole, without square sum and integral; else no rows
};

// An entry to be written.
struct NewEntry {
    BlockEntry block;  // whose statistics are not looked at
    Bytes statistics;
};

// What the rows of a block come to, with block_roll_ups(); empty if it is not known.
Bytes encode_statistics(const Chunk& rows, std::int64_t roll_up_rows_min);

// Blocks lie one behind another at multiples of this.
inline constexpr std::size_t block_alignment = 4;
inline constexpr std::size_t page_entries_max = 128;

inline constexpr std::uint64_t aligned(std::uint64_t offset) {
    return (offset + block_alignment - 1) / block_alignment * block_alignment;
}

// Entries of blocks that lie one behind another, sorted by series and time, as the bytes of a page.
void encode_page(std::span<const NewEntry> entries, Bytes& out);
// False if the bytes are not a page whose first block lies at `offset`.
[[nodiscard]] bool decode_page(ByteView page, std::uint64_t offset, std::size_t entries,
                               std::vector<BlockEntry>& out);

}  // namespace gantry::store
