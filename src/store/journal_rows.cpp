// SPDX-License-Identifier: Apache-2.0
#include "store/journal_rows.h"

#include <algorithm>
#include <array>

#include "journal/frame.h"
#include "store/batch_record.h"

namespace gantry::store {
namespace {

// What a row takes in a memtable, about.
constexpr std::uint64_t row_bytes = 20;

std::uint64_t bytes_of(const SampleBatch& batch, std::size_t i) {
    const bool text = batch.type_column()[i] == ValueType::String;
    return row_bytes + (text ? batch.bits_column()[i] & UINT32_MAX : 0);
}

// Whether the row was there when something was erased that it belongs to.
bool is_erased(std::span<const Tombstone> tombstones, Time time, journal::Lsn lsn) {
    return std::ranges::any_of(tombstones, [time, lsn](const Tombstone& tombstone) {
        return tombstone.lsn > lsn && tombstone.range.contains(time);
    });
}

// A span of time in parts of one length.
struct Histogram {
    static constexpr std::uint64_t parts = 1024;

    Time from = 0;
    std::uint64_t width = 1;
    std::array<std::uint64_t, parts> bytes{};

    // Of the times from `first` to `last`, both included.
    Histogram(Time first, Time last)
        : from(first),
          width((static_cast<std::uint64_t>(last) - static_cast<std::uint64_t>(first)) / parts +
                1) {}
    std::uint64_t part_of(Time time) const {
        return (static_cast<std::uint64_t>(time) - static_cast<std::uint64_t>(from)) / width;
    }
    Time start_of(std::uint64_t part) const {
        return static_cast<Time>(static_cast<std::uint64_t>(from) + part * width);
    }
};

}  // namespace

Result<> JournalRows::hold(Disk& disk, const std::string& folder) {
    TRY_ASSIGN(const bool there, disk.exists(folder));
    if (!there) {
        return {};
    }
    TRY_ASSIGN(const auto names, disk.list(folder));
    for (const std::string& name : names) {
        if (journal::is_journal_file(name)) {
            TRY_ASSIGN(const auto file, disk.open(folder + "/" + name, OpenMode::Read));
            TRY_ASSIGN(auto mapping, file->map());
            files_.push_back({name, std::move(mapping)});
        }
    }
    return {};
}

bool JournalRows::holds(const journal::FolderScan& scan) const {
    return std::ranges::equal(files_, scan.files, {}, &File::name,
                              &journal::FolderScan::File::name);
}

void JournalRows::count(const SampleBatch& batch, journal::Lsn lsn) {
    first_lsn_ = first_lsn_ == 0 ? lsn : first_lsn_;
    last_lsn_ = lsn;
    rows_ += batch.size();
    for (std::size_t i = 0; i < batch.size(); ++i) {
        const std::uint32_t series = batch.series_column()[i].value;
        const std::size_t page = series >> page_bits;
        if (page >= by_series_.size()) {
            by_series_.resize(page + 1);
        }
        if (by_series_[page] == nullptr) {
            by_series_[page] = std::make_unique<Page>();
        }
        const std::uint64_t bytes = bytes_of(batch, i);
        (*by_series_[page])[series % (1U << page_bits)] += bytes;
        bytes_ += bytes;
        first_ = std::min(first_, batch.time_column()[i]);
        last_ = std::max(last_, batch.time_column()[i]);
    }
}

std::uint64_t JournalRows::bytes(SeriesId series) const {
    const std::size_t page = series.value >> page_bits;
    return page < by_series_.size() && by_series_[page] != nullptr
               ? (*by_series_[page])[series.value % (1U << page_bits)]
               : 0;
}

void JournalRows::each_series(const std::function<void(std::uint32_t)>& visit) const {
    for (std::size_t page = 0; page < by_series_.size(); ++page) {
        for (std::size_t i = 0; by_series_[page] != nullptr && i < by_series_[page]->size(); ++i) {
            if ((*by_series_[page])[i] > 0) {
                visit(static_cast<std::uint32_t>(page << page_bits | i));
            }
        }
    }
}

Result<> JournalRows::visit(const BatchVisitor& visitor) const {
    SampleBatch batch;
    journal::Lsn last = 0;
    for (const File& file : files_) {
        TRY_ASSIGN(const auto scan,
                   journal::scan_file(file.mapping->bytes(), file.name, last,
                                      [&](const journal::Record& record) -> Result<> {
                                          if (record.lsn >= first_lsn_ && record.lsn <= last_lsn_ &&
                                              decode_batch(record.type, record.payload, batch)) {
                                              visitor(batch, record.lsn);
                                          }
                                          return {};
                                      }));
        last = std::max(last, scan.last);
    }
    return {};
}

Result<> JournalRows::read(std::span<const SeriesId> series, TimeRange range,
                           const Tombstones& tombstones, Memtable& out) const {
    if (series.empty() || rows_ == 0) {
        return {};
    }
    const auto is_wanted = [series](SeriesId one) {
        return one.value >= series.front().value && one.value <= series.back().value &&
               std::ranges::binary_search(series, one.value, {}, &SeriesId::value);
    };
    SampleBatch wanted;
    return visit([&](const SampleBatch& batch, journal::Lsn lsn) {
        wanted.clear();
        for (std::size_t i = 0; i < batch.size(); ++i) {
            if (range.contains(batch.time(i)) && is_wanted(batch.series(i)) &&
                !is_erased(tombstones.of(batch.series(i)), batch.time(i), lsn)) {
                wanted.add_row(batch.row(i));
            }
        }
        if (!wanted.empty()) {
            out.add(wanted, lsn);
        }
    });
}

Result<std::vector<TimeRange>> JournalRows::split(SeriesId series, TimeRange range,
                                                  std::uint64_t bytes_max) const {
    std::vector<TimeRange> out;
    TRY(split(series, range, bytes_max, out));
    return out;
}

Result<> JournalRows::split(SeriesId series, TimeRange range, std::uint64_t bytes_max,
                            std::vector<TimeRange>& out) const {
    const auto each = [&](const auto& take) {
        return visit([&](const SampleBatch& batch, journal::Lsn) {
            for (std::size_t i = 0; i < batch.size(); ++i) {
                if (batch.series(i) == series && range.contains(batch.time(i))) {
                    take(batch.time(i), bytes_of(batch, i));
                }
            }
        });
    };
    Time first = time_max;
    Time last = time_min;
    std::uint64_t all = 0;
    TRY(each([&](Time time, std::uint64_t bytes) {
        first = std::min(first, time);
        last = std::max(last, time);
        all += bytes;
    }));
    if (all <= bytes_max || first == last) {
        out.push_back(range);
        return {};
    }
    const auto histogram = std::make_unique<Histogram>(first, last);
    TRY(each([&](Time time, std::uint64_t bytes) {
        histogram->bytes[histogram->part_of(time)] += bytes;
    }));
    Time from = range.from;
    std::uint64_t held = 0;
    for (std::uint64_t part = 0; part <= histogram->part_of(last); ++part) {
        const std::uint64_t bytes = histogram->bytes[part];
        const Time start = histogram->start_of(part);
        if (held > 0 && held + bytes > bytes_max) {
            out.push_back({from, start});
            from = start;
            held = 0;
        }
        held += bytes;
        if (bytes > bytes_max) {
            const bool end = part == histogram->part_of(last);
            const Time to = end ? range.to : histogram->start_of(part + 1);
            TRY(split(series, {from, to}, bytes_max, out));
            from = to;
            held = 0;
        }
    }
    if (from < range.to) {
        out.push_back({from, range.to});
    }
    return {};
}

}  // namespace gantry::store
