// SPDX-License-Identifier: Apache-2.0
// The table `latest`: the last row of every point that has one, with the columns of `samples`. It
// is read from the store's table of last values, which knows no time but that of the row:
// conditions on time and quality rule rows out after they were found.
#include <algorithm>

#include "query/sql_series.h"

namespace gantry::query {
namespace {

using duckdb::idx_t;

struct LatestGlobal final : duckdb::GlobalTableFunctionState {
    std::unique_ptr<SeriesList> points;
    std::vector<duckdb::column_t> columns;
    std::size_t next = 0;
};

duckdb::unique_ptr<duckdb::FunctionData> bind(duckdb::ClientContext& context,
                                              duckdb::TableFunctionBindInput&,
                                              duckdb::vector<duckdb::LogicalType>& types,
                                              duckdb::vector<std::string>& names) {
    for (const SeriesColumn& column : samples_table().columns) {
        names.emplace_back(column.name);
        types.push_back(column.type);
    }
    auto data = duckdb::make_uniq<SeriesBind>();
    data->table = &samples_table();
    data->scope = shared_scope_of(context);
    return data;
}

void push_down_filters(duckdb::ClientContext&, duckdb::LogicalGet& get, duckdb::FunctionData* raw,
                       duckdb::vector<duckdb::unique_ptr<duckdb::Expression>>& filters) {
    auto& data = raw->Cast<SeriesBind>();
    push_down(data.narrowing, get, data.table->roles(), filters);
}

duckdb::unique_ptr<duckdb::GlobalTableFunctionState> start(duckdb::ClientContext&,
                                                           duckdb::TableFunctionInitInput& input) {
    const auto& data = input.bind_data->Cast<SeriesBind>();
    auto state = duckdb::make_uniq<LatestGlobal>();
    state->columns = input.column_ids;
    state->points = data.table->list(*data.scope, data.narrowing);
    return state;
}

// The row as a chunk of one, for the fills.
class OneRow {
public:
    store::Chunk chunk(SeriesId series, const store::LastRow& row) {
        time_ = row.time;
        bits_ = row.type == ValueType::String ? row.text.size() : row.bits;
        quality_ = row.quality;
        present_ = row.type == ValueType::Null ? 0 : 1;
        return {series,
                row.type,
                std::span(&time_, 1),
                std::span(&bits_, 1),
                std::span(&quality_, 1),
                std::span(&present_, 1),
                row.text};
    }

private:
    Time time_ = 0;
    std::uint64_t bits_ = 0;
    Quality quality_;
    std::uint8_t present_ = 0;
};

void put(const SeriesBind& data, const LatestGlobal& global, std::size_t index,
         const store::Chunk& row, idx_t at, duckdb::DataChunk& output) {
    const auto& columns = data.table->columns;
    for (idx_t i = 0; i < global.columns.size(); ++i) {
        const duckdb::column_t column = global.columns[i];
        if (column >= columns.size()) {
            continue;
        }
        if (columns[column].fill != nullptr) {
            columns[column].fill(output.data[i], at, row);
        } else {
            output.data[i].SetValue(at, global.points->constant(column, index));
        }
    }
}

void scan(duckdb::ClientContext&, duckdb::TableFunctionInput& input, duckdb::DataChunk& output) {
    const auto& data = input.bind_data->Cast<SeriesBind>();
    auto& global = input.global_state->Cast<LatestGlobal>();
    const std::span<const SeriesId> all = global.points->series;
    idx_t count = 0;
    OneRow one;
    while (count == 0 && global.next < all.size()) {
        const std::size_t first = global.next;
        const std::size_t some = std::min<std::size_t>(STANDARD_VECTOR_SIZE, all.size() - first);
        std::size_t index = first;
        const auto done = data.scope->store->latest(
            all.subspan(first, some), [&](SeriesId series, const store::LastRow& row) {
                while (all[index] != series) {
                    ++index;
                }
                if (data.narrowing.range.contains(row.time) &&
                    data.narrowing.admits(row.quality.severity())) {
                    put(data, global, index, one.chunk(series, row), count++, output);
                }
            });
        if (!done) {
            throw duckdb::IOException(done.error().message);
        }
        global.next = first + some;
    }
    output.SetCardinality(count);
}

duckdb::InsertionOrderPreservingMap<std::string> explain(
    duckdb::TableFunctionToStringInput& input) {
    duckdb::InsertionOrderPreservingMap<std::string> out;
    describe(input.bind_data->Cast<SeriesBind>().narrowing, out);
    return out;
}

}  // namespace

duckdb::TableFunction latest_function() {
    duckdb::TableFunction function("gantry_latest", {}, scan, bind, start);
    function.projection_pushdown = true;
    function.pushdown_complex_filter = push_down_filters;
    function.to_string = explain;
    return function;
}

}  // namespace gantry::query
