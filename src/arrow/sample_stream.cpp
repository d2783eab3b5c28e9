// SPDX-License-Identifier: Apache-2.0
#include "arrow/sample_stream.h"

#include <algorithm>

#include "arrow/detail/decode.h"
#include "arrow/detail/table.h"
#include "base/encoding.h"

namespace gantry::arrow {

std::size_t Part::row_of(std::size_t index) const {
    const auto after = std::ranges::upper_bound(runs, index, {}, &Run::index);
    return after == runs.begin() ? index : after[-1].row + (index - after[-1].index);
}

Result<std::uint32_t> Points::number_of(std::string_view name) {
    constexpr std::size_t entry_bytes = 128;
    if (const auto known = numbers_.find(name); known != numbers_.end()) {
        return known->second;
    }
    if (!budget_.take(entry_bytes + std::min(name.size(), name_bytes_max))) {
        return Budget::refusal();
    }
    const auto number = static_cast<std::uint32_t>(entries_.size());
    Entry& entry = entries_.emplace_back();
    if (name.size() > name_bytes_max) {
        return number;  // not kept, so that long names take no memory
    }
    if (const auto found = resolve_(name)) {
        entry = {found->series, found->type};
        differ_ = differ_ || (common_ != ValueType::Null && common_ != found->type);
        common_ = found->type;
    }
    numbers_.emplace(name, number);
    return number;
}

Error Points::why(std::string_view name) const {
    if (name.size() > name_bytes_max) {
        return {Code::NotFound,
                std::format("there is no point with a name of {} bytes", name.size()),
                {}};
    }
    const auto again = resolve_(name);
    return again ? Error{Code::Conflict, std::format("point '{}' has just been made", name), {}}
                 : again.error();
}

void PartColumns::cut(std::size_t rows) {
    series.resize(rows);
    time.resize(rows);
    type.resize(rows);
    bits.resize(rows);
    quality.resize(rows);
    while (!runs.empty() && runs.back().index >= rows) {
        runs.pop_back();
    }
}

void PartColumns::move_into(Part& part) {
    part.batch = SampleBatch(std::move(series), std::move(time), std::move(type), std::move(bits),
                             std::move(quality), std::move(texts));
    part.runs = std::move(runs);
    *this = {};
}

void Rejections::add(std::size_t row, Error error) {
    if (!full()) {
        first.push_back({row, std::move(error)});
    }
    ++count;
}

bool read_text(const Column& column, const Dictionary* dictionary, std::size_t row,
               std::string_view& out) {
    if (!column.valid(row)) {
        out = {};
        return true;
    }
    if (dictionary == nullptr) {
        if (!column.text_at(row, out)) {
            return false;
        }
        out = out.data() == nullptr ? "" : out;
        return true;
    }
    std::uint32_t index = 0;
    if (!decode_indices(column, row, 1, dictionary->entries.size(), &index)) {
        return false;
    }
    out = dictionary->entries[index];
    return true;
}

std::optional<Error> check_text(std::string_view text) {
    if (text.size() > text_value_bytes_max) {
        return Error{Code::InvalidArgument,
                     std::format("the text has {} bytes, at most {} are kept", text.size(),
                                 text_value_bytes_max),
                     {}};
    }
    if (!is_utf8(text)) {
        return Error{Code::InvalidArgument, "the text is not UTF-8", {}};
    }
    return std::nullopt;
}

std::unexpected<Error> text_outside(const Field& field, std::size_t row) {
    return fail(Code::InvalidArgument,
                "column '{}', row {}: the text lies outside of its buffer or dictionary",
                field.name, row);
}

Result<Time> read_time(const Column& column, std::size_t row) {
    Time out = 0;
    if (!column.valid(row)) {
        return fail(Code::InvalidArgument, "there is no time");
    }
    if (!decode_time(column, row, out)) {
        return fail(Code::InvalidArgument, "the time is not between the years 1678 and 2262");
    }
    return out;
}

Result<> check_time_column(const Field& field) {
    if (field.type.kind != Kind::Instant) {
        return fail(Code::InvalidArgument, "column 'time' is of type {}: cast it to a timestamp",
                    type_name(field.type));
    }
    return {};
}

struct SampleStream::State {
    State(ByteView stream, Resolve resolve)
        : source(stream),
          points(std::move(resolve), source.kept_budget()),
          rows_likely(std::min(SampleStream::part_rows, stream.size() / 8)) {}

    Result<> open() {
        TRY(source.open());
        const bool is_long = std::ranges::any_of(
            source.schema().fields, [](const Field& field) { return field.name == "point"; });
        auto made = is_long ? make_long_table(source.schema(), points, rejections, source.budget())
                            : make_wide_table(source.schema(), points, rejections, source.budget());
        TRY_ASSIGN(table, std::move(made));
        return {};
    }

    // True when the part is full, false at the end of the stream.
    Result<bool> fill(PartColumns& columns) {
        if (!table) {
            TRY(open());
        }
        columns.reserve(rows_likely);
        while (true) {
            if (!reading) {
                TRY_ASSIGN(reading, source.next(batch));
                if (!reading) {
                    return false;
                }
                if (const auto begun = table->begin(batch); !begun) {
                    return within(std::format("record batch {}", batch.index), begun.error());
                }
            }
            const auto read = table->read(batch, columns);
            if (!read) {
                return within(std::format("record batch {}", batch.index), read.error());
            }
            reading = !*read;
            if (reading || columns.full()) {
                return true;
            }
        }
    }

    RecordBatchSource source;
    Points points;
    const std::size_t rows_likely;  // in a part
    Rejections rejections;
    std::unique_ptr<Table> table;
    RecordBatch batch;
    bool reading = false;
    bool ended = false;
};

SampleStream::SampleStream(ByteView stream, Resolve resolve)
    : state_(std::make_unique<State>(stream, std::move(resolve))) {}

SampleStream::~SampleStream() = default;

Result<bool> SampleStream::next(Part& part) {
    part = {};
    if (state_->ended) {
        return false;
    }
    PartColumns columns;
    auto more = state_->fill(columns);
    state_->ended = !more || !*more;
    TRY(more);
    columns.move_into(part);
    return *more || !part.batch.empty();
}

const std::vector<RejectedRow>& SampleStream::rejected() const { return state_->rejections.first; }

std::uint64_t SampleStream::rejected_rows() const { return state_->rejections.count; }

}  // namespace gantry::arrow
