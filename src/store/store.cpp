// SPDX-License-Identifier: Apache-2.0
#include "store/store.h"

#include <algorithm>

#include "base/assert.h"
#include "store/batch_record.h"
#include "store/catalogue.h"
#include "store/manifest.h"
#include "store/memtable.h"
#include "store/merge.h"
#include "store/segment.h"

namespace gantry::store {

Store::Store(Disk& disk, const Clock& clock, Log& log, Metrics& metrics, StoreOptions options)
    : disk_(disk),
      clock_(clock),
      log_(log),
      options_(std::move(options)),
      folder_(options_.folder),
      damaged_blocks_(metrics.counter("gantry_store_damaged_blocks_total",
                                      "Blocks found damaged and not served.")),
      rows_total_(metrics.counter("gantry_store_rows_total", "Samples appended.")),
      commit_latency_(metrics.latency("gantry_store_commit_seconds",
                                      "Time that a commit of the journal took.")),
      manifest_(std::make_unique<Manifest>()),
      active_(std::make_shared<Memtable>()),
      segments_(std::make_shared<const Segments>()),
      active_since_(clock.now()) {}

Store::~Store() = default;

Result<std::unique_ptr<Store>> Store::open(Disk& disk, const Clock& clock, Random& random, Log& log,
                                           Metrics& metrics, StoreOptions options) {
    std::unique_ptr<Store> store(new Store(disk, clock, log, metrics, std::move(options)));
    if (auto recovered = store->recover(random); !recovered) {
        return within("opening the store in " + store->folder_, recovered.error());
    }
    return store;
}

Result<> Store::recover(Random& random) {
    TRY(disk_.make_directory(folder_));
    TRY_ASSIGN(*manifest_, read_manifest(disk_, folder_, log_));
    TRY(open_segments());
    TRY(remove_strangers());
    TRY_ASSIGN(catalogue_, Catalogue::open(disk_, folder_ + "/catalogue", random, log_, options_));
    TRY_ASSIGN(journal_,
               journal::Journal::open(
                   disk_, folder_ + "/journal", random, log_, options_.journal,
                   [this](const journal::Record& r) { return replay(r); }, manifest_->flushed));
    log_.info("store", "opened",
              {{"folder", folder_},
               {"series", catalogue_->size()},
               {"segments", segments_->size()},
               {"rows_in_memory", active_->rows()}});
    return {};
}

Result<> Store::open_segments() {
    Segments segments;
    for (const Manifest::Entry& entry : manifest_->segments) {
        TRY_ASSIGN(auto segment, Segment::open(disk_, segment_path(folder_, entry.number), log_,
                                               damaged_blocks_));
        segments.push_back(std::move(segment));
    }
    segments_ = std::make_shared<const Segments>(std::move(segments));
    return {};
}

// A crash leaves segments that no manifest names: what they hold is in the journal or in others.
Result<> Store::remove_strangers() {
    TRY_ASSIGN(const auto names, disk_.list(folder_));
    for (const std::string& name : names) {
        const bool known = std::ranges::any_of(*segments_, [&](const auto& segment) {
            return segment->path() == folder_ + "/" + name;
        });
        if (name.starts_with("segment-") && !known) {
            log_.info("store", "unfinished segment removed", {{"file", name}});
            TRY(disk_.remove(folder_ + "/" + name));
        }
    }
    return {};
}

Result<> Store::replay(const journal::Record& record) {
    if (record.lsn <= manifest_->flushed) {
        return {};
    }
    SampleBatch batch;
    if (record.type != batch_record || !decode_batch(record.payload, batch)) {
        return fail(Code::Corrupt,
                    "journal record {} has a good checksum and cannot be read: was it "
                    "written by a newer program?",
                    record.lsn);
    }
    active_->add(batch, record.lsn);
    return {};
}

Result<SeriesId> Store::make_series(std::string_view key, ValueType type) {
    ASSERT(type != ValueType::Null);
    return catalogue_->make(key, type);
}

Result<> Store::make_series(std::span<const SeriesSpec> specs, std::vector<SeriesId>& out) {
    return catalogue_->make_all(specs, out);
}

std::optional<SeriesInfo> Store::find_series(std::string_view key) const {
    return catalogue_->find(key);
}

std::optional<SeriesInfo> Store::series(SeriesId id) const {
    const ValueType type = catalogue_->type(id);
    return type == ValueType::Null ? std::nullopt : std::optional(SeriesInfo{id, type});
}

std::string_view Store::series_key(SeriesId id) const { return catalogue_->key(id); }

Result<> Store::check(const SampleBatch& batch) const {
    if (batch.bytes() > batch_bytes_max) {
        return fail(Code::TooLarge, "a batch of {} bytes is larger than {}: send it in parts",
                    batch.bytes(), batch_bytes_max);
    }
    for (std::size_t i = 0; i < batch.size(); ++i) {
        const ValueType has = catalogue_->type(batch.series_column()[i]);
        const ValueType given = batch.type_column()[i];
        if (has == ValueType::Null) {
            return fail(Code::InvalidArgument, "row {}: there is no series {}", i,
                        batch.series_column()[i].value);
        }
        if (given != has && given != ValueType::Null) {
            return fail(Code::InvalidArgument, "row {}: series {} holds {} values, not {}", i,
                        batch.series_column()[i].value, value_type_name(has),
                        value_type_name(given));
        }
    }
    return {};
}

Result<Lsn> Store::append(const SampleBatch& batch) {
    TRY(check(batch));
    const Bytes payload = encode_batch(batch);
    const std::unique_lock lock(mutex_);
    const auto limit = static_cast<std::uint64_t>(options_.memtable_bytes);
    if (frozen_ && active_->bytes() + batch.bytes() > 2 * limit) {
        return fail(Code::Unavailable, "memory for samples is full because segments cannot be "
                                       "written fast enough: is the disk full or slow?");
    }
    TRY_ASSIGN(const Lsn lsn, journal_->append(batch_record, payload));
    if (active_->empty()) {
        active_since_ = clock_.now();
    }
    active_->add(batch, lsn);
    for (std::size_t i = 0; i < batch.size(); ++i) {
        const Row row = batch.row(i);
        if (const auto known = latest_.find(row.series.value);
            known != latest_.end() && row.time >= known->second.time) {
            known->second = Sample{row.time, row.value(), row.quality};
        }
    }
    rows_total_.add(batch.size());
    return lsn;
}

Result<> Store::commit() {
    const Duration start = clock_.monotonic();
    // Series are made before rows of them are appended, so this makes durable what the rows name.
    TRY(journal_->commit([this] { return catalogue_->commit(); }));
    commit_latency_.record(clock_.monotonic() - start);
    return {};
}

Lsn Store::durable() const { return journal_->durable(); }

bool Store::scan_series(SeriesId series, TimeRange range, const ChunkVisitor& visit,
                        const BlockVisitor& visit_block) const {
    std::shared_ptr<const Segments> segments;
    Columns frozen_rows;
    Columns active_rows;
    {
        const std::shared_lock lock(mutex_);
        segments = segments_;
        if (frozen_) {
            frozen_->read(series, range, frozen_rows);
        }
        active_->read(series, range, active_rows);
    }
    std::vector<Cursor> cursors;  // from the oldest source to the newest
    for (const auto& segment : *segments) {
        const auto blocks = segment->blocks(series);
        const auto begin = std::ranges::lower_bound(blocks, range.from, {}, &BlockEntry::last);
        const auto end = std::ranges::lower_bound(blocks, range.to, {}, &BlockEntry::first);
        if (begin < end) {
            cursors.emplace_back(*segment, std::span(begin, end), range);
        }
    }
    cursors.emplace_back(std::move(frozen_rows));
    cursors.emplace_back(std::move(active_rows));
    return merge(series, cursors, visit, visit_block);
}

Result<> Store::scan(std::span<const SeriesId> series, TimeRange range,
                     const ChunkVisitor& visit) const {
    for (const SeriesId id : series) {
        if (!scan_series(id, range, visit)) {
            break;
        }
    }
    return {};
}

std::optional<Sample> Store::latest_in_segments(SeriesId series, const Segments& segments) const {
    const Segment* holder = nullptr;
    BlockEntry best;
    for (const auto& segment : segments) {
        const auto blocks = segment->blocks(series);
        if (!blocks.empty() && (holder == nullptr || blocks.back().last >= best.last)) {
            holder = segment.get();
            best = blocks.back();
        }
    }
    Columns rows;
    if (holder == nullptr || !holder->read(best, rows)) {
        return std::nullopt;
    }
    const Row row = rows.row(series, rows.size() - 1);
    return Sample{row.time, row.value(), row.quality};
}

Result<std::optional<Sample>> Store::latest(SeriesId series) const {
    while (true) {
        std::shared_ptr<const Segments> segments;
        {
            const std::shared_lock lock(mutex_);
            if (const auto known = latest_.find(series.value); known != latest_.end()) {
                return known->second;
            }
            segments = segments_;
        }
        std::optional<Sample> best = latest_in_segments(series, *segments);
        const std::unique_lock lock(mutex_);
        if (segments != segments_) {
            continue;  // a flush came between
        }
        Columns rows;
        for (const Memtable* memory :
             {frozen_.get(), static_cast<const Memtable*>(active_.get())}) {
            if (memory == nullptr) {
                continue;
            }
            memory->read(series, {}, rows);
            if (!rows.empty() && (!best || rows.time.back() >= best->time)) {
                const Row row = rows.row(series, rows.size() - 1);
                best = Sample{row.time, row.value(), row.quality};
            }
        }
        if (best) {
            latest_[series.value] = *best;
        }
        return best;
    }
}

StoreStatistics Store::statistics() const {
    StoreStatistics out;
    out.series = catalogue_->size();
    out.journal_bytes = journal_->disk_bytes();
    out.durable = journal_->durable();
    out.accepting = !journal_->failed();
    out.damaged_blocks = damaged_blocks_.value();
    const std::shared_lock lock(mutex_);
    out.segments = segments_->size();
    for (const auto& segment : *segments_) {
        out.segment_bytes += segment->bytes();
        out.segment_rows += segment->rows();
    }
    out.memtable_rows = active_->rows() + (frozen_ ? frozen_->rows() : 0);
    out.memtable_bytes = active_->bytes() + (frozen_ ? frozen_->bytes() : 0);
    return out;
}

}  // namespace gantry::store
