// SPDX-License-Identifier: Apache-2.0
#include "store/catalogue.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <numeric>

#include "base/assert.h"
#include "journal/frame.h"

namespace gantry::store {
namespace {

constexpr std::int64_t file_bytes_max = std::int64_t{4} << 20;

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
        put_time_to_live(id, replayed_.time_to_live);
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
    return lookup_locked(stripe, key, hash);
}

std::optional<SeriesId> Catalogue::lookup_locked(const Stripe& stripe, std::string_view key,
                                                 std::uint64_t hash) const {
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

std::vector<Catalogue::Wanted> Catalogue::lookup_all(std::span<const SeriesSpec> specs) const {
    constexpr std::size_t group_max = 32;
    std::vector<Wanted> out(specs.size());
    std::array<std::size_t, stripe_count + 1> begins{};  // of each stripe's part of the order
    for (std::size_t i = 0; i < specs.size(); ++i) {
        out[i].hash = hash_of(specs[i].key);
        ++begins[stripe_of(out[i].hash) + 1];
    }
    std::partial_sum(begins.begin(), begins.end(), begins.begin());
    std::vector<std::size_t> order(specs.size());
    auto next = begins;
    for (std::size_t i = 0; i < specs.size(); ++i) {
        order[next[stripe_of(out[i].hash)]++] = i;
    }
    for (std::size_t stripe = 0; stripe < stripe_count; ++stripe) {
        for (std::size_t at = begins[stripe]; at < begins[stripe + 1]; at += group_max) {
            const std::size_t count = std::min(group_max, begins[stripe + 1] - at);
            lookup_group(stripes_[stripe], std::span(order).subspan(at, count), specs, out);
        }
    }
    return out;
}

void Catalogue::lookup_group(const Stripe& stripe, std::span<const std::size_t> group,
                             std::span<const SeriesSpec> specs, std::span<Wanted> wanted) const {
    const std::shared_lock lock(stripe.mutex);
    for (const std::size_t i : group) {
        stripe.ids.prefetch(static_cast<std::uint32_t>(wanted[i].hash));
    }
    // The first with that hash nearly always is the one.
    for (const std::size_t i : group) {
        const auto id = stripe.ids.find(static_cast<std::uint32_t>(wanted[i].hash),
                                        [](std::uint32_t) { return true; });
        if (id) {
            wanted[i].id = SeriesId{*id};
            __builtin_prefetch(keys_.find(*id));
        }
    }
    for (const std::size_t i : group) {
        if (const auto id = wanted[i].id) {
            __builtin_prefetch(keys_.find(id->value)->load(std::memory_order_relaxed));
            __builtin_prefetch(types_.find(id->value));
        }
    }
    for (const std::size_t i : group) {
        if (wanted[i].id && key(*wanted[i].id) != specs[i].key) {
            wanted[i].id = lookup_locked(stripe, specs[i].key, wanted[i].hash);
        }
    }
}

Result<> Catalogue::make_all(std::span<const SeriesSpec> specs, std::vector<SeriesId>& out) {
    for (const SeriesSpec& spec : specs) {
        TRY(check(spec));
    }
    const std::uint64_t size_before = size();
    std::vector<Wanted> wanted = lookup_all(specs);
    bool all_known = true;
    for (std::size_t i = 0; i < specs.size(); ++i) {
        all_known = all_known && wanted[i].id.has_value();
        if (wanted[i].id) {
            TRY(check_type(specs[i], type(*wanted[i].id)));
        }
    }
    if (!all_known) {
        TRY(make_missing(specs, wanted, size_before));
    }
    out.resize(specs.size());
    std::ranges::transform(wanted, out.begin(), [](const Wanted& one) { return *one.id; });
    return {};
}

Result<> Catalogue::make_missing(std::span<const SeriesSpec> specs, std::span<Wanted> wanted,
                                 std::uint64_t size_before) {
    std::vector<SeriesSpec> fresh;
    std::vector<std::uint64_t> hashes;
    SlotTable places;  // in `fresh`
    const std::lock_guard lock(writing_);
    const bool others_made_some = size() != size_before;
    for (std::size_t i = 0; i < specs.size(); ++i) {
        const SeriesSpec& spec = specs[i];
        auto& [hash, id] = wanted[i];
        if (id) {
            continue;
        }
        if (others_made_some) {
            id = lookup(spec.key, hash);
        }
        if (id) {
            TRY(check_type(spec, this->type(*id)));
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
        id = SeriesId{static_cast<std::uint32_t>(next_ + *place)};
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
        put_time_to_live(id, time_to_live);
    }
    return {};
}

void Catalogue::put_time_to_live(SeriesId id, Duration time_to_live) {
    times_to_live_.at(id.value).store(time_to_live.count(), std::memory_order_relaxed);
    longest_time_to_live_ = std::max(longest_time_to_live_.load(), time_to_live.count());
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
