// SPDX-License-Identifier: Apache-2.0
#include "store/segment_index.h"

#include "codec/codec.h"
#include "store/aggregate_parts.h"
#include "store/block_statistics.h"

namespace gantry::store {

bool BlockEntry::take(ByteReader& in, Aggregate& out) const {
    out.rows = rows;
    out.begin = first;
    out.end = last;
    return take_statistics(in, out) && (in.empty() || has_roll_ups());
}

std::optional<Aggregate> BlockEntry::aggregate() const {
    Aggregate out;
    ByteReader in(statistics);
    return take(in, out) ? std::optional(out) : std::nullopt;
}

bool BlockEntry::has_roll_ups() const { return store::has_roll_ups(statistics); }

bool BlockEntry::roll_ups(RollUps& out) const {
    Aggregate all;
    ByteReader in(statistics);
    return has_roll_ups() && take(in, all) && take_roll_ups(in, all, out);
}

std::size_t BlockEntry::roll_up_bytes() const {
    Aggregate all;
    ByteReader in(statistics);
    return has_roll_ups() && take(in, all) ? in.rest().size() : 0;
}

bool BlockEntry::sound() const {
    RollUps all;
    return has_roll_ups() ? roll_ups(all) : statistics.empty() || aggregate().has_value();
}

IndexPage::IndexPage(std::vector<BlockEntry> of)
    : entries(std::move(of)), summaries(entries.size()), moments(entries.size()) {
    for (std::size_t i = 0; i < entries.size(); ++i) {
        const BlockEntry& entry = entries[i];
        BlockSummary& out = summaries[i];
        out.series = entry.series;
        out.rows = static_cast<std::uint16_t>(entry.rows);
        out.first = entry.first;
        out.last = entry.last;
        const auto all = entry.aggregate();
        out.whole = all && all->numeric && is_whole(*all);
        if (out.whole) {
            out.min = all->min;
            out.max = all->max;
            out.sum = all->sum;
            out.first_value = all->first;
            out.last_value = all->last;
            moments[i] = {all->square_sum, all->integral};
        }
    }
    (void)add_blocks(total, summaries);
}

std::uint64_t IndexPage::bytes() const {
    return sizeof(*this) + entries.capacity() * sizeof(BlockEntry) +
           summaries.capacity() * sizeof(BlockSummary) + moments.capacity() * sizeof(BlockMoments);
}

Bytes encode_statistics(const Chunk& rows, std::int64_t roll_up_rows_min) {
    Bytes out;
    if (const auto all = block_aggregate(rows)) {
        const auto parts = block_roll_ups(rows, roll_up_rows_min);
        put_statistics(*all, parts.has_value(), out);
        if (parts) {
            put_roll_ups(*all, *parts, out);
        }
    }
    return out;
}

void encode_page(std::span<const NewEntry> entries, Bytes& out) {
    ByteWriter writer(out);
    BlockEntry before;
    std::uint64_t span_before = 0;
    for (const auto& [entry, statistics] : entries) {
        const std::uint64_t span =
            static_cast<std::uint64_t>(entry.last) - static_cast<std::uint64_t>(entry.first);
        writer.put_varint(entry.series - before.series);
        writer.put_varint(entry.rows);
        writer.put_varint(entry.bytes);
        writer.put_signed_varint(static_cast<std::int64_t>(
            static_cast<std::uint64_t>(entry.first) - static_cast<std::uint64_t>(before.first)));
        writer.put_signed_varint(static_cast<std::int64_t>(span - span_before));
        writer.put_varint(statistics.size());
        writer.put_bytes(statistics);
        before = entry;
        span_before = span;
    }
}

bool decode_page(ByteView page, std::uint64_t offset, std::size_t entries,
                 std::vector<BlockEntry>& out) {
    ByteReader in(page);
    if (entries > page_entries_max) {
        return false;
    }
    out.resize(entries);
    std::uint64_t series = 0;
    std::uint64_t first = 0;
    std::uint64_t span = 0;
    for (std::size_t i = 0; i < entries; ++i) {
        std::uint64_t step = 0;
        std::uint64_t rows = 0;
        std::uint64_t bytes = 0;
        std::int64_t first_change = 0;
        std::int64_t span_change = 0;
        std::uint64_t statistics = 0;
        BlockEntry& entry = out[i];
        if (!in.get_varint(step) || !in.get_varint(rows) || !in.get_varint(bytes) ||
            !in.get_signed_varint(first_change) || !in.get_signed_varint(span_change) ||
            !in.get_varint(statistics) || !in.get_bytes(statistics, entry.statistics)) {
            return false;
        }
        series += step;
        first += static_cast<std::uint64_t>(first_change);
        span += static_cast<std::uint64_t>(span_change);
        if (series > UINT32_MAX || rows == 0 || rows > codec::values_max || bytes > UINT32_MAX) {
            return false;
        }
        entry.series = static_cast<std::uint32_t>(series);
        entry.rows = static_cast<std::uint32_t>(rows);
        entry.offset = offset;
        entry.bytes = static_cast<std::uint32_t>(bytes);
        entry.first = static_cast<Time>(first);
        entry.last = static_cast<Time>(first + span);
        if (entry.last < entry.first ||
            (i > 0 && out[i - 1].series == entry.series && out[i - 1].last >= entry.first)) {
            return false;
        }
        offset += aligned(bytes);
    }
    return in.empty();
}

}  // namespace gantry::store
