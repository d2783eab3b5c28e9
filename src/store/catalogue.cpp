// SPDX-License-Identifier: Apache-2.0
#include "store/catalogue.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>

#include "base/assert.h"
#include "journal/frame.h"

namespace gantry::store {
namespace {

constexpr std::int64_t file_bytes_max = 4 * 1024 * 1024;

std::size_t stripe_of(std::uint64_t hash) { return hash >> 58; }

Result<> check_type(const SeriesSpec& spec, ValueType has) {
    if (has != spec.type) {
        return fail(Code::Conflict, "series '{}' holds {} values, not {}", spec.key,
                    value_type_name(has), value_type_name(spec.type));
    }
    return {};
}

}  // namespace

Catalogue::Catalogue(Random& random, const StoreOptions& options)
    : series_max_(static_cast<std::uint64_t>(options.series_max)),
      file_bytes_(static_cast<std::size_t>(std::min(file_bytes_max, options.journal.file_bytes))),
      payload_bytes_max_(file_bytes_ - sizeof(journal::FileHeader) - journal::frame_bytes(0) -
                         journal::frame_alignment) {
    random.fill(secret_);
}

Result<std::unique_ptr<Catalogue>> Catalogue::open(Disk& disk, const std::string& folder,
                                                   Random& random, Log& log,
                                                   const StoreOptions& options) {
    std::unique_ptr<Catalogue> out(new Catalogue(random, options));
    TRY_ASSIGN(
        out->journal_,
        journal::Journal::open(
            disk, folder, random, log, {.file_bytes = static_cast<std::int64_t>(out->file_bytes_)},
            [&out](const journal::Record& record) { return out->replay(record); }));
    out->last_ = out->journal_->last();
    out->replayed_ = {};
    return out;
}

Result<> Catalogue::replay(const journal::Record& record) {
    if (!decode_catalogue_record(record.type, record.payload, replayed_)) {
        return fail(Code::Corrupt, "catalogue record {} cannot be read", record.lsn);
    }
    SeriesId id = replayed_.first;
    for (const SeriesSpec& spec : replayed_.series) {
        const std::uint64_t hash = hash_of(spec.key);
        if (type(id) != ValueType::Null || lookup(spec.key, hash)) {
            return fail(Code::Corrupt,
                        "catalogue record {} makes series {} '{}', one of which "
                        "there is already: '{}'",
                        record.lsn, id.value, spec.key, key(id));
        }
        install(id, spec, hash);
        next_ = std::max(next_, std::uint64_t{++id.value});
    }
    // A series whose own record is damaged has no time to live: its id may be given out again.
    if (record.type == time_to_live_record && type(id) != ValueType::Null) {
        times_to_live_.at(id.value) = replayed_.time_to_live.count();
    }
    return {};
}

Result<> Catalogue::check(const SeriesSpec& spec) const {
    const std::size_t limit = std::min(key_bytes_max, payload_bytes_max_ - series_overhead_max);
    if (spec.key.size() > limit) {
        return fail(Code::InvalidArgument,
                    "the key of a series has {} bytes, at most {} are allowed: '{}…'",
                    spec.key.size(), limit, spec.key.substr(0, 64));
    }
    if (spec.type == ValueType::Null) {
        return fail(Code::InvalidArgument, "series '{}' needs a type of value", spec.key);
    }
    return {};
}

std::uint64_t Catalogue::hash_of(std::string_view key) const {
    return XXH3_64bits_withSecret(key.data(), key.size(), secret_.data(), secret_.size());
}

std::optional<SeriesId> Catalogue::lookup(std::string_view key, std::uint64_t hash) const {
    const Stripe& stripe = stripes_[stripe_of(hash)];
    const std::shared_lock lock(stripe.mutex);
    const auto id = stripe.ids.find(
        static_cast<std::uint32_t>(hash),
        [this, key](std::uint32_t number) { return this->key(SeriesId{number}) == key; });
    return id ? std::optional(SeriesId{*id}) : std::nullopt;
}

std::optional<SeriesInfo> Catalogue::find(std::string_view key) const {
    const auto id = lookup(key, hash_of(key));
    return id ? std::optional(SeriesInfo{*id, type(*id)}) : std::nullopt;
}

Result<SeriesId> Catalogue::make(std::string_view key, ValueType type) {
    if (const auto known = find(key); known && known->type == type) {
        return known->id;
    }
    std::vector<SeriesId> ids;
    const SeriesSpec spec{key, type};
    TRY(make_all(std::span(&spec, 1), ids));
    return ids.front();
}

Result<> Catalogue::make_all(std::span<const SeriesSpec> specs, std::vector<SeriesId>& out) {
    const std::uint64_t size_before = size();
    std::vector<SeriesId> ids(specs.size());
    std::vector<Missing> missing;
    for (std::size_t i = 0; i < specs.size(); ++i) {
        const SeriesSpec& spec = specs[i];
        TRY(check(spec));
        const std::uint64_t hash = hash_of(spec.key);
        if (const auto id = lookup(spec.key, hash)) {
            TRY(check_type(spec, this->type(*id)));
            ids[i] = *id;
        } else {
            missing.push_back({i, hash});
        }
    }
    if (!missing.empty()) {
        TRY(make_missing(specs, missing, size_before, ids));
    }
    out = std::move(ids);
    return {};
}

Result<> Catalogue::make_missing(std::span<const SeriesSpec> specs,
                                 std::span<const Missing> missing, std::uint64_t size_before,
                                 std::vector<SeriesId>& ids) {
    std::vector<SeriesSpec> fresh;
    std::vector<std::uint64_t> hashes;
    SlotTable places;  // in `fresh`
    const std::lock_guard lock(writing_);
    const bool others_made_some = size() != size_before;
    for (const auto& [index, hash] : missing) {
        const SeriesSpec& spec = specs[index];
        if (const auto id = others_made_some ? lookup(spec.key, hash) : std::nullopt) {
            TRY(check_type(spec, this->type(*id)));
            ids[index] = *id;
            continue;
        }
        const auto short_hash = static_cast<std::uint32_t>(hash);
        auto place = places.find(
            short_hash, [&](std::uint32_t number) { return fresh[number].key == spec.key; });
        if (place) {
            TRY(check_type(spec, fresh[*place].type));
        } else {
            place = static_cast<std::uint32_t>(fresh.size());
            places.insert(short_hash, *place);
            fresh.push_back(spec);
            hashes.push_back(hash);
        }
        ids[index] = SeriesId{static_cast<std::uint32_t>(next_ + *place)};
    }
    return add(fresh, hashes);
}

Result<> Catalogue::add(std::span<const SeriesSpec> fresh, std::span<const std::uint64_t> hashes) {
    if (fresh.empty()) {
        return {};
    }
    if (size() + fresh.size() > series_max_ || next_ + fresh.size() > SlotTable::none) {
        return fail(Code::RateLimited,
                    "there are {} series already, the limit (store.series_max) is {}: raise it, or "
                    "write to fewer series; '{}' was not made",
                    size(), series_max_, fresh.front().key);
    }
    Bytes payload;
    for (std::size_t done = 0; done < fresh.size();) {
        const SeriesId first{static_cast<std::uint32_t>(next_)};
        const std::size_t count =
            encode_series(first, fresh.subspan(done), payload_bytes_max_, payload);
        TRY(append(series_record, payload));
        for (std::size_t i = 0; i < count; ++i, ++done) {
            install(SeriesId{static_cast<std::uint32_t>(next_++)}, fresh[done], hashes[done]);
        }
    }
    return {};
}

// Under writing_. The journal takes in two files before it wants to be committed.
Result<> Catalogue::append(std::uint32_t type, ByteView payload) {
    auto lsn = journal_->append(type, payload);
    if (!lsn && lsn.error().code == Code::Unavailable && !journal_->failed()) {
        TRY(journal_->commit());
        lsn = journal_->append(type, payload);
    }
    TRY(lsn);
    last_.store(*lsn, std::memory_order_release);
    return {};
}

// What a reader can find leads it to a key and a type.
void Catalogue::install(SeriesId id, const SeriesSpec& spec, std::uint64_t hash) {
    keys_.at(id.value).store(arena_.add(spec.key), std::memory_order_release);
    types_.at(id.value).store(spec.type, std::memory_order_release);
    Stripe& stripe = stripes_[stripe_of(hash)];
    {
        const std::unique_lock lock(stripe.mutex);
        stripe.ids.insert(static_cast<std::uint32_t>(hash), id.value);
    }
    size_.fetch_add(1, std::memory_order_release);
}

Result<> Catalogue::set_time_to_live(SeriesId id, Duration time_to_live) {
    if (time_to_live < Duration::zero()) {
        return fail(Code::InvalidArgument, "a time to live of {} is less than nothing",
                    format_duration(time_to_live));
    }
    const std::lock_guard lock(writing_);
    if (type(id) == ValueType::Null) {
        return fail(Code::NotFound, "there is no series {}", id.value);
    }
    if (this->time_to_live(id) != time_to_live) {
        TRY(append(time_to_live_record, encode_time_to_live(id, time_to_live)));
        times_to_live_.at(id.value).store(time_to_live.count(), std::memory_order_relaxed);
    }
    return {};
}

std::uint64_t Catalogue::bytes() const {
    std::uint64_t bytes =
        sizeof(*this) + arena_.bytes() + types_.bytes() + keys_.bytes() + times_to_live_.bytes();
    for (const Stripe& stripe : stripes_) {
        const std::shared_lock lock(stripe.mutex);
        bytes += stripe.ids.bytes();
    }
    return bytes;
}

Result<> Catalogue::commit() {
    const journal::Lsn last = last_.load(std::memory_order_acquire);
    return journal_->durable() >= last ? Result<>{} : journal_->commit();
}

}  // namespace gantry::store
