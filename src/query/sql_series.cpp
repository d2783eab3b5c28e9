// SPDX-License-Identifier: Apache-2.0
#include "query/sql_series.h"

#include <algorithm>
#include <atomic>
#include <optional>

#include "store/columns.h"

namespace gantry::query {
namespace {

using duckdb::idx_t;

// Rows that a thread reads at once, and series that it takes at once: where series have few rows it
// is finding them that costs.
constexpr std::size_t rows_at_once = 32 * 1024;
constexpr std::size_t series_at_once_max = 256;

struct SeriesGlobal final : duckdb::GlobalTableFunctionState {
    std::unique_ptr<SeriesList> list;
    std::size_t series_at_once = 1;
    std::atomic<std::size_t> next = 0;
    std::vector<duckdb::column_t> columns;
    bool names_series = false;  // a column says whose row it is
    idx_t threads = 1;

    idx_t MaxThreads() const override { return threads; }
};

// Rows of one series, read and not given to DuckDB yet.
struct Part {
    std::size_t index = 0;
    store::Columns rows;
};

// One thread's place: it takes some series after the others, and of these as many rows at a time as
// fit.
struct SeriesLocal final : duckdb::LocalTableFunctionState {
    std::size_t index = 0;  // of the next series to be read
    std::size_t end = 0;
    std::optional<Time> resume;  // of that series, rows before it were read
    std::vector<Part> parts;     // of which the first `used` hold rows
    std::size_t used = 0;
    std::size_t part = 0;  // where reading them has come to
    std::size_t at = 0;
};

struct TableInfo final : duckdb::TableFunctionInfo {
    explicit TableInfo(const SeriesTable& of) : table(of) {}
    const SeriesTable& table;
};

duckdb::unique_ptr<duckdb::FunctionData> bind(duckdb::ClientContext& context,
                                              duckdb::TableFunctionBindInput& input,
                                              duckdb::vector<duckdb::LogicalType>& types,
                                              duckdb::vector<std::string>& names) {
    const SeriesTable& table = input.info->Cast<TableInfo>().table;
    for (const SeriesColumn& column : table.columns) {
        names.emplace_back(column.name);
        types.push_back(column.type);
    }
    auto data = duckdb::make_uniq<SeriesBind>();
    data->table = &table;
    data->scope = shared_scope_of(context);
    data->narrowing.range = data->scope->range;
    return data;
}

void push_down_filters(duckdb::ClientContext&, duckdb::LogicalGet& get, duckdb::FunctionData* raw,
                       duckdb::vector<duckdb::unique_ptr<duckdb::Expression>>& filters) {
    auto& data = raw->Cast<SeriesBind>();
    push_down(data.narrowing, get, data.table->roles(), filters);
}

duckdb::unique_ptr<duckdb::GlobalTableFunctionState> start(duckdb::ClientContext& context,
                                                           duckdb::TableFunctionInitInput& input) {
    const auto& data = input.bind_data->Cast<SeriesBind>();
    auto state = duckdb::make_uniq<SeriesGlobal>();
    state->columns = input.column_ids;
    state->list = data.table->list(*data.scope, data.narrowing);
    const auto& columns = data.table->columns;
    state->names_series = std::ranges::any_of(state->columns, [&](duckdb::column_t column) {
        return column < columns.size() && columns[column].fill == nullptr;
    });
    const std::size_t count = state->list->series.size();
    const auto threads =
        static_cast<idx_t>(duckdb::TaskScheduler::GetScheduler(context).NumberOfThreads());
    state->threads = std::max<idx_t>(1, std::min<idx_t>(threads, count));
    state->series_at_once =
        std::clamp<std::size_t>(count / (4 * state->threads), 1, series_at_once_max);
    return state;
}

duckdb::unique_ptr<duckdb::LocalTableFunctionState> start_thread(
    duckdb::ExecutionContext&, duckdb::TableFunctionInitInput&, duckdb::GlobalTableFunctionState*) {
    return duckdb::make_uniq<SeriesLocal>();
}

// Rows of a chunk whose quality is wanted, added to `out`.
void add_wanted(const store::Chunk& chunk, const Narrowing& narrowing, store::Columns& out) {
    if (narrowing.severities == all_severities ||
        (chunk.quality.empty() && narrowing.admits(Severity::Good))) {
        out.add(chunk);
        return;
    }
    for (std::size_t from = 0; from < chunk.size();) {
        std::size_t to = from;
        while (to < chunk.size() && narrowing.admits(chunk.quality_of(to).severity())) {
            ++to;
        }
        if (to > from) {
            out.add(chunk.part(from, to));
        }
        from = to + 1;
    }
}

store::Columns& rows_of(SeriesLocal& local, std::size_t index) {
    if (local.used == 0 || local.parts[local.used - 1].index != index) {
        if (local.used == local.parts.size()) {
            local.parts.emplace_back();
        }
        Part& fresh = local.parts[local.used++];
        fresh.index = index;
        fresh.rows.clear();
    }
    return local.parts[local.used - 1].rows;
}

// Reads series from the next one on until there are enough rows; one that is not read to its end
// is to be resumed.
void read_series(const SeriesBind& data, const SeriesGlobal& global, SeriesLocal& local) {
    const std::size_t first = local.index;
    const std::size_t last = local.resume ? first + 1 : local.end;
    const auto& series = global.list->series;
    const TimeRange range{local.resume.value_or(data.narrowing.range.from),
                          data.narrowing.range.to};
    local.resume.reset();
    std::size_t read = 0;
    const auto done = data.scope->store->scan(
        std::span(series).subspan(first, last - first), range, [&](const store::Chunk& chunk) {
            while (series[local.index] != chunk.series) {
                ++local.index;
            }
            if (read >= rows_at_once) {
                local.resume = chunk.time.front();
                return false;
            }
            read += chunk.size();
            add_wanted(chunk, data.narrowing, rows_of(local, local.index));
            return true;
        });
    if (!done) {
        throw duckdb::IOException(done.error().message);
    }
    local.index = local.resume ? local.index : last;
}

// Reads on; false when all series are done.
bool refill(const SeriesBind& data, SeriesGlobal& global, SeriesLocal& local) {
    const std::size_t count = global.list->series.size();
    local.used = local.part = local.at = 0;
    while (local.used == 0) {
        if (local.index == local.end) {
            local.index = std::min(global.next.fetch_add(global.series_at_once), count);
            local.end = std::min(local.index + global.series_at_once, count);
            if (local.index == local.end) {
                return false;
            }
        }
        read_series(data, global, local);
    }
    return true;
}

// What all rows of one series have in common.
void put_constants(const SeriesTable& table, const SeriesGlobal& global, std::size_t index,
                   duckdb::DataChunk& output) {
    for (idx_t i = 0; i < global.columns.size(); ++i) {
        const duckdb::column_t column = global.columns[i];
        if (column < table.columns.size() && table.columns[column].fill == nullptr) {
            output.data[i].Reference(global.list->constant(column, index));
        }
    }
}

// As many rows as fit; of one series only, if a column says whose they are.
void scan(duckdb::ClientContext&, duckdb::TableFunctionInput& input, duckdb::DataChunk& output) {
    const auto& data = input.bind_data->Cast<SeriesBind>();
    const auto& columns = data.table->columns;
    auto& global = input.global_state->Cast<SeriesGlobal>();
    auto& local = input.local_state->Cast<SeriesLocal>();
    idx_t count = 0;
    while (count < STANDARD_VECTOR_SIZE) {
        if (local.part == local.used && (count > 0 || !refill(data, global, local))) {
            break;
        }
        const Part& part = local.parts[local.part];
        const std::size_t to =
            std::min<std::size_t>(part.rows.size(), local.at + STANDARD_VECTOR_SIZE - count);
        const store::Chunk rows =
            part.rows.chunk(global.list->series[part.index]).part(local.at, to);
        for (idx_t i = 0; i < global.columns.size(); ++i) {
            const duckdb::column_t column = global.columns[i];
            if (column < columns.size() && columns[column].fill != nullptr) {
                columns[column].fill(output.data[i], count, rows);
            }
        }
        if (global.names_series && rows.size() > 0) {
            put_constants(*data.table, global, part.index, output);
        }
        count += rows.size();
        local.at = to;
        if (to == part.rows.size()) {
            ++local.part;
            local.at = 0;
            if (global.names_series && count > 0) {
                break;
            }
        }
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

std::vector<Role> SeriesTable::roles() const {
    std::vector<Role> out;
    for (const SeriesColumn& column : columns) {
        out.push_back(column.role);
    }
    return out;
}

duckdb::TableFunction series_function(const SeriesTable& table) {
    duckdb::TableFunction function(table.function, {}, scan, bind, start, start_thread);
    function.projection_pushdown = true;
    function.pushdown_complex_filter = push_down_filters;
    function.to_string = explain;
    function.function_info = duckdb::make_shared_ptr<TableInfo>(table);
    return function;
}

}  // namespace gantry::query
