// SPDX-License-Identifier: Apache-2.0
// Streams made column by column, and what is read of them. For tests, benchmarks and the fuzzer.
#pragma once

#include <deque>
#include <format>
#include <map>
#include <string>

#include "arrow/sample_stream.h"
#include "arrow/writer.h"

namespace gantry::arrow::testing {

// Record batches of columns that are added one by one.
class StreamMaker {
public:
    template <class T>
    StreamMaker& column(std::string name, Type type, const std::vector<T>& values,
                        const std::vector<bool>& valid = {}) {
        const ByteView bytes = keep(std::as_bytes(std::span(values)));
        return add({std::move(name), type, std::nullopt}, values.size(), valid, bytes, {});
    }
    StreamMaker& texts(std::string name, const std::vector<std::string>& values,
                       const std::vector<bool>& valid = {}) {
        std::vector<std::int32_t> offsets = {0};
        std::string all;
        for (const std::string& value : values) {
            all += value;
            offsets.push_back(static_cast<std::int32_t>(all.size()));
        }
        const ByteView bytes = keep(std::as_bytes(std::span(offsets)));
        return add({std::move(name), text_type, std::nullopt}, values.size(), valid, bytes,
                   keep(as_bytes(all)));
    }
    StreamMaker& dictionary(std::string name, std::vector<std::string> entries,
                            const std::vector<std::int32_t>& indices,
                            const std::vector<bool>& valid = {}) {
        const auto id = static_cast<std::int64_t>(dictionaries_.size());
        dictionaries_.push_back(std::move(entries));
        const ByteView bytes = keep(std::as_bytes(std::span(indices)));
        return add({std::move(name), text_type, DictionaryUse{id, int32_type}}, indices.size(),
                   valid, bytes, {});
    }
    StreamMaker& nulls(std::string name, std::size_t rows) {
        rows_ = rows;
        schema_.fields.push_back({std::move(name), null_type, std::nullopt});
        columns_.push_back({.validity = {}, .nulls = rows, .values = {}});
        return *this;
    }

    // The same record batch as often as asked for.
    std::string stream(std::size_t batches = 1) const {
        std::string out;
        write_schema(out, schema_);
        for (std::size_t i = 0; i < dictionaries_.size(); ++i) {
            write_dictionary(out, static_cast<std::int64_t>(i), dictionaries_[i]);
        }
        for (std::size_t i = 0; i < batches; ++i) {
            write_record_batch(out, schema_, rows_, columns_);
        }
        write_end(out);
        return out;
    }
    const Schema& schema() const { return schema_; }

private:
    ByteView keep(ByteView bytes) { return kept_.emplace_back(bytes.begin(), bytes.end()); }

    StreamMaker& add(Field field, std::size_t rows, const std::vector<bool>& valid, ByteView bytes,
                     ByteView text) {
        ColumnData out{.validity = {}, .nulls = 0, .values = bytes, .text = text};
        if (!valid.empty()) {
            RowBits bits;
            for (const bool one : valid) {
                bits.add(one);
            }
            out.validity = keep(bits.validity());
            out.nulls = bits.nulls();
        }
        rows_ = rows;
        schema_.fields.push_back(std::move(field));
        columns_.push_back(out);
        return *this;
    }

    std::size_t rows_ = 0;
    Schema schema_;
    std::vector<ColumnData> columns_;
    std::vector<std::vector<std::string>> dictionaries_;
    std::deque<Bytes> kept_;
};

// The points that tests know: a name's last letter says its type, f, i, b or s; others are not
// there.
class PointTable {
public:
    Resolve resolver() {
        return [this](std::string_view name) -> Result<PointSeries> {
            ++asked;
            const std::size_t type =
                std::string_view("bifs").find(name.empty() ? '-' : name.back());
            if (type == std::string_view::npos) {
                return fail(Code::NotFound, "there is no point '{}'", name.substr(0, 80));
            }
            const auto [at, made] = series_.try_emplace(std::string(name), names_.size());
            if (made) {
                names_.emplace_back(name);
            }
            return PointSeries{SeriesId{static_cast<std::uint32_t>(at->second)},
                               static_cast<ValueType>(1 + type)};
        };
    }
    const std::string& name(SeriesId id) const { return names_[id.value]; }

    std::size_t asked = 0;

private:
    std::map<std::string, std::size_t> series_;
    std::vector<std::string> names_;
};

// What came of a stream.
struct Outcome {
    std::vector<std::string> rows;      // "p.f 1000 float64 1.5 good @0", with the row of the table
    std::vector<std::string> rejected;  // "3 not_found there is no point 'x'"
    std::uint64_t rejected_rows = 0;
    std::optional<Error> error;
};

inline Outcome read(std::string_view stream, PointTable& points) {
    Outcome out;
    SampleStream samples(as_bytes(stream), points.resolver());
    Part part;
    while (true) {
        const auto more = samples.next(part);
        if (!more) {
            out.error = more.error();
        }
        if (!more || !*more) {
            break;
        }
        for (std::size_t i = 0; i < part.batch.size(); ++i) {
            const Row row = part.batch.row(i);
            out.rows.push_back(std::format("{} {} {} {} {} @{}", points.name(row.series), row.time,
                                           value_type_name(row.type), to_text(row.value()),
                                           quality_name(row.quality), part.row_of(i)));
        }
    }
    for (const RejectedRow& row : samples.rejected()) {
        out.rejected.push_back(
            std::format("{} {} {}", row.row, code_name(row.error.code), row.error.message));
    }
    out.rejected_rows = samples.rejected_rows();
    return out;
}

inline Outcome read(std::string_view stream) {
    PointTable points;
    return read(stream, points);
}

}  // namespace gantry::arrow::testing
