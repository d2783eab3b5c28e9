// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>

#include "arrow/detail/decode.h"
#include "arrow/detail/table.h"

namespace gantry::arrow {
namespace {

// Rows are read in stretches of so many, column by column: long runs of one series.
constexpr std::size_t stretch_rows = SampleStream::part_rows / 2;

class WideTable final : public Table {
public:
    WideTable(const Schema& schema, Points& points, Rejections& rejections, Budget& budget)
        : schema_(schema), points_(points), rejections_(rejections), budget_(budget) {}

    Result<> find_columns() {
        std::set<std::string_view> seen;
        bool has_time = false;
        for (std::size_t i = 0; i < schema_.fields.size(); ++i) {
            const Field& field = schema_.fields[i];
            if (!seen.insert(field.name).second) {
                return fail(Code::InvalidArgument, "column '{}' is there twice", field.name);
            }
            if (field.name == "time") {
                TRY(check_time_column(field));
                time_column_ = i;
                has_time = true;
                continue;
            }
            TRY(add_point(i));
        }
        if (!has_time) {
            return fail(Code::InvalidArgument,
                        "there is no column 'time': give time and a column a point, or point, time "
                        "and value");
        }
        return {};
    }

    Result<> begin(const RecordBatch& batch) override {
        from_ = 0;
        count_ = 0;
        begin_stretch(batch);
        return {};
    }

    Result<bool> read(const RecordBatch& batch, PartColumns& out) override {
        while (count_ > 0) {
            for (; column_ < columns_.size(); ++column_, row_ = 0) {
                if (!has_room(out)) {
                    return false;
                }
                TRY(read_column(batch, columns_[column_], out));
                if (row_ < count_) {
                    return false;
                }
            }
            begin_stretch(batch);
        }
        return true;
    }

private:
    struct PointColumn {
        std::size_t index = 0;  // in the schema
        Points::Entry point;
    };

    Result<> add_point(std::size_t index) {
        const Field& field = schema_.fields[index];
        if (field.type.kind == Kind::Instant) {
            return fail(Code::InvalidArgument, "column '{}' is of type {}: a point holds no times",
                        field.name, type_name(field.type));
        }
        TRY_ASSIGN(const std::uint32_t number, points_.number_of(field.name));
        const Points::Entry point = points_[number];
        if (point.type == ValueType::Null) {
            return within(std::format("column '{}'", field.name), points_.why(field.name));
        }
        columns_.push_back({index, point});
        return {};
    }

    // A column of a stretch goes into one part, unless it is of texts.
    bool has_room(const PartColumns& out) const {
        return !out.full() && out.size() + count_ - row_ <= SampleStream::part_rows;
    }

    // The next rows of the record batch with their times; none at its end.
    void begin_stretch(const RecordBatch& batch) {
        from_ += count_;
        count_ = std::min(batch.rows - from_, stretch_rows);
        column_ = 0;
        row_ = 0;
        if (count_ == 0) {
            return;
        }
        const Column& times = batch.columns[time_column_];
        times_.resize(count_);
        all_timed_ =
            all_valid(times, from_, count_) && decode_times(times, from_, count_, times_.data());
        if (all_timed_) {
            return;
        }
        timed_.assign(count_, 1);
        for (std::size_t i = 0; i < count_; ++i) {
            const auto time = read_time(times, from_ + i);
            if (time) {
                times_[i] = *time;
            } else {
                timed_[i] = 0;
                rejections_.add(batch.first_row + from_ + i, time.error());
            }
        }
    }

    Result<> read_column(const RecordBatch& batch, const PointColumn& of, PartColumns& out) {
        const Column& column = batch.columns[of.index];
        if (column.type.kind == Kind::Null) {
            row_ = count_;
            return {};
        }
        if (schema_.fields[of.index].type.text()) {
            return read_texts(batch, of, out);
        }
        bits_.resize(count_);
        ValueType type = value_type_of(column.type);
        const bool fits = decode_bits(column, from_, count_, bits_.data());
        const bool complete = all_timed_ && fits && all_valid(column, from_, count_);
        // What stands where a value is null must not keep the others from being converted.
        if (complete && convert_bits(bits_.data(), count_, type, of.point.type)) {
            type = of.point.type;
        }
        if (complete) {
            out.begin_run(batch.first_row + from_);
            out.series.insert(out.series.end(), count_, of.point.series);
            out.time.insert(out.time.end(), times_.begin(), times_.end());
            out.type.insert(out.type.end(), count_, type);
            out.bits.insert(out.bits.end(), bits_.begin(), bits_.end());
            out.quality.insert(out.quality.end(), count_, quality::good);
        } else {
            read_numbers(batch, of, fits, out);
        }
        row_ = count_;
        return {};
    }

    bool is_there(const Column& column, std::size_t row) const {
        return (all_timed_ || timed_[row] != 0) && column.valid(from_ + row);
    }

    void read_numbers(const RecordBatch& batch, const PointColumn& of, bool fits,
                      PartColumns& out) {
        const Column& column = batch.columns[of.index];
        bool in_line = false;
        for (std::size_t row = 0; row < count_; ++row) {
            std::uint64_t bits = bits_[row];
            const bool there = is_there(column, row);
            const bool too_large = there && !fits && !decode_bits(column, from_ + row, 1, &bits);
            if (too_large) {
                reject(batch, of, row,
                       {Code::InvalidArgument, "the value is larger than an int64", {}});
            }
            if (!there || too_large) {
                in_line = false;
                continue;
            }
            if (!in_line) {
                out.begin_run(batch.first_row + from_ + row);
                in_line = true;
            }
            ValueType type = value_type_of(column.type);
            if (convert_bits(&bits, 1, type, of.point.type)) {
                type = of.point.type;
            }
            out.add(of.point.series, times_[row], quality::good, type, bits);
        }
    }

    Result<> read_texts(const RecordBatch& batch, const PointColumn& of, PartColumns& out) {
        const Column& column = batch.columns[of.index];
        bool in_line = false;
        for (; row_ < count_ && !out.full(); ++row_) {
            std::string_view text;
            if (!read_text(column, batch.dictionaries[of.index], from_ + row_, text)) {
                return text_outside(schema_.fields[of.index], from_ + row_);
            }
            auto problem = text.data() == nullptr ? std::nullopt : check_text(text);
            if (problem) {
                reject(batch, of, row_, std::move(*problem));
            }
            if (problem || text.data() == nullptr || !is_there(column, row_)) {
                in_line = false;
                continue;
            }
            if (!budget_.take(text.size())) {
                return Budget::refusal();
            }
            if (!in_line) {
                out.begin_run(batch.first_row + from_ + row_);
                in_line = true;
            }
            out.add_text(of.point.series, times_[row_], quality::good, text);
        }
        return {};
    }

    void reject(const RecordBatch& batch, const PointColumn& of, std::size_t row, Error error) {
        error.message =
            std::format("column '{}': {}", schema_.fields[of.index].name, error.message);
        rejections_.add(batch.first_row + from_ + row, std::move(error));
    }

    const Schema& schema_;
    Points& points_;
    Rejections& rejections_;
    Budget& budget_;
    std::size_t time_column_ = 0;
    std::vector<PointColumn> columns_;
    // The stretch at hand: rows of the record batch, the column that is read next, and from which
    // row of the stretch on.
    std::size_t from_ = 0;
    std::size_t count_ = 0;
    std::size_t column_ = 0;
    std::size_t row_ = 0;
    std::vector<Time> times_;
    std::vector<std::uint8_t> timed_;  // 1 where there is a time; of use when some have none
    bool all_timed_ = true;
    std::vector<std::uint64_t> bits_;
};

}  // namespace

Result<std::unique_ptr<Table>> make_wide_table(const Schema& schema, Points& points,
                                               Rejections& rejections, Budget& budget) {
    auto out = std::make_unique<WideTable>(schema, points, rejections, budget);
    TRY(out->find_columns());
    return out;
}

}  // namespace gantry::arrow
