// SPDX-License-Identifier: Apache-2.0
#include "store/replay.h"

#include <algorithm>
#include <bit>
#include <thread>
#include <tuple>

namespace gantry::store {
namespace {

// A time and a value. Rows of steady series take half of it.
constexpr std::uint64_t row_bytes = 16;

// The more is gathered the more rows of a series come together.
constexpr std::uint64_t gathered_bytes_most = std::uint64_t{256} << 20;
// So many keep threads busy for long enough to be worth their start.
constexpr std::uint64_t shared_rows_min = 32 * 1024;

// Series of a block, as bits of their number: what memory has of them stays in a near cache.
constexpr unsigned block_bits_most = 12;

std::pair<std::uint32_t, std::uint32_t> ends(std::span<const SeriesId> series) {
    std::uint32_t least = UINT32_MAX;
    std::uint32_t most = 0;
    for (const SeriesId id : series) {
        least = std::min(least, id.value);
        most = std::max(most, id.value);
    }
    return {least, most};
}

}  // namespace

Replay::Replay(State& state, Lsn flushed, std::function<void()> freeze,
               std::function<Result<>()> write)
    : state_(state),
      flushed_(flushed),
      freeze_(std::move(freeze)),
      write_(std::move(write)),
      gathered_bytes_max_(std::min(gathered_bytes_most,
                                   static_cast<std::uint64_t>(state.options.memtable_bytes) / 4)) {}

std::unexpected<Error> Replay::unreadable(Lsn lsn) {
    return fail(Code::Corrupt,
                "journal record {} has a good checksum and cannot be read: was it written by a "
                "newer program?",
                lsn);
}

Result<> Replay::take(const journal::Record& record) {
    if (record.lsn <= flushed_) {
        return {};
    }
    if (record.type == erase_record) {
        return erase(record);
    }
    BatchReader rows;
    if (!rows.open(record.type, record.payload)) {
        return unreadable(record.lsn);
    }
    gathered_rows_ += rows.rows();
    gathered_bytes_ += sizeof(Group) + rows.rows() * row_bytes + rows.texts().size();
    gathered_.push_back({record.lsn, rows});
    return gathered_bytes_ < gathered_bytes_max_ ? Result<>{} : add_gathered();
}

Result<> Replay::erase(const journal::Record& record) {
    Erase erase;
    if (!decode_erase(record.payload, erase)) {
        return unreadable(record.lsn);
    }
    TRY(add_gathered());
    state_.active->erase(erase.series, erase.range, record.lsn);
    erased_.push_back({erase.series, erase.range, record.lsn});
    return make_room();
}

void Replay::note_newest(Time newest) {
    for (Time known = state_.newest; known < newest;) {
        state_.newest.compare_exchange_weak(known, newest);
    }
}

unsigned Replay::threads() const {
    // A power of two, so that what belongs to which is a mask.
    const unsigned many = std::clamp(std::thread::hardware_concurrency(), 1U, Memtable::lane_count);
    return gathered_rows_ < shared_rows_min ? 1 : std::bit_floor(many);
}

void Replay::by_all_threads(unsigned threads, const std::function<void(unsigned lane)>& work) {
    std::vector<std::future<void>> others;
    for (unsigned lane = 1; lane < threads; ++lane) {
        others.push_back(std::async(std::launch::async, work, lane));
    }
    work(0);
    std::ranges::for_each(others, &std::future<void>::get);
}

// Finds out which groups have rows of which block. False if that is no help: where most groups have
// rows of many blocks, each would be read many times.
bool Replay::arrange(unsigned bits, std::vector<Group>& groups, Blocks& blocks) {
    if (gathered_rows_ < gathered_.size() * group_rows / 4) {
        return false;
    }
    const auto room = std::make_unique<BatchReader::Room>();
    const std::size_t most_visits = 2 * (gathered_rows_ / group_rows + gathered_.size());
    std::size_t visits = 0;
    for (const Gathered& record : gathered_) {
        Group group{record.lsn, record.rows, 0, 0};
        BatchReader reader = record.rows;
        std::span<const SeriesId> series;
        while (reader.skip(*room, series) && !series.empty()) {
            std::tie(group.least, group.most) = ends(series);
            visits += (group.most >> bits) - (group.least >> bits) + 1;
            if (visits > most_visits) {
                return false;
            }
            groups.push_back(group);
            group.rows = reader;
        }
    }
    for (const Group& group : groups) {
        for (std::uint32_t block = group.least >> bits; block <= group.most >> bits; ++block) {
            blocks.resize(std::max<std::size_t>(blocks.size(), block + std::size_t{1}));
            blocks[block].push_back(&group);
        }
    }
    return true;
}

void Replay::add_blocks(const Blocks& blocks, unsigned bits, unsigned lane, unsigned threads) {
    const auto room = std::make_unique<BatchReader::Room>();
    RowColumns rows;
    Time newest = time_min;
    for (std::uint32_t block = lane; block < blocks.size(); block += threads) {
        for (const Group* group : blocks[block]) {
            BatchReader reader = group->rows;
            if (!reader.next(*room, rows)) {
                unreadable_ = group->lsn;
                return;
            }
            const bool whole = group->least >> bits == group->most >> bits;
            state_.active->add_some(rows, lane,
                                    whole ? SeriesBlocks{} : SeriesBlocks{bits, UINT32_MAX, block});
            newest = std::max(newest, rows.newest());
        }
    }
    note_newest(newest);
}

// Every thread reads all records: reading them is the smaller part, and needs no other thread's
// word.
void Replay::add_in_order(unsigned bits, unsigned lane, unsigned threads) {
    const auto room = std::make_unique<BatchReader::Room>();
    RowColumns rows;
    Time newest = time_min;
    for (const Gathered& record : gathered_) {
        BatchReader reader = record.rows;
        do {
            if (!reader.next(*room, rows)) {
                unreadable_ = record.lsn;
                return;
            }
            state_.active->add_some(rows, lane, {bits, threads - 1, lane});
            newest = std::max(newest, rows.newest());
        } while (!rows.empty());
    }
    note_newest(newest);
}

Result<> Replay::add_gathered() {
    if (gathered_.empty()) {
        return {};
    }
    std::uint32_t largest = 0;
    for (const Gathered& record : gathered_) {
        largest = std::max(largest, record.rows.series_max());
    }
    state_.active->reserve(SeriesId{largest});
    const unsigned count = threads();
    unsigned bits = block_bits_most;
    while (bits > block_bits_min && largest >> bits < 4 * count) {
        --bits;
    }
    std::vector<Group> groups;
    Blocks blocks;
    if (largest >> bits > 0 && arrange(bits, groups, blocks)) {
        by_all_threads(count, [&](unsigned lane) { add_blocks(blocks, bits, lane, count); });
    } else {
        by_all_threads(count, [&](unsigned lane) { add_in_order(bits, lane, count); });
    }
    if (unreadable_ != 0) {
        return unreadable(unreadable_);
    }
    state_.active->added(gathered_rows_, gathered_.back().lsn);
    gathered_.clear();
    gathered_rows_ = 0;
    gathered_bytes_ = 0;
    return make_room();
}

// As long as all fits into what memory may hold, nothing is written: the start is over sooner, and
// maintenance does it later. From then on writing goes on beside replaying, half and half.
Result<> Replay::make_room() {
    {
        const Snapshot now = state_.snapshot();
        state_.memtable_bytes.set(static_cast<std::int64_t>(
            now.active->bytes() + (now.frozen ? now.frozen->bytes() : 0)));
    }
    const Memtable& active = *state_.active;
    // A store that runs stops at the same, or a batch later.
    const bool full = larger_ ? state_.is_large(active)
                              : state_.is_full(active.bytes(), active.rows(), gathered_bytes_max_);
    if (no_space_ || !full) {
        return {};
    }
    TRY(wait_for_write());
    publish_tombstones();
    freeze_();
    if (larger_ && !no_space_) {
        writing_ = std::async(std::launch::async, write_);
        return {};
    }
    larger_ = true;
    return judge(write_());
}

Result<> Replay::wait_for_write() { return writing_.valid() ? judge(writing_.get()) : Result<>{}; }

// A full disk does not keep the store from opening.
Result<> Replay::judge(Result<> written) {
    if (!written && written.error().code == Code::StorageFull) {
        no_space_ = true;
        state_.disk_full = true;
        state_.log.error("store", "no space: the journal is kept in memory",
                         {{"detail", written.error().message}});
        return {};
    }
    return written;
}

void Replay::publish_tombstones() {
    if (erased_.empty()) {
        return;
    }
    const std::unique_lock lock(state_.mutex);
    const auto all = state_.tombstones->all();
    erased_.insert(erased_.end(), all.begin(), all.end());
    state_.tombstones = std::make_shared<const Tombstones>(std::move(erased_));
    erased_ = {};
}

Result<> Replay::finish() {
    TRY(add_gathered());
    TRY(wait_for_write());
    publish_tombstones();
    return {};
}

}  // namespace gantry::store
