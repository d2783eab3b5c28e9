// SPDX-License-Identifier: Apache-2.0
#include "security/audit.h"

#include <algorithm>

#include "security/token.h"

namespace gantry::security {
namespace {

constexpr std::uint32_t audit_record = 1;
constexpr std::int64_t file_bytes = 4 * 1024 * 1024;

// Fields in the order of docs/formats/audit.md.
std::vector<std::string AuditEntry::*> text_fields() {
    return {&AuditEntry::tenant,  &AuditEntry::principal, &AuditEntry::action,  &AuditEntry::object,
            &AuditEntry::outcome, &AuditEntry::detail,    &AuditEntry::address, &AuditEntry::trace};
}

Bytes encode(const AuditEntry& entry, const std::string& previous_hash) {
    Bytes bytes;
    ByteWriter out(bytes);
    out.put_text(previous_hash);
    out.put(entry.number);
    out.put(entry.time);
    for (const auto field : text_fields()) {
        out.put_text(entry.*field);
    }
    return bytes;
}

bool decode(ByteView bytes, AuditEntry& entry, std::string& previous_hash) {
    ByteReader in(bytes);
    std::string_view text;
    if (!in.get_text(text)) {
        return false;
    }
    previous_hash = text;
    if (!in.get(entry.number) || !in.get(entry.time)) {
        return false;
    }
    for (const auto field : text_fields()) {
        if (!in.get_text(text)) {
            return false;
        }
        entry.*field = text;
    }
    return in.empty();
}

}  // namespace

Result<std::unique_ptr<AuditLog>> AuditLog::open(Disk& disk, const std::string& folder,
                                                 const Clock& clock, Random& random, Log& log) {
    std::unique_ptr<AuditLog> out(new AuditLog(clock, log));
    TRY_ASSIGN(out->journal_,
               journal::Journal::open(
                   disk, folder, random, log, {.file_bytes = file_bytes},
                   [&out](const journal::Record& record) { return out->replay(record); }));
    if (out->broken_at_ != 0) {
        log.error("audit", "chain broken", {{"entry", out->broken_at_}});
    }
    return out;
}

Result<> AuditLog::replay(const journal::Record& record) {
    AuditEntry entry;
    std::string previous;
    if (record.type != audit_record || !decode(record.payload, entry, previous)) {
        return fail(Code::Corrupt, "audit record {} cannot be read", record.lsn);
    }
    if (broken_at_ == 0 && (previous != last_hash_ || entry.number != count_ + 1)) {
        broken_at_ = entry.number;
    }
    count_ = entry.number;
    last_hash_ = sha256_hex(as_text(record.payload));
    keep(std::move(entry));
    return {};
}

void AuditLog::keep(AuditEntry entry) {
    entries_.push_back(std::move(entry));
    if (entries_.size() > entries_kept) {
        entries_.pop_front();
    }
}

Result<> AuditLog::record(AuditEntry entry) {
    constexpr std::size_t text_max = 2048;
    for (const auto field : text_fields()) {
        if ((entry.*field).size() > text_max) {
            (entry.*field).resize(text_max);
        }
    }
    {
        const std::lock_guard lock(mutex_);
        entry.number = count_ + 1;
        entry.time = clock_.now();
        const Bytes payload = encode(entry, last_hash_);
        if (auto appended = journal_->append(audit_record, payload); !appended) {
            log_.error("audit", "entry refused", {{"detail", appended.error().message}});
            return within("audit log", appended.error());
        }
        count_ = entry.number;
        last_hash_ = sha256_hex(as_text(payload));
        keep(std::move(entry));
    }
    return journal_->commit();
}

std::vector<AuditEntry> AuditLog::list(const std::string& tenant, std::uint64_t before,
                                       std::size_t limit) const {
    std::vector<AuditEntry> out;
    const std::lock_guard lock(mutex_);
    for (auto entry = entries_.rbegin(); entry != entries_.rend() && out.size() < limit; ++entry) {
        if (entry->number < before && (tenant.empty() || entry->tenant == tenant)) {
            out.push_back(*entry);
        }
    }
    return out;
}

std::uint64_t AuditLog::size() const {
    const std::lock_guard lock(mutex_);
    return count_;
}

}  // namespace gantry::security
