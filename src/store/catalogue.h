// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "journal/journal.h"
#include "store/catalogue_record.h"
#include "store/key_arena.h"
#include "store/paged_array.h"
#include "store/slot_table.h"
#include "store/store.h"

namespace gantry::store {

// Keys, types and times to live of all series, in memory, and in a journal of its own that is never
// released. An id is permanent. Any thread; who makes series waits for others who do, and for the
// disk when more is made than the journal takes in before a commit.
class Catalogue {
public:
    static constexpr std::size_t key_bytes_max = std::size_t{64} << 10;

    static Result<std::unique_ptr<Catalogue>> open(Disk& disk, const std::string& folder,
                                                   Random& random, Log& log,
                                                   const StoreOptions& options);

    // The series of that key, made if there is none. Conflict: it has another type. RateLimited:
    // series_max is reached. InvalidArgument: the key is too long, or there is no type.
    Result<SeriesId> make(std::string_view key, ValueType type);
    // All or none; `out` gets the ids in the same order. Only when the journal itself refuses
    // (StorageFull, Unavailable) part of a call of many megabytes may have been made.
    Result<> make_all(std::span<const SeriesSpec> specs, std::vector<SeriesId>& out);

    std::optional<SeriesInfo> find(std::string_view key) const;
    // Null for an id that was never given out.
    ValueType type(SeriesId id) const {
        const std::atomic<ValueType>* type = types_.find(id.value);
        return type == nullptr ? ValueType::Null : type->load(std::memory_order_acquire);
    }
    // Good for the catalogue's life; empty for an id that was never given out.
    std::string_view key(SeriesId id) const {
        const std::atomic<const char*>* place = keys_.find(id.value);
        const char* text = place == nullptr ? nullptr : place->load(std::memory_order_acquire);
        return text == nullptr ? std::string_view() : KeyArena::view(text);
    }

    // 0 is for ever. NotFound: there is no such series.
    Result<> set_time_to_live(SeriesId id, Duration time_to_live);
    Duration time_to_live(SeriesId id) const {
        const std::atomic<std::int64_t>* nanoseconds = times_to_live_.find(id.value);
        return Duration(nanoseconds == nullptr ? 0 : nanoseconds->load(std::memory_order_relaxed));
    }

    // Of all that were set since the start or before; 0 when none was.
    Duration longest_time_to_live() const {
        return Duration(longest_time_to_live_.load(std::memory_order_relaxed));
    }

    std::uint64_t size() const { return size_.load(std::memory_order_acquire); }
    // Memory that it takes.
    std::uint64_t bytes() const;

    // Makes all that was made durable; cheap when nothing was.
    Result<> commit();
    Result<> prepare() { return journal_->prepare(); }

private:
    static constexpr std::size_t stripe_count = 64;

    // By the highest bits of the hash. Each grows by itself, so that none keeps its readers
    // waiting.
    struct alignas(64) Stripe {
        mutable std::shared_mutex mutex;
        SlotTable ids;
    };
    struct Wanted {
        std::uint64_t hash = 0;
        std::optional<SeriesId> id;
    };

    Catalogue(Random& random, const StoreOptions& options);
    Result<> replay(const journal::Record& record);
    Result<> check(const SeriesSpec& spec) const;
    std::uint64_t hash_of(std::string_view key) const;
    std::optional<SeriesId> lookup(std::string_view key, std::uint64_t hash) const;
    std::optional<SeriesId> lookup_locked(const Stripe& stripe, std::string_view key,
                                          std::uint64_t hash) const;
    // In the order of the specs. Works stripe by stripe, so that a lock is taken once and many keys
    // are on their way from memory together.
    std::vector<Wanted> lookup_all(std::span<const SeriesSpec> specs) const;
    void lookup_group(const Stripe& stripe, std::span<const std::size_t> group,
                      std::span<const SeriesSpec> specs, std::span<Wanted> wanted) const;
    // Makes what has no id, and sets it.
    Result<> make_missing(std::span<const SeriesSpec> specs, std::span<Wanted> wanted,
                          std::uint64_t size_before);
    Result<> add(std::span<const SeriesSpec> fresh, std::span<const std::uint64_t> hashes);
    Result<> append(std::uint32_t type, ByteView payload);
    void put_time_to_live(SeriesId id, Duration time_to_live);
    void install(SeriesId id, const SeriesSpec& spec, std::uint64_t hash);

    const std::uint64_t series_max_;
    const std::size_t file_bytes_;
    const std::size_t payload_bytes_max_;
    std::array<std::byte, 192> secret_;  // of the hash: clients choose keys
    std::unique_ptr<journal::Journal> journal_;
    CatalogueRecord replayed_;

    std::array<Stripe, stripe_count> stripes_;
    PagedArray<std::atomic<ValueType>> types_;
    PagedArray<std::atomic<const char*>> keys_;
    PagedArray<std::atomic<std::int64_t>> times_to_live_;
    std::atomic<std::int64_t> longest_time_to_live_ = 0;
    std::atomic<std::uint64_t> size_ = 0;
    std::atomic<journal::Lsn> last_ = 0;  // appended

    std::mutex writing_;  // guards what follows; held by whoever makes or changes series
    KeyArena arena_;
    std::uint64_t next_ = 0;  // id
};

}  // namespace gantry::store
