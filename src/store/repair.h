// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/random.h"
#include "store/inspect.h"

namespace gantry::store {

enum class RepairKind : unsigned char {
    RewriteManifest,  // both copies, from the one that is whole
    RebuildManifest,  // from the segments
    RewriteSegment,   // without its damaged blocks
    DropSegment,      // which is missing
    MoveStranger,     // a file that the manifest does not name
    KeepJournal,      // a copy of a damaged file, as it is
    NoteRecords,      // which are gone
    NameSeries,       // whose name is gone
};

// The name of a kind in JSON: "rewrite_segment".
std::string_view repair_kind_name(RepairKind kind);

// One step of a repair: what it does, what it keeps, and everything that is lost. Nothing else is.
struct RepairAction {
    RepairKind kind = RepairKind::RewriteManifest;
    std::string file;  // relative to the store
    std::string does;
    std::string keeps;
    std::vector<LostRows> loses;

    std::uint64_t number = 0;          // of the segment, or of the series
    ValueType type = ValueType::Null;  // of the series
    std::string journal;               // "journal" or "catalogue"
    journal::LsnRange records;         // that are gone
};

struct RepairPlan {
    std::vector<RepairAction> actions;
    // What repair does not touch, and what to do about it.
    std::vector<std::string> left;
};

// What repair() would do now.
Result<RepairPlan> plan_repair(Disk& disk, const std::string& folder, Log& log);

// Does what plan_repair() says. The caller has locked the store's folder against a gantryd. Damaged
// files go to the folder "quarantine" in the store; nothing is deleted that is not there whole.
// Each step is durable before the next; after a power cut the same call goes on from there.
Result<RepairPlan> repair(Disk& disk, Random& random, const std::string& folder, Log& log);

// The name that a series gets whose own is lost.
std::string recovered_key(SeriesId series);

}  // namespace gantry::store
