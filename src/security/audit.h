// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "journal/journal.h"

namespace gantry::security {

// Who did what to which thing, and how it ended.
struct AuditEntry {
    std::uint64_t number = 0;  // given by the log: 1, 2, 3 …
    Time time = 0;             // given by the log
    std::string tenant;        // ids; empty where there is none
    std::string principal;
    std::string action;   // a permission, or sign_in, sign_out, start, stop
    std::string object;   // id or path
    std::string outcome;  // ok, denied, failed
    std::string detail;
    std::string address;  // where the request came from
    std::string trace;

    bool operator==(const AuditEntry&) const = default;
};

// The audit log: a journal in which each entry carries the SHA-256 of the one before, so that an
// entry that is changed, removed or moved shows. An entry is durable when record() returns. Any
// thread.
class AuditLog {
public:
    // Verifies the chain; a broken one does not stop the start, but is logged as an error and kept
    // in `broken_at()`.
    static Result<std::unique_ptr<AuditLog>> open(Disk& disk, const std::string& folder,
                                                  const Clock& clock, Random& random, Log& log);

    // Blocks for a sync of the disk. An error means that the entry is not kept: what it is about
    // must not be done.
    Result<> record(AuditEntry entry);

    // Newest first, of one tenant (all if empty), numbers below `before`; from the entries kept in
    // memory (the last entries_kept).
    std::vector<AuditEntry> list(const std::string& tenant, std::uint64_t before,
                                 std::size_t limit) const;

    std::uint64_t size() const;
    // Number of the first entry whose link to the one before is wrong; 0 if all are right.
    std::uint64_t broken_at() const { return broken_at_; }

    static constexpr std::size_t entries_kept = 20'000;

private:
    AuditLog(const Clock& clock, Log& log) : clock_(clock), log_(log) {}
    Result<> replay(const journal::Record& record);
    void keep(AuditEntry entry);

    const Clock& clock_;
    Log& log_;
    std::unique_ptr<journal::Journal> journal_;
    mutable std::mutex mutex_;
    std::deque<AuditEntry> entries_;
    std::string last_hash_;
    std::uint64_t count_ = 0;
    std::uint64_t broken_at_ = 0;
};

}  // namespace gantry::security
