// SPDX-License-Identifier: Apache-2.0
// Opening a store: what of it is on disk.
#include <algorithm>

#include "store/maintenance.h"
#include "store/replay.h"

namespace gantry::store {

Result<> Maintenance::recover(Random& random) {
    TRY(state_.disk.make_directory(state_.folder));
    TRY_ASSIGN(manifest_, read_manifest(state_.disk, state_.folder, state_.log));
    TRY(begin_manifest());
    next_number_ = manifest_.next_number;
    state_.tombstones = std::make_shared<const Tombstones>(manifest_.tombstones);
    TRY(open_segments());
    TRY(remove_strangers());
    TRY_ASSIGN(state_.catalogue, Catalogue::open(state_.disk, state_.folder + "/catalogue", random,
                                                 state_.log, state_.options));
    state_.last_values.begin_new_series(
        SeriesId{static_cast<std::uint32_t>(state_.catalogue->size())});
    for (const LiveSegment& segment : *state_.segments) {
        learn(*segment.file);
    }
    TRY(replay_journal(random));
    state_.log.info("store", "opened",
                    {{"folder", state_.folder},
                     {"series", state_.catalogue->size()},
                     {"segments", state_.segments->size()},
                     {"rows_in_memory", state_.active->rows()}});
    return {};
}

// A store has a manifest from its first start on. Segments without one are not taken for leftovers.
Result<> Maintenance::begin_manifest() {
    if (manifest_.generation != 0) {
        return {};
    }
    TRY_ASSIGN(const auto names, state_.disk.list(state_.folder));
    if (std::ranges::any_of(names,
                            [](const std::string& name) { return name.starts_with("segment-"); })) {
        return fail(Code::Corrupt,
                    "{} has segments and no manifest: restore it from a backup, or run "
                    "'gantry store repair', which makes one from the segments",
                    state_.folder);
    }
    return write_manifest(state_.disk, state_.folder, manifest_, state_.log);
}

Result<> Maintenance::open_segments() {
    auto segments = std::make_shared<Segments>();
    for (Manifest::Entry& entry : manifest_.segments) {
        TRY_ASSIGN(auto file, Segment::open(state_.disk, segment_path(state_.folder, entry.number),
                                            state_.log, state_.damaged_blocks));
        if (entry.summary.blocks == 0) {
            // A manifest of version 1 did not say.
            const Lsn last_lsn = entry.summary.last_lsn;
            entry.summary = file->summary();
            entry.summary.last_lsn = last_lsn;
        }
        state_.newest = std::max(state_.newest.load(), entry.summary.last);
        next_number_ = std::max(next_number_, entry.number + 1);
        segments->push_back({std::move(file), entry});
    }
    state_.segments = std::move(segments);
    return {};
}

// A crash leaves segments that no manifest names: what they hold is in the journal or in others.
Result<> Maintenance::remove_strangers() {
    TRY_ASSIGN(const auto names, state_.disk.list(state_.folder));
    for (const std::string& name : names) {
        const std::string path = state_.folder + "/" + name;
        const bool known = std::ranges::any_of(*state_.segments, [&](const LiveSegment& segment) {
            return segment.file->path() == path;
        });
        if (name.starts_with("segment-") && !known) {
            state_.log.info("store", "unfinished segment removed", {{"file", name}});
            TRY(state_.disk.remove(path));
        }
    }
    return {};
}

Result<> Maintenance::replay_journal(Random& random) {
    const Lsn flushed = manifest_.flushed;
    Replay replay(state_, flushed, [this] { freeze(); }, [this] { return write_frozen(); });
    TRY_ASSIGN(
        state_.journal,
        journal::Journal::open(
            state_.disk, state_.folder + "/journal", random, state_.log, state_.options.journal,
            [&replay](const journal::Record& record) { return replay.take(record); }, flushed,
            [&replay] { return replay.end_of_file(); }));
    TRY(replay.finish());
    if (manifest_.flushed > flushed) {
        if (const auto done = state_.journal->release(manifest_.flushed); !done) {
            // The next flush does it.
            state_.log.warn("store", "journal not removed", {{"detail", done.error().message}});
        }
    }
    return {};
}

}  // namespace gantry::store
