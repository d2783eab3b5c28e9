// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "arrow/detail/decode.h"
#include "arrow/detail/table.h"

namespace gantry::arrow {
namespace {

enum Name : std::size_t { Point, TimeOf, ValueOf, ValueInt, ValueText, QualityOf, QualityCode };
constexpr std::array<std::string_view, 7> names = {
    "point", "time", "value", "value_int", "value_text", "quality", "quality_code"};
constexpr std::size_t absent = SIZE_MAX;

Result<> check_type(std::size_t name, const Field& field) {
    const bool fits = [&] {
        const Type& type = field.type;
        switch (name) {
            case Point:
            case ValueText: return type.text() || type.kind == Kind::Null;
            case TimeOf: return true;  // check_time_column()
            case ValueInt: return type.kind == Kind::Int || type.kind == Kind::Null;
            case QualityOf: return type.text() || type.kind == Kind::Int || type.kind == Kind::Null;
            case QualityCode: return type.kind == Kind::Int || type.kind == Kind::Null;
            default: return type.kind != Kind::Instant;
        }
    }();
    if (!fits) {
        return fail(Code::InvalidArgument,
                    "column '{}' is of type {}: point and value_text are texts, value_int and "
                    "quality_code whole numbers, value a number, bool or text",
                    field.name, type_name(field.type));
    }
    return name == TimeOf ? check_time_column(field) : Result<>{};
}

class LongTable final : public Table {
public:
    LongTable(const Schema& schema, Points& points, Rejections& rejections, Budget& budget)
        : schema_(schema), points_(points), rejections_(rejections), budget_(budget) {}

    Result<> find_columns() {
        columns_.fill(absent);
        for (std::size_t i = 0; i < schema_.fields.size(); ++i) {
            const Field& field = schema_.fields[i];
            const auto name = std::ranges::find(names, field.name);
            if (name == names.end()) {
                return fail(Code::InvalidArgument,
                            "column '{}' means nothing beside 'point': there may be point, time, "
                            "value, value_int, value_text, quality and quality_code",
                            field.name);
            }
            const auto which = static_cast<std::size_t>(name - names.begin());
            if (columns_[which] != absent) {
                return fail(Code::InvalidArgument, "column '{}' is there twice", field.name);
            }
            TRY(check_type(which, field));
            columns_[which] = i;
        }
        if (columns_[TimeOf] == absent) {
            return fail(Code::InvalidArgument, "there is no column 'time'");
        }
        if (columns_[ValueOf] == absent && columns_[ValueInt] == absent &&
            columns_[ValueText] == absent) {
            return fail(Code::InvalidArgument,
                        "there is no column 'value', 'value_int' or 'value_text'");
        }
        return {};
    }

    Result<> begin(const RecordBatch& batch) override {
        at_ = 0;
        const Dictionary* dictionary = batch.dictionaries[columns_[Point]];
        if (dictionary != nullptr && dictionary->version != version_) {
            version_ = dictionary->version;
            numbers_.clear();
            series_.clear();
            for (const std::string_view entry : dictionary->entries) {
                TRY_ASSIGN(const std::uint32_t number, points_.number_of(entry));
                numbers_.push_back(number);
                const Points::Entry& point = points_[number];
                series_.push_back(point.type == ValueType::Null ? unknown : point.series);
            }
        }
        return {};
    }

    Result<bool> read(const RecordBatch& batch, PartColumns& out) override {
        while (at_ < batch.rows && !out.full()) {
            const std::size_t count =
                std::min(batch.rows - at_, SampleStream::part_rows - out.size());
            const std::size_t before = out.size();
            out.begin_run(batch.first_row + at_);
            if (read_columns_of(batch, count, out)) {
                at_ += count;
                continue;
            }
            out.cut(before);
            TRY(read_rows(batch, count, out));
        }
        return at_ == batch.rows;
    }

private:
    static constexpr SeriesId unknown{UINT32_MAX};

    bool has(std::size_t name) const { return columns_[name] != absent; }
    const Column& column(const RecordBatch& batch, std::size_t name) const {
        return batch.columns[columns_[name]];
    }
    const Dictionary* dictionary(const RecordBatch& batch, std::size_t name) const {
        return batch.dictionaries[columns_[name]];
    }
    const Field& field(std::size_t name) const { return schema_.fields[columns_[name]]; }

    // The next rows, when all of them are as most are: points of a dictionary that are known, all
    // with a time and a number, qualities as codes or words of a dictionary. Else false.
    bool read_columns_of(const RecordBatch& batch, std::size_t count, PartColumns& out) {
        return has(ValueOf) && !has(ValueInt) && !has(ValueText) &&
               add_series(batch, count, out.series) && add_times(batch, count, out.time) &&
               add_values(batch, count, out) && add_qualities(batch, count, out.quality);
    }

    bool add_series(const RecordBatch& batch, std::size_t count, std::vector<SeriesId>& out) {
        const Column& points = column(batch, Point);
        if (dictionary(batch, Point) == nullptr || !all_valid(points, at_, count)) {
            return false;
        }
        indices_.resize(count);
        if (!decode_indices(points, at_, count, series_.size(), indices_.data())) {
            return false;
        }
        const std::size_t before = out.size();
        out.resize(before + count);
        bool known = true;
        for (std::size_t i = 0; i < count; ++i) {
            const SeriesId series = series_[indices_[i]];
            known &= series != unknown;
            out[before + i] = series;
        }
        return known;
    }

    bool add_times(const RecordBatch& batch, std::size_t count, std::vector<Time>& out) {
        const Column& times = column(batch, TimeOf);
        const std::size_t before = out.size();
        if (!all_valid(times, at_, count)) {
            return false;
        }
        out.resize(before + count);
        return decode_times(times, at_, count, out.data() + before);
    }

    bool add_values(const RecordBatch& batch, std::size_t count, PartColumns& out) {
        const Column& values = column(batch, ValueOf);
        ValueType type = value_type_of(values.type);
        if (type == ValueType::Null || dictionary(batch, ValueOf) != nullptr ||
            !all_valid(values, at_, count)) {
            return false;
        }
        const std::size_t before = out.bits.size();
        out.bits.resize(before + count);
        if (!decode_bits(values, at_, count, out.bits.data() + before)) {
            return false;
        }
        if (convert_bits(out.bits.data() + before, count, type, points_.common_type())) {
            type = points_.common_type();
        }
        out.type.insert(out.type.end(), count, type);
        return true;
    }

    bool add_qualities(const RecordBatch& batch, std::size_t count, std::vector<Quality>& out) {
        if (!has(QualityOf) && !has(QualityCode)) {
            out.insert(out.end(), count, quality::good);
            return true;
        }
        const std::size_t name = has(QualityCode) ? QualityCode : QualityOf;
        const Column& codes = column(batch, name);
        if (!all_valid(codes, at_, count)) {
            return false;
        }
        const std::size_t before = out.size();
        if (const Dictionary* words = dictionary(batch, name)) {
            indices_.resize(count);
            if (!parse_words(*words) ||
                !decode_indices(codes, at_, count, words_.size(), indices_.data())) {
                return false;
            }
            out.resize(before + count);
            for (std::size_t i = 0; i < count; ++i) {
                out[before + i] = words_[indices_[i]];
            }
            return true;
        }
        if (codes.type != uint32_type) {
            return false;
        }
        out.resize(before + count);
        std::memcpy(out.data() + before, codes.values.data() + at_ * sizeof(Quality),
                    count * sizeof(Quality));
        return true;
    }

    // The qualities that the words of a dictionary mean, if all of them mean one.
    bool parse_words(const Dictionary& words) {
        if (words.version == words_version_) {
            return words_.size() == words.entries.size();
        }
        words_version_ = words.version;
        words_.clear();
        for (const std::string_view entry : words.entries) {
            const auto quality = parse_quality(entry);
            if (!quality) {
                return false;
            }
            words_.push_back(*quality);
        }
        return true;
    }

    // The next rows one by one, until the part is full.
    Result<> read_rows(const RecordBatch& batch, std::size_t count, PartColumns& out) {
        bool in_line = false;
        for (const std::size_t end = at_ + count; at_ < end && !out.full(); ++at_) {
            if (!in_line) {
                out.begin_run(batch.first_row + at_);
            }
            TRY_ASSIGN(auto problem, read_row(batch, at_, out));
            in_line = !problem;
            if (problem) {
                rejections_.add(batch.first_row + at_, std::move(*problem));
            }
        }
        return {};
    }

    // Adds the row, or says why it is rejected. An error is one of the stream.
    Result<std::optional<Error>> read_row(const RecordBatch& batch, std::size_t row,
                                          PartColumns& out) {
        std::string_view name;
        if (!read_text(column(batch, Point), dictionary(batch, Point), row, name)) {
            return text_outside(field(Point), row);
        }
        if (name.data() == nullptr) {
            return Error{Code::InvalidArgument, "there is no point", {}};
        }
        TRY_ASSIGN(const std::uint32_t number, number_of(name));
        const Points::Entry point = points_[number];
        if (point.type == ValueType::Null) {
            return rejections_.full() ? Error{} : points_.why(name);
        }
        const auto time = read_time(column(batch, TimeOf), row);
        if (!time) {
            return time.error();
        }
        Quality how;
        TRY_ASSIGN(auto problem, read_quality(batch, row, how));
        if (problem) {
            return problem;
        }
        return read_value(batch, row, point, *time, how, out);
    }

    Result<std::uint32_t> number_of(std::string_view name) {
        if (name != last_name_ || last_name_.data() == nullptr) {
            TRY_ASSIGN(last_number_, points_.number_of(name));
            last_name_ = name;
        }
        return last_number_;
    }

    Result<std::optional<Error>> read_quality(const RecordBatch& batch, std::size_t row,
                                              Quality& out) {
        out = quality::good;
        const std::size_t name =
            has(QualityCode) && column(batch, QualityCode).valid(row) ? QualityCode : QualityOf;
        if (!has(name) || !column(batch, name).valid(row)) {
            return std::nullopt;
        }
        const Column& from = column(batch, name);
        if (!field(name).type.text()) {
            std::uint64_t code = 0;
            const bool fits = decode_bits(from, row, 1, &code) && code <= UINT32_MAX;
            out.code = static_cast<std::uint32_t>(code);
            return fits ? std::nullopt : wrong_quality("a number beyond 32 bits");
        }
        std::string_view word;
        if (!read_text(from, dictionary(batch, name), row, word)) {
            return text_outside(field(name), row);
        }
        const auto quality = word.data() == nullptr ? quality::good : parse_quality(word);
        if (!quality) {
            return wrong_quality(is_short(word) ? word : "a long text");
        }
        out = *quality;
        return std::nullopt;
    }

    static bool is_short(std::string_view word) { return word.size() <= 64; }
    static std::optional<Error> wrong_quality(std::string_view what) {
        return Error{Code::InvalidArgument,
                     std::format("quality '{}' must be good, uncertain, bad or an OPC UA status "
                                 "code",
                                 what),
                     {}};
    }

    // value_int and value_text are exact, so they come first; a row without any has no value.
    Result<std::optional<Error>> read_value(const RecordBatch& batch, std::size_t row,
                                            const Points::Entry& point, Time time, Quality how,
                                            PartColumns& out) {
        for (const std::size_t name : {ValueInt, ValueText, ValueOf}) {
            if (!has(name) || !column(batch, name).valid(row)) {
                continue;
            }
            if (field(name).type.text()) {
                return read_text_value(batch, name, row, point, time, how, out);
            }
            std::uint64_t bits = 0;
            if (!decode_bits(column(batch, name), row, 1, &bits)) {
                return Error{Code::InvalidArgument, "the value is larger than an int64", {}};
            }
            ValueType type = value_type_of(field(name).type);
            if (convert_bits(&bits, 1, type, point.type)) {
                type = point.type;
            }
            out.add(point.series, time, how, type, bits);
            return std::nullopt;
        }
        out.add(point.series, time, how, ValueType::Null, 0);
        return std::nullopt;
    }

    Result<std::optional<Error>> read_text_value(const RecordBatch& batch, std::size_t name,
                                                 std::size_t row, const Points::Entry& point,
                                                 Time time, Quality how, PartColumns& out) {
        std::string_view text;
        if (!read_text(column(batch, name), dictionary(batch, name), row, text)) {
            return text_outside(field(name), row);
        }
        if (text.data() == nullptr) {
            out.add(point.series, time, how, ValueType::Null, 0);
            return std::nullopt;
        }
        if (auto problem = check_text(text)) {
            return problem;
        }
        if (!budget_.take(text.size())) {
            return Budget::refusal();
        }
        out.add_text(point.series, time, how, text);
        return std::nullopt;
    }

    const Schema& schema_;
    Points& points_;
    Rejections& rejections_;
    Budget& budget_;
    std::array<std::size_t, names.size()> columns_{};
    std::size_t at_ = 0;  // in the record batch
    // Of each entry of the dictionary of points.
    std::vector<std::uint32_t> numbers_;
    std::vector<SeriesId> series_;
    std::uint64_t version_ = 0;
    std::vector<Quality> words_;  // of each entry of the dictionary of qualities
    std::uint64_t words_version_ = 0;
    std::vector<std::uint32_t> indices_;
    std::string_view last_name_;
    std::uint32_t last_number_ = 0;
};

}  // namespace

Result<std::unique_ptr<Table>> make_long_table(const Schema& schema, Points& points,
                                               Rejections& rejections, Budget& budget) {
    auto out = std::make_unique<LongTable>(schema, points, rejections, budget);
    TRY(out->find_columns());
    return out;
}

}  // namespace gantry::arrow
