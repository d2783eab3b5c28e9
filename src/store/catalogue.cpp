// SPDX-License-Identifier: Apache-2.0
#include "store/catalogue.h"

#include <algorithm>
#include <mutex>

#include "store/series_names.h"

namespace gantry::store {

Result<std::unique_ptr<Catalogue>> Catalogue::open(Disk& disk, const std::string& folder,
                                                   Random& random, Log& log,
                                                   const StoreOptions& options) {
    const auto series_max = static_cast<std::uint64_t>(options.series_max);
    const std::int64_t file_bytes =
        std::min<std::int64_t>(4 * 1024 * 1024, options.journal.file_bytes);
    std::unique_ptr<Catalogue> out(new Catalogue(series_max));
    TRY_ASSIGN(out->journal_,
               journal::Journal::open(
                   disk, folder, random, log, {.file_bytes = file_bytes},
                   [&out](const journal::Record& record) { return out->replay(record); }));
    return out;
}

Result<> Catalogue::replay(const journal::Record& record) {
    SeriesRecord series;
    if (!decode_series(record, series)) {
        return fail(Code::Corrupt, "catalogue record {} cannot be read", record.lsn);
    }
    if (types_.size() <= series.id.value) {
        types_.resize(std::size_t{series.id.value} + 1, ValueType::Null);
    }
    types_[series.id.value] = series.type;
    ids_.emplace(series.key, series.id);
    return {};
}

Result<SeriesId> Catalogue::make(std::string_view key, ValueType type) {
    const std::unique_lock lock(mutex_);
    if (const auto found = ids_.find(key); found != ids_.end()) {
        const ValueType has = types_[found->second.value];
        if (has != type) {
            return fail(Code::Conflict, "series '{}' holds {} values, not {}", key,
                        value_type_name(has), value_type_name(type));
        }
        return found->second;
    }
    if (ids_.size() >= series_max_) {
        return fail(Code::RateLimited,
                    "there are {} series already, the limit (store.series_max): raise it, or write "
                    "to fewer series",
                    ids_.size());
    }
    const auto id = static_cast<std::uint32_t>(types_.size());
    TRY(journal_->append(SeriesRecord::record_type, encode_series({SeriesId{id}, type, key})));
    types_.push_back(type);
    ids_.emplace(key, SeriesId{id});
    return SeriesId{id};
}

std::optional<SeriesInfo> Catalogue::find(std::string_view key) const {
    const std::shared_lock lock(mutex_);
    const auto found = ids_.find(key);
    if (found == ids_.end()) {
        return std::nullopt;
    }
    return SeriesInfo{found->second, types_[found->second.value]};
}

ValueType Catalogue::type(SeriesId id) const {
    const std::shared_lock lock(mutex_);
    return id.value < types_.size() ? types_[id.value] : ValueType::Null;
}

std::uint64_t Catalogue::size() const {
    const std::shared_lock lock(mutex_);
    return ids_.size();
}

Result<> Catalogue::commit() {
    return journal_->durable() == journal_->last() ? Result<>{} : journal_->commit();
}

}  // namespace gantry::store
