// SPDX-License-Identifier: Apache-2.0
#include "store/store.h"

#include <algorithm>

#include "base/assert.h"
#include "store/backfill.h"
#include "store/batch_record.h"
#include "store/maintenance.h"
#include "store/reader.h"

namespace gantry::store {

namespace {

Counter& aggregated_blocks(Metrics& metrics, std::string_view by) {
    return metrics.counter("gantry_store_aggregated_blocks_total",
                           "Blocks that aggregates were made of, by what was taken of them.",
                           {{"by", std::string(by)}});
}

}  // namespace

State::State(Disk& disk_used, const Clock& clock_used, Log& log_used, Metrics& metrics,
             StoreOptions chosen)
    : disk(disk_used),
      clock(clock_used),
      log(log_used),
      options(std::move(chosen)),
      folder(options.folder),
      damaged_blocks(metrics.counter("gantry_store_damaged_blocks_total",
                                     "Blocks found damaged and not served.")),
      summed_blocks(aggregated_blocks(metrics, "statistics")),
      rolled_up_blocks(aggregated_blocks(metrics, "roll_ups")),
      read_blocks(aggregated_blocks(metrics, "rows")),
      rows_total(metrics.counter("gantry_store_rows_total", "Samples appended.")),
      refused_total(metrics.counter("gantry_store_refused_batches_total",
                                    "Batches refused because memory or disk was full.")),
      commit_latency(metrics.latency("gantry_store_commit_seconds",
                                     "Time that a commit of the journal took.")),
      memtable_bytes(metrics.gauge("gantry_store_memtable_bytes",
                                   "Memory of samples that are not in a segment yet.")),
      journal_bytes(metrics.gauge("gantry_store_journal_bytes",
                                  "Journal on disk that a start would have to read.")),
      merged_bytes(metrics.counter("gantry_store_merged_bytes_total",
                                   "Bytes that merging segments has written.")),
      merges_waiting(
          metrics.gauge("gantry_store_merges_waiting", "Merges of segments that are due.")),
      merges_held_back(metrics.counter(
          "gantry_store_merges_held_back_total",
          "Times that a merge was due and not begun, so that the disk is free for others.")),
      commit_wait(std::make_shared<DiskWait>(clock_used)),
      flush_wait(std::make_shared<DiskWait>(clock_used)),
      active(std::make_shared<Memtable>()),
      segments(std::make_shared<const Segments>()),
      tombstones(std::make_shared<const Tombstones>()),
      active_since(clock.now()) {
    metrics.observe("gantry_store_commit_wait_seconds",
                    "How long the commit that is under way has waited for the disk.",
                    [wait = commit_wait] { return wait->seconds(); });
    metrics.observe("gantry_store_flush_wait_seconds",
                    "How long samples that are due have waited to be written to segments.",
                    [wait = flush_wait] { return wait->seconds(); });
}

Snapshot State::snapshot() const {
    const std::shared_lock lock(mutex);
    return {segments, frozen, active, tombstones};
}

Time State::horizon() const { return std::min(clock.now(), newest.load()); }

Time State::cutoff_after(Duration kept) const {
    Time out = time_min;
    const bool for_ever = kept.count() == 0 || newest == time_min ||
                          __builtin_sub_overflow(horizon(), static_cast<Time>(kept.count()), &out);
    return for_ever ? time_min : out;
}

Time State::cutoff() const {
    const Duration longest = catalogue->longest_time_to_live();
    return options.retention.count() == 0 ? time_min
                                          : cutoff_after(std::max(options.retention, longest));
}

bool State::keeps_all() const {
    return options.retention.count() == 0 && catalogue->longest_time_to_live().count() == 0;
}

Time State::cutoff(SeriesId series) const {
    const Duration own = catalogue->time_to_live(series);
    return cutoff_after(own.count() == 0 ? options.retention : own);
}

Store::Store(std::unique_ptr<State> state) : state_(std::move(state)) {}

Store::~Store() = default;

Result<std::unique_ptr<Store>> Store::open(Disk& disk, const Clock& clock, Random& random, Log& log,
                                           Metrics& metrics, StoreOptions options) {
    auto state = std::make_unique<State>(disk, clock, log, metrics, std::move(options));
    std::unique_ptr<Store> store(new Store(std::move(state)));
    auto maintenance = Maintenance::open(*store->state_, random);
    if (!maintenance) {
        return within("opening the store in " + store->state_->folder, maintenance.error());
    }
    store->maintenance_ = std::move(*maintenance);
    return store;
}

Result<SeriesId> Store::make_series(std::string_view key, ValueType type) {
    ASSERT(type != ValueType::Null);
    return state_->catalogue->make(key, type);
}

Result<> Store::make_series(std::span<const SeriesSpec> specs, std::vector<SeriesId>& out) {
    return state_->catalogue->make_all(specs, out);
}

std::optional<SeriesInfo> Store::find_series(std::string_view key) const {
    return state_->catalogue->find(key);
}

std::optional<SeriesInfo> Store::series(SeriesId id) const {
    const ValueType type = state_->catalogue->type(id);
    return type == ValueType::Null ? std::nullopt : std::optional(SeriesInfo{id, type});
}

std::string_view Store::series_key(SeriesId id) const { return state_->catalogue->key(id); }

Result<> Store::set_time_to_live(SeriesId id, Duration time_to_live) {
    return state_->catalogue->set_time_to_live(id, time_to_live);
}

Result<> State::check(const SampleBatch& batch) const {
    if (batch.bytes() > Store::batch_bytes_max) {
        return fail(Code::TooLarge, "a batch of {} bytes is larger than {}: send it in parts",
                    batch.bytes(), Store::batch_bytes_max);
    }
    for (std::size_t i = 0; i < batch.size(); ++i) {
        const ValueType has = catalogue->type(batch.series_column()[i]);
        const ValueType given = batch.type_column()[i];
        if (has == given && has != ValueType::Null) {
            continue;
        }
        if (has == ValueType::Null) {
            return fail(Code::InvalidArgument, "row {}: there is no series {}", i,
                        batch.series_column()[i].value);
        }
        if (given != ValueType::Null) {
            return fail(Code::InvalidArgument, "row {}: series {} holds {} values, not {}", i,
                        batch.series_column()[i].value, value_type_name(has),
                        value_type_name(given));
        }
    }
    return {};
}

bool State::is_large(const Memtable& memory) const {
    return memory.bytes() >= static_cast<std::uint64_t>(options.memtable_bytes) ||
           memory.rows() >= static_cast<std::uint64_t>(options.journal_rows) / 2;
}

bool State::is_full(std::uint64_t bytes, std::uint64_t rows, std::uint64_t beside) const {
    return bytes > 2 * static_cast<std::uint64_t>(options.memtable_bytes) + beside ||
           rows > static_cast<std::uint64_t>(options.journal_rows);
}

Result<> State::check_room() const {
    const Duration stalled = commit_wait->so_far();
    if (options.stall_after.count() != 0 && stalled > options.stall_after) {
        return fail(Code::Unavailable,
                    "the disk of {} has not finished a commit for {} s: is it failing, or far too "
                    "busy?",
                    folder, stalled / std::chrono::seconds(1));
    }
    if (!is_full(active->bytes() + (frozen ? frozen->bytes() : 0),
                 active->rows() + (frozen ? frozen->rows() : 0))) {
        return {};
    }
    if (disk_full) {
        return fail(Code::StorageFull,
                    "the disk of {} is full, and so is the memory for samples that cannot be "
                    "written: make room",
                    folder);
    }
    return fail(Code::Unavailable,
                "memory for samples is full because segments cannot be written fast enough (those "
                "that are due have waited for {} s): is the disk slow?",
                flush_wait->so_far() / std::chrono::seconds(1));
}

Result<Lsn> Store::append(const SampleBatch& batch) {
    TRY(state_->check(batch));
    Bytes payload;
    encode_batch(batch, payload);
    const Time newest = batch.empty() ? time_min : *std::ranges::max_element(batch.time_column());
    const std::unique_lock lock(state_->mutex);
    const auto appended = [&]() -> Result<Lsn> {
        TRY(state_->check_room());
        return state_->journal->append(batch_record, payload);
    }();
    if (!appended) {
        state_->refused_total.add();
        return appended;
    }
    if (state_->active->empty()) {
        state_->active_since = state_->clock.now();
    }
    state_->active->add(batch, *appended);
    state_->newest = std::max(state_->newest.load(), newest);
    state_->last_values.advance(batch);
    state_->rows_total.add(batch.size());
    return appended;
}

Result<Lsn> Store::erase(SeriesId series, TimeRange range) {
    if (state_->catalogue->type(series) == ValueType::Null) {
        return fail(Code::NotFound, "there is no series {}", series.value);
    }
    Bytes payload;
    encode_erase({series, range}, payload);
    const std::unique_lock lock(state_->mutex);
    TRY_ASSIGN(const Lsn lsn, state_->journal->append(erase_record, payload));
    state_->erase(series, range, lsn);
    return lsn;
}

void State::erase(SeriesId series, TimeRange range, Lsn lsn) {
    if (active->empty()) {
        active_since = clock.now();
    }
    active->erase(series, range, lsn);
    last_values.forget(series);
    tombstones = std::make_shared<const Tombstones>(tombstones->with({series, range, lsn}));
}

Result<> Store::commit() {
    const Duration start = state_->clock.monotonic();
    // Series are made before rows of them are appended, so this makes durable what the rows name.
    std::int64_t begun = state_->commit_wait->begin_if_idle();
    const auto committed = state_->journal->commit([this, &begun] {
        begun = state_->commit_wait->begin();
        return state_->catalogue->commit();
    });
    state_->commit_wait->end(begun);
    TRY(committed);
    state_->commit_latency.record(state_->clock.monotonic() - start);
    return {};
}

Lsn Store::durable() const { return state_->journal->durable(); }

Result<std::optional<Sample>> Store::latest(SeriesId series) const {
    std::optional<Sample> out;
    TRY(latest(std::span(&series, 1),
               [&out](SeriesId, const LastRow& row) { out = row.sample(); }));
    return out;
}

namespace {

// Under the lock: the newest row that is not in a segment.
std::optional<Sample> last_in_memory(const State& state, SeriesId series) {
    std::optional<Sample> best;
    Columns rows;
    const Memtable* active = state.active.get();
    for (const Memtable* memory : {state.frozen.get(), active}) {
        if (memory == nullptr) {
            continue;
        }
        memory->read(series, {}, rows);
        if (!rows.empty() && (!best || rows.time.back() >= best->time)) {
            const Row row = rows.chunk(series).row(rows.size() - 1);
            best = Sample{row.time, row.value(), row.quality};
        }
    }
    return best;
}

}  // namespace

// Keeps what it finds, so that the next who asks need not look.
bool State::find_last(SeriesId series, std::optional<Reader>& reader, LastRow& out) const {
    std::optional<Sample> best;
    while (true) {
        if (!reader) {
            reader.emplace(*this);
        }
        if (!reader->snapshot().tombstones->of(series).empty()) {
            best = reader->before(series, time_max);
            break;
        }
        best = reader->last_in_segments(series);
        const std::unique_lock lock(mutex);
        if (reader->snapshot().segments != segments ||
            reader->snapshot().tombstones != tombstones) {
            reader.reset();  // rows moved meanwhile
            continue;
        }
        const auto in_memory = last_in_memory(*this, series);
        if (in_memory && (!best || in_memory->time >= best->time)) {
            best = in_memory;
        }
        if (best) {
            last_values.set(series, *best);
        }
        break;
    }
    if (best) {
        out = LastRow::of(*best);
    }
    return best.has_value();
}

Result<> Store::latest(std::span<const SeriesId> series,
                       const std::function<void(SeriesId, const LastRow&)>& visit) const {
    constexpr std::size_t ahead = 16;  // entries on their way from memory
    const bool for_ever = state_->keeps_all();
    std::optional<Reader> reader;
    LastRow row;
    for (std::size_t i = 0; i < series.size(); ++i) {
        if (i + ahead < series.size()) {
            state_->last_values.prefetch(series[i + ahead]);
        }
        const SeriesId id = series[i];
        Known known = state_->last_values.read(id, row);
        if (known == Known::No) {
            known = state_->find_last(id, reader, row) ? Known::Yes : Known::Empty;
        }
        if (known == Known::Yes && (for_ever || row.time >= state_->cutoff(id))) {
            visit(id, row);
        }
    }
    return {};
}

Result<bool> Store::maintain() { return maintenance_->step(); }

Result<> Store::flush() { return maintenance_->flush(); }

Result<> Store::compact() { return maintenance_->compact(); }

std::unique_ptr<Backfill> Store::begin_backfill() {
    return std::make_unique<Backfill>(*state_, *maintenance_);
}

StoreStatistics Store::statistics() const {
    StoreStatistics out;
    out.series = state_->catalogue->size();
    out.journal_bytes = state_->journal->disk_bytes();
    out.last = state_->journal->last();
    out.durable = state_->journal->durable();
    out.accepting = !state_->journal->failed();
    out.damaged_blocks = state_->damaged_blocks.value();
    out.index_bytes = state_->pages.bytes();
    out.summed_blocks = state_->summed_blocks.value();
    out.rolled_up_blocks = state_->rolled_up_blocks.value();
    out.read_blocks = state_->read_blocks.value();
    const std::shared_lock lock(state_->mutex);
    out.segments = state_->segments->size();
    for (const LiveSegment& segment : *state_->segments) {
        out.segment_bytes += segment.file->bytes();
        out.segment_rows += segment.entry.summary.rows;
        out.segment_blocks += segment.entry.summary.blocks;
        out.index_bytes += segment.file->memory_bytes();
    }
    out.memtable_rows = state_->active->rows() + (state_->frozen ? state_->frozen->rows() : 0);
    out.memtable_bytes = state_->active->bytes() + (state_->frozen ? state_->frozen->bytes() : 0);
    out.tombstones = state_->tombstones->all().size();
    return out;
}

}  // namespace gantry::store
