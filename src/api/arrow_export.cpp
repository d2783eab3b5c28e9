// SPDX-License-Identifier: Apache-2.0
#include "api/arrow_export.h"

#include <algorithm>

#include "api/sample_export.h"
#include "arrow/writer.h"

namespace gantry::api {
namespace {

constexpr std::size_t batch_rows = 64 * 1024;
constexpr std::size_t batch_text_bytes = std::size_t{4} << 20;

constexpr std::int64_t point_dictionary = 0;
constexpr std::int64_t quality_dictionary = 1;

// Text values, as Arrow has them.
struct TextColumn {
    void add(std::string_view value, bool valid) {
        text += value;
        offsets.push_back(static_cast<std::int32_t>(text.size()));
        there.add(valid);
    }
    arrow::ColumnData data() const {
        return {.validity = there.validity(),
                .nulls = there.nulls(),
                .values = std::as_bytes(std::span(offsets)),
                .text = as_bytes(text)};
    }

    std::vector<std::int32_t> offsets = {0};
    std::string text;
    arrow::RowBits there;
};

// Numbers of 64 bits.
struct NumberColumn {
    void add(std::uint64_t value, bool valid) {
        bits.push_back(valid ? value : 0);
        there.add(valid);
    }
    arrow::ColumnData data() const {
        return {.validity = there.validity(),
                .nulls = there.nulls(),
                .values = std::as_bytes(std::span(bits))};
    }

    std::vector<std::uint64_t> bits;
    arrow::RowBits there;
};

struct FlagColumn {
    void add(bool value, bool valid) {
        bits.add(value && valid);
        there.add(valid);
    }
    arrow::ColumnData data() const {
        return {.validity = there.validity(), .nulls = there.nulls(), .values = bits.bytes()};
    }

    arrow::RowBits bits;
    arrow::RowBits there;
};

template <class T>
arrow::ColumnData plain(const std::vector<T>& values) {
    return {.validity = {}, .nulls = 0, .values = std::as_bytes(std::span(values))};
}

std::uint64_t bits_of(double value) { return std::bit_cast<std::uint64_t>(value); }

// The columns that every table has.
struct RowColumns {
    void add(std::size_t of_point, Time at, Quality how) {
        point.push_back(static_cast<std::int32_t>(of_point));
        time.push_back(at);
        quality.push_back(static_cast<std::int8_t>(how.severity()));
        code.push_back(how.code);
    }
    std::size_t size() const { return time.size(); }

    std::vector<std::int32_t> point;
    std::vector<Time> time;
    std::vector<std::int8_t> quality;
    std::vector<std::uint32_t> code;
};

// Hands out an Arrow stream of the points' rows. What the rows are is a subclass's.
class ArrowSource {
public:
    ArrowSource(Services& services, Party party, std::vector<directory::PointRef> points,
                HistoryRequest request)
        : services_(services),
          party_(std::move(party)),
          points_(std::move(points)),
          request_(std::move(request)) {}
    virtual ~ArrowSource() = default;

    // Reads the first piece, so that what cannot be answered is an error and not an answer that
    // breaks off.
    Result<> prepare() {
        TRY_ASSIGN(prepared_, piece());
        return {};
    }

    Async<std::string> next() {
        if (!prepared_.empty()) {
            co_return std::exchange(prepared_, {});
        }
        co_return co_await offload(services_.queries, party_, [this] { return piece(); });
    }

protected:
    // The fields between time and quality.
    virtual std::vector<arrow::Field> value_fields() const = 0;
    // Adds rows of points from points()[at_] on to `rows` and to its own columns, moving at_ on.
    virtual Result<> collect(RowColumns& rows) = 0;
    // Of the rows that were collected, and empties them.
    virtual void write(std::string& out, const arrow::Schema& schema, const RowColumns& rows) = 0;

    static void write_rows(std::string& out, const arrow::Schema& schema, const RowColumns& rows,
                           std::span<const arrow::ColumnData> values) {
        std::vector<arrow::ColumnData> columns = {plain(rows.point), plain(rows.time)};
        columns.insert(columns.end(), values.begin(), values.end());
        columns.push_back(plain(rows.quality));
        columns.push_back(plain(rows.code));
        arrow::write_record_batch(out, schema, rows.size(), columns);
    }

    Services& services_;
    const Party party_;
    const std::vector<directory::PointRef> points_;
    const HistoryRequest request_;
    std::size_t at_ = 0;

private:
    Result<std::string> piece() {
        std::string out;
        if (schema_.fields.empty()) {
            begin(out);
        }
        RowColumns rows;
        TRY(collect(rows));
        if (rows.size() > 0) {
            write(out, schema_, rows);
        } else if (!ended_) {
            ended_ = true;
            arrow::write_end(out);
        }
        return out;
    }

    void begin(std::string& out) {
        schema_.fields = {
            {"point", arrow::text_type, arrow::DictionaryUse{point_dictionary, arrow::int32_type}},
            {"time", arrow::time_type, std::nullopt}};
        for (arrow::Field& field : value_fields()) {
            schema_.fields.push_back(std::move(field));
        }
        schema_.fields.push_back({"quality", arrow::text_type,
                                  arrow::DictionaryUse{quality_dictionary, arrow::int8_type}});
        schema_.fields.push_back({"quality_code", arrow::uint32_type, std::nullopt});
        arrow::write_schema(out, schema_);
        std::vector<std::string> paths;
        for (const auto& entry : points_) {
            paths.push_back(entry->point.path);
        }
        arrow::write_dictionary(out, point_dictionary, paths);
        std::vector<std::string> words;
        for (const Severity severity : {Severity::Good, Severity::Uncertain, Severity::Bad}) {
            words.emplace_back(severity_name(severity));
        }
        arrow::write_dictionary(out, quality_dictionary, words);
    }

    arrow::Schema schema_;
    std::string prepared_;
    bool ended_ = false;
};

// Raw samples: a column "value" of the type that all points have, or, when they differ, the columns
// of the Parquet export: value, value_int, value_text.
class RawSource final : public ArrowSource {
public:
    RawSource(Services& services, Party party, std::vector<directory::PointRef> points,
              HistoryRequest request)
        : ArrowSource(services, std::move(party), std::move(points), std::move(request)),
          from_(request_.range.from) {
        for (const auto& entry : points_) {
            const ValueType type = entry->point.property.type;
            mixed_ = mixed_ || type != points_[0]->point.property.type;
            type_ = type;
        }
    }

private:
    std::vector<arrow::Field> value_fields() const override {
        if (mixed_) {
            return {{"value", arrow::float64_type, std::nullopt},
                    {"value_int", arrow::int64_type, std::nullopt},
                    {"value_text", arrow::text_type, std::nullopt}};
        }
        switch (type_) {
            case ValueType::Bool: return {{"value", arrow::bool_type, std::nullopt}};
            case ValueType::Int64: return {{"value", arrow::int64_type, std::nullopt}};
            case ValueType::String: return {{"value", arrow::text_type, std::nullopt}};
            default: return {{"value", arrow::float64_type, std::nullopt}};
        }
    }

    Result<> collect(RowColumns& rows) override {
        values_ = {};
        while (at_ < points_.size() && !full(rows)) {
            std::optional<Time> next;
            TRY(services_.store.scan(std::span(&points_[at_]->series, 1),
                                     {from_, request_.range.to}, [&](const store::Chunk& chunk) {
                                         for (std::size_t i = 0; i < chunk.size(); ++i) {
                                             if (full(rows)) {
                                                 next = chunk.time[i];
                                                 return false;
                                             }
                                             add(chunk, i, rows);
                                         }
                                         return true;
                                     }));
            from_ = next.value_or(request_.range.from);
            at_ += next ? 0 : 1;
        }
        return {};
    }

    bool full(const RowColumns& rows) const {
        return rows.size() >= batch_rows || values_.text.text.size() >= batch_text_bytes;
    }

    void add(const store::Chunk& chunk, std::size_t index, RowColumns& rows) {
        rows.add(at_, chunk.time[index], chunk.quality_of(index));
        const ValueType type = chunk.type_of(index);
        const std::uint64_t bits = chunk.bits[index];
        if (mixed_) {
            add_mixed(chunk, index, type);
            return;
        }
        switch (type_) {
            case ValueType::Bool: values_.flag.add(bits != 0, type == type_); break;
            case ValueType::String:
                values_.text.add(type == type_ ? chunk.row(index).text : "", type == type_);
                break;
            default: values_.number.add(bits, type == type_); break;
        }
    }

    void add_mixed(const store::Chunk& chunk, std::size_t index, ValueType type) {
        const std::uint64_t bits = chunk.bits[index];
        const bool whole = type == ValueType::Int64;
        const auto number = static_cast<std::int64_t>(bits);
        const bool counts = whole || type == ValueType::Bool;
        values_.number.add(counts ? bits_of(static_cast<double>(number)) : bits,
                           counts || type == ValueType::Float64);
        values_.integer.add(bits, whole);
        const bool text = type == ValueType::String;
        values_.text.add(text ? chunk.row(index).text : "", text);
    }

    void write(std::string& out, const arrow::Schema& schema, const RowColumns& rows) override {
        std::vector<arrow::ColumnData> columns;
        if (mixed_) {
            columns = {values_.number.data(), values_.integer.data(), values_.text.data()};
        } else if (type_ == ValueType::Bool) {
            columns = {values_.flag.data()};
        } else if (type_ == ValueType::String) {
            columns = {values_.text.data()};
        } else {
            columns = {values_.number.data()};
        }
        write_rows(out, schema, rows, columns);
    }

    struct Values {
        NumberColumn number;
        NumberColumn integer;
        FlagColumn flag;
        TextColumn text;
    };

    ValueType type_ = ValueType::Float64;
    bool mixed_ = false;
    Time from_;
    Values values_;
};

// Buckets: a column an aggregate.
class BucketSource final : public ArrowSource {
public:
    using ArrowSource::ArrowSource;

private:
    std::vector<arrow::Field> value_fields() const override {
        std::vector<arrow::Field> out;
        for (const query::AggregateKind kind : request_.aggregates) {
            out.push_back(
                {std::string(query::aggregate_name(kind)), arrow::float64_type, std::nullopt});
        }
        return out;
    }

    Result<> collect(RowColumns& rows) override {
        values_.assign(request_.aggregates.size(), {});
        for (; at_ < points_.size() && rows.size() < batch_rows; ++at_) {
            TRY_ASSIGN(const auto history,
                       query::bucket_history(services_.store, points_[at_]->series, request_.range,
                                             request_.every, request_.aggregates, request_.fill,
                                             request_.bucket_usable()));
            for (std::size_t i = 0; i < history.time.size(); ++i) {
                rows.add(at_, history.time[i], history.quality[i]);
            }
            for (std::size_t column = 0; column < values_.size(); ++column) {
                for (const std::optional<double>& value : history.values[column]) {
                    values_[column].add(bits_of(value.value_or(0)), value.has_value());
                }
            }
        }
        return {};
    }

    void write(std::string& out, const arrow::Schema& schema, const RowColumns& rows) override {
        std::vector<arrow::ColumnData> columns;
        for (const NumberColumn& column : values_) {
            columns.push_back(column.data());
        }
        write_rows(out, schema, rows, columns);
    }

    std::vector<NumberColumn> values_;
};

}  // namespace

Result<http::Response> export_arrow(Services& services, const Call& call,
                                    const std::vector<directory::PointRef>& points,
                                    const HistoryRequest& request) {
    std::shared_ptr<ArrowSource> source;
    if (request.every == Duration{0}) {
        source = std::make_shared<RawSource>(services, call.party(), points, request);
    } else {
        source = std::make_shared<BucketSource>(services, call.party(), points, request);
    }
    TRY(source->prepare());
    return stream_answer([source = std::move(source)] { return source->next(); }, arrow::media_type,
                         "samples.arrows");
}

}  // namespace gantry::api
