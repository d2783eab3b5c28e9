// SPDX-License-Identifier: Apache-2.0
#include "query/sql_buckets.h"

#include <algorithm>
#include <array>
#include <atomic>

#include "query/sql_bucket_rows.h"

namespace gantry::query {
namespace {

using duckdb::idx_t;

// Series that a thread takes at once.
constexpr std::size_t series_at_once_max = 64;

struct BucketsGlobal final : duckdb::GlobalTableFunctionState {
    std::unique_ptr<SeriesList> list;
    std::size_t series_at_once = 1;
    std::atomic<std::size_t> next = 0;
    std::vector<duckdb::column_t> columns;
    idx_t threads = 1;

    idx_t MaxThreads() const override { return threads; }
};

struct BucketsLocal final : duckdb::LocalTableFunctionState {
    std::size_t index = 0;  // of the next series to be read
    std::size_t end = 0;
    std::optional<Time> resume;  // of that series
    std::vector<BucketRow> rows;
    std::size_t at = 0;  // of these, were given to DuckDB
};

duckdb::unique_ptr<duckdb::FunctionData> never_bound(duckdb::ClientContext&,
                                                     duckdb::TableFunctionBindInput&,
                                                     duckdb::vector<duckdb::LogicalType>&,
                                                     duckdb::vector<std::string>&) {
    throw duckdb::BinderException("gantry_buckets cannot be called");
}

duckdb::unique_ptr<duckdb::GlobalTableFunctionState> start(duckdb::ClientContext& context,
                                                           duckdb::TableFunctionInitInput& input) {
    const auto& data = input.bind_data->Cast<BucketsBind>();
    auto state = duckdb::make_uniq<BucketsGlobal>();
    state->columns = input.column_ids;
    state->list = data.table->list(*data.scope, data.narrowing);
    const std::size_t count = data.narrowing.range.empty() ? 0 : state->list->series.size();
    state->list->series.resize(count);
    const auto threads =
        static_cast<idx_t>(duckdb::TaskScheduler::GetScheduler(context).NumberOfThreads());
    state->threads = std::max<idx_t>(1, std::min<idx_t>(threads, count));
    state->series_at_once =
        std::clamp<std::size_t>(count / (4 * state->threads), 1, series_at_once_max);
    return state;
}

duckdb::unique_ptr<duckdb::LocalTableFunctionState> start_thread(
    duckdb::ExecutionContext&, duckdb::TableFunctionInitInput&, duckdb::GlobalTableFunctionState*) {
    return duckdb::make_uniq<BucketsLocal>();
}

// False when all series are done.
bool refill(const BucketsBind& data, BucketsGlobal& global, BucketsLocal& local) {
    const std::size_t count = global.list->series.size();
    local.rows.clear();
    local.at = 0;
    while (local.rows.size() < STANDARD_VECTOR_SIZE) {
        if (local.index == local.end) {
            local.index = std::min(global.next.fetch_add(global.series_at_once), count);
            local.end = std::min(local.index + global.series_at_once, count);
            if (local.index == local.end) {
                break;
            }
        }
        const Time from = local.resume.value_or(data.narrowing.range.from);
        const auto done = read_buckets(data, global.list->series[local.index], local.index, from,
                                       STANDARD_VECTOR_SIZE, local.rows, local.resume);
        if (!done) {
            throw duckdb::IOException(done.error().message);
        }
        local.index += local.resume ? 0 : 1;
    }
    return !local.rows.empty();
}

Time micros_of(Time time) { return time / 1000 - (time % 1000 < 0 ? 1 : 0); }

template <class T, class Get>
void put(duckdb::Vector& vector, std::span<const BucketRow> rows, Get value) {
    auto* out = duckdb::FlatVector::GetData<T>(vector);
    for (const BucketRow& row : rows) {
        *out++ = value(row);
    }
}

void set_null(duckdb::Vector& vector, std::span<const BucketRow> rows,
              bool (*absent)(const BucketRow&)) {
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (absent(rows[i])) {
            duckdb::FlatVector::SetNull(vector, i, true);
        }
    }
}

void put_times(duckdb::Vector& vector, std::span<const BucketRow> rows, Time BucketRow::* time,
               bool micros) {
    put<std::int64_t>(vector, rows, [time, micros](const BucketRow& row) {
        return micros ? micros_of(row.*time) : row.*time;
    });
}

bool has_no_value(const BucketRow& row) { return row.count == 0; }

void put_numbers(duckdb::Vector& vector, std::span<const BucketRow> rows,
                 double BucketRow::* number) {
    put<double>(vector, rows, [number](const BucketRow& row) { return row.*number; });
    set_null(vector, rows, has_no_value);
}

void put_value_times(duckdb::Vector& vector, std::span<const BucketRow> rows,
                     Time BucketRow::* time, bool micros) {
    put_times(vector, rows, time, micros);
    set_null(vector, rows, has_no_value);
}

void put_ends(duckdb::Vector& vector, std::span<const BucketRow> rows,
              std::optional<double> BucketRow::* number) {
    put<double>(vector, rows, [number](const BucketRow& row) { return (row.*number).value_or(0); });
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (!(rows[i].*number)) {
            duckdb::FlatVector::SetNull(vector, i, true);
        }
    }
}

void put_bucket(duckdb::Vector& vector, std::span<const BucketRow> rows, BucketColumn column) {
    switch (column) {
        case BucketColumn::Begin: return put_times(vector, rows, &BucketRow::begin, true);
        case BucketColumn::BeginNs: return put_times(vector, rows, &BucketRow::begin, false);
        case BucketColumn::End: return put_times(vector, rows, &BucketRow::end, true);
        case BucketColumn::EndNs: return put_times(vector, rows, &BucketRow::end, false);
        case BucketColumn::Rows:
            return put<std::int64_t>(vector, rows, [](const BucketRow& row) { return row.rows; });
        case BucketColumn::Count:
            return put<std::int64_t>(vector, rows, [](const BucketRow& row) { return row.count; });
        case BucketColumn::Sum: return put_numbers(vector, rows, &BucketRow::sum);
        case BucketColumn::Min: return put_numbers(vector, rows, &BucketRow::min);
        case BucketColumn::Max: return put_numbers(vector, rows, &BucketRow::max);
        case BucketColumn::First: return put_numbers(vector, rows, &BucketRow::first);
        case BucketColumn::FirstTime:
            return put_value_times(vector, rows, &BucketRow::first_time, true);
        case BucketColumn::FirstTimeNs:
            return put_value_times(vector, rows, &BucketRow::first_time, false);
        case BucketColumn::Last: return put_numbers(vector, rows, &BucketRow::last);
        case BucketColumn::LastTime:
            return put_value_times(vector, rows, &BucketRow::last_time, true);
        case BucketColumn::LastTimeNs:
            return put_value_times(vector, rows, &BucketRow::last_time, false);
        case BucketColumn::FirstRow: return put_ends(vector, rows, &BucketRow::first_row);
        case BucketColumn::LastRow: return put_ends(vector, rows, &BucketRow::last_row);
        case BucketColumn::Number: break;
    }
}

// A text that all rows of a series have in common; it is made once for those that follow.
void put_constant(duckdb::Vector& vector, std::span<const BucketRow> rows, const SeriesList& list,
                  duckdb::column_t column) {
    auto* out = duckdb::FlatVector::GetData<duckdb::string_t>(vector);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (i > 0 && rows[i].index == rows[i - 1].index) {
            out[i] = out[i - 1];
        } else {
            out[i] = duckdb::StringVector::AddStringOrBlob(
                vector, duckdb::StringValue::Get(list.constant(column, rows[i].index)));
        }
    }
}

void scan(duckdb::ClientContext&, duckdb::TableFunctionInput& input, duckdb::DataChunk& output) {
    const auto& data = input.bind_data->Cast<BucketsBind>();
    auto& global = input.global_state->Cast<BucketsGlobal>();
    auto& local = input.local_state->Cast<BucketsLocal>();
    if (local.at == local.rows.size() && !refill(data, global, local)) {
        output.SetCardinality(0);
        return;
    }
    const std::size_t count =
        std::min<std::size_t>(STANDARD_VECTOR_SIZE, local.rows.size() - local.at);
    const auto rows = std::span<const BucketRow>(local.rows).subspan(local.at, count);
    const std::size_t before = data.table->columns.size();
    for (idx_t i = 0; i < global.columns.size(); ++i) {
        const duckdb::column_t column = global.columns[i];
        if (column < before) {
            put_constant(output.data[i], rows, *global.list, column);
        } else {
            put_bucket(output.data[i], rows, static_cast<BucketColumn>(column - before));
        }
    }
    local.at += count;
    output.SetCardinality(count);
}

duckdb::InsertionOrderPreservingMap<std::string> explain(
    duckdb::TableFunctionToStringInput& input) {
    const auto& data = input.bind_data->Cast<BucketsBind>();
    duckdb::InsertionOrderPreservingMap<std::string> out;
    out["Of"] = data.table->function;
    out["Buckets"] =
        data.grid.width == 0 ? "one" : format_duration(Duration{data.grid.width}) + " each";
    describe(data.narrowing, out);
    return out;
}

struct ColumnType {
    const char* name;
    duckdb::LogicalTypeId type;
};

constexpr std::array<ColumnType, static_cast<std::size_t>(BucketColumn::Number)> column_types = {{
    {"begin", duckdb::LogicalTypeId::TIMESTAMP_TZ},
    {"begin_ns", duckdb::LogicalTypeId::BIGINT},
    {"end", duckdb::LogicalTypeId::TIMESTAMP_TZ},
    {"end_ns", duckdb::LogicalTypeId::BIGINT},
    {"rows", duckdb::LogicalTypeId::BIGINT},
    {"count", duckdb::LogicalTypeId::BIGINT},
    {"sum", duckdb::LogicalTypeId::DOUBLE},
    {"min", duckdb::LogicalTypeId::DOUBLE},
    {"max", duckdb::LogicalTypeId::DOUBLE},
    {"first", duckdb::LogicalTypeId::DOUBLE},
    {"first_time", duckdb::LogicalTypeId::TIMESTAMP_TZ},
    {"first_time_ns", duckdb::LogicalTypeId::BIGINT},
    {"last", duckdb::LogicalTypeId::DOUBLE},
    {"last_time", duckdb::LogicalTypeId::TIMESTAMP_TZ},
    {"last_time_ns", duckdb::LogicalTypeId::BIGINT},
    {"first_row", duckdb::LogicalTypeId::DOUBLE},
    {"last_row", duckdb::LogicalTypeId::DOUBLE},
}};

}  // namespace

duckdb::column_t bucket_column(const SeriesTable& table, BucketColumn column) {
    return table.columns.size() + static_cast<duckdb::column_t>(column);
}

duckdb::LogicalType bucket_type(BucketColumn column) {
    return column_types.at(static_cast<std::size_t>(column)).type;
}

void bucket_columns(const SeriesTable& table, duckdb::vector<duckdb::LogicalType>& types,
                    duckdb::vector<std::string>& names) {
    for (const SeriesColumn& column : table.columns) {
        names.emplace_back(column.name);
        types.push_back(column.type);
    }
    for (const ColumnType& column : column_types) {
        names.emplace_back(column.name);
        types.emplace_back(column.type);
    }
}

bool has_buckets(Severities severities) {
    const Severities good = bit_of(Severity::Good);
    return severities == all_severities || severities == good ||
           severities == (good | bit_of(Severity::Uncertain));
}

duckdb::TableFunction buckets_function() {
    duckdb::TableFunction function("gantry_buckets", {}, scan, never_bound, start, start_thread);
    function.projection_pushdown = true;
    function.to_string = explain;
    return function;
}

}  // namespace gantry::query
