// SPDX-License-Identifier: Apache-2.0
// Lines against a set of series in memory. For tests and the fuzzer.
#pragma once

#include <format>
#include <map>
#include <string>
#include <vector>

#include "lineprotocol/line_parser.h"

namespace gantry::lineprotocol::testing {

// Series as a store makes them: one type a key, at most series_max.
class SeriesTable {
public:
    SeriesCache::Resolve resolver() {
        return [this](std::string_view key, ValueType type) { return resolve(key, type); };
    }
    const std::string& key(SeriesId id) const { return keys_[id.value]; }
    std::size_t asked() const { return asked_; }

    std::size_t series_max = SIZE_MAX;

private:
    Result<SeriesId> resolve(std::string_view key, ValueType type) {
        ++asked_;
        const auto known = ids_.find(std::string(key));
        if (known != ids_.end()) {
            if (types_[known->second.value] != type) {
                return fail(Code::Conflict, "series '{}' holds {}, not {}", key,
                            value_type_name(types_[known->second.value]), value_type_name(type));
            }
            return known->second;
        }
        if (keys_.size() == series_max) {
            return fail(Code::RateLimited, "there are {} series already", series_max);
        }
        const SeriesId id{static_cast<std::uint32_t>(keys_.size())};
        keys_.emplace_back(key);
        types_.push_back(type);
        ids_.emplace(key, id);
        return id;
    }

    std::map<std::string, SeriesId> ids_;
    std::vector<std::string> keys_;
    std::vector<ValueType> types_;
    std::size_t asked_ = 0;
};

// What came of a text: rows and errors, a line of text each.
struct Outcome {
    std::vector<std::string> rows;  // "cpu,host=a#usage 1000 int64 42"
    std::vector<std::string> errors;
    std::uint64_t lines = 0;
    std::uint64_t refused = 0;

    bool operator==(const Outcome&) const = default;
};

inline void append_rows(std::vector<std::string>& out, const SampleBatch& batch,
                        const SeriesTable& table) {
    for (std::size_t i = 0; i < batch.size(); ++i) {
        const gantry::Row row = batch.row(i);
        out.push_back(std::format("{} {} {} {}{}", table.key(row.series), row.time,
                                  value_type_name(row.type), gantry::to_text(row.value()),
                                  row.quality == quality::good ? "" : " not good"));
    }
}

// In pieces of that size; each batch is emptied after its piece.
inline Outcome parse(SeriesCache& cache, const SeriesTable& table, std::string_view text,
                     std::size_t piece_bytes, const LineOptions& options) {
    Outcome out;
    LineParser parser(cache, options);
    SampleBatch batch;
    std::size_t at = 0;
    do {
        const std::string piece(text.substr(at, piece_bytes));  // of its own, for the sanitizers
        at += piece.size();
        parser.parse(as_bytes(piece), at == text.size(), batch);
        append_rows(out.rows, batch, table);
        batch.clear();
    } while (at < text.size());
    for (const LineError& error : parser.errors()) {
        out.errors.push_back(to_text(error));
    }
    out.lines = parser.lines();
    out.refused = parser.refused();
    return out;
}

}  // namespace gantry::lineprotocol::testing
