// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

#include "store/batch_format.h"
#include "store/batch_record.h"
#include "store/row_columns.h"

namespace gantry::store {

// Goes through one column of a record.
class ColumnReader {
public:
    enum class Kind : std::uint8_t { Raw, Runs, Groups, Stretches };

    ColumnReader() : in_({}) {}
    ColumnReader(Kind kind, ByteReader in) : kind_(kind), in_(in) {}

    // The next values, as many as there is room for; false if that is not what follows. Of groups
    // always a whole one, or what is left of the last.
    template <class T>
    [[nodiscard]] bool fill(std::span<T> out);
    // Passes so many, at most what fill() would take.
    template <class T>
    [[nodiscard]] bool skip(std::size_t rows);

private:
    template <class T>
    bool next_stretch();
    bool next_run();
    template <class T>
    bool fill_runs(std::span<T> out);
    template <class T>
    bool fill_stretches(std::span<T> out);

    Kind kind_ = Kind::Raw;
    ByteReader in_;
    std::uint64_t start_ = 0;  // of the run
    std::uint64_t value_ = 0;  // the next one of it, or that of the stretch
    std::uint64_t step_ = 0;
    std::uint64_t left_ = 0;  // of the run or stretch
};

// Goes through the rows of a record, so few at a time that they stay in the nearest cache. A copy
// goes on from where the original is.
class BatchReader {
public:
    struct Room {
        std::array<SeriesId, group_rows> series;
        std::array<Time, group_rows> time;
        std::array<ValueType, group_rows> type;
        std::array<std::uint64_t, group_rows> bits;
        std::array<Quality, group_rows> quality;
    };

    // False if the payload is not a batch. It must stay as long as the reader is used.
    [[nodiscard]] bool open(std::uint32_t type, ByteView payload);

    std::size_t rows() const { return rows_; }
    std::string_view texts() const { return texts_; }
    std::uint32_t series_max() const { return series_max_; }  // the largest id; 0 of no rows

    // The next rows, none at the end; false if what follows are no rows.
    [[nodiscard]] bool next(Room& room, RowColumns& out);
    // Passes as many, without looking at more than their series.
    [[nodiscard]] bool skip(Room& room, std::span<const SeriesId>& series);

private:
    bool open_packed(ByteReader& in);
    bool open_plain(ByteReader& in);
    bool open_series(ByteReader& in);
    bool open_times(ByteReader& in);
    template <class Visit>
    bool open_runs(ByteReader& in, ColumnReader& out, Visit visit);
    // `largest` is told the largest of a column of ids.
    bool open_raw(ByteReader& in, std::size_t width, ColumnReader& out,
                  std::uint32_t* largest = nullptr);

    std::uint64_t rows_ = 0;
    std::uint64_t left_ = 0;
    std::uint32_t series_max_ = 0;
    std::string_view texts_;
    ColumnReader series_;
    ColumnReader time_;
    ColumnReader type_;
    ColumnReader bits_;
    ColumnReader quality_;
};

}  // namespace gantry::store
