// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "base/options.h"
#include "directory/directory.h"
#include "files/tenant_files.h"
#include "labels/label_index.h"
#include "query/sql_values.h"
#include "query/sql_watch.h"
#include "security/context.h"

namespace gantry::query {

// Names of the tables that SQL sees, in the order of the documentation.
std::span<const std::string_view> sql_tables();

struct SqlOptions {
    Duration time_max = std::chrono::seconds(30);
    std::int64_t rows_max = 100'000;
    std::int64_t memory_bytes = 512 * 1024 * 1024;
    std::int64_t threads = 2;
    bool native_aggregates = true;

    void describe(OptionVisitor& options) {
        options.duration("time_max", time_max, std::chrono::milliseconds(10), std::chrono::hours(1),
                         "How long a query may run.");
        options.number("rows_max", rows_max, 1, 10'000'000, "Most rows that a query may return.");
        options.number("memory_bytes", memory_bytes, 16 * 1024 * 1024, std::int64_t{1} << 40,
                       "Memory that the queries of one tenant may use together.");
        options.number("threads", threads, 1, 256, "Threads that one query may use.");
        options.flag("native_aggregates", native_aggregates,
                     "Whether aggregates over samples are taken from the store's own, which need "
                     "not read every sample, where they come to the same.");
    }
};

using SqlCell = std::variant<std::monostate, bool, std::int64_t, double, std::string>;

struct SqlColumn {
    std::string name;
    std::string type;  // as SQL names it: BIGINT, DOUBLE, VARCHAR, TIMESTAMP_NS, …
};

struct SqlAnswer {
    std::vector<SqlColumn> columns;
    std::vector<std::vector<SqlCell>> rows;
    bool truncated = false;  // there were more rows than asked for
};

struct SqlQuestion {
    std::string text;
    std::vector<SqlCell> parameters;
    std::int64_t limit = 1000;
};

// Statements of ours that a door wants to have run in the database of each tenant: views and
// macros.
using SqlExtension = std::vector<std::string>;

// Whose statement it is, and through which door it came.
struct SqlCaller {
    const security::Context& context;
    // What gantry_database() is: how the door calls the tenant.
    std::string database;
    bool whole_division = false;  // 7 / 2 = 3, as in PostgreSQL
};

// What a statement will be given and will answer.
struct SqlShape {
    std::vector<SqlField> columns;
    // Nothing where the statement takes any type. Read on by number: the first is $1.
    std::vector<std::optional<SqlType>> parameters;
    // Types of columns that depend on those of parameters.
    bool open = false;
};

class SqlCursor;
class SqlInstance;

// A statement that runs: its rows come as they are asked for, and wait meanwhile, in bounded
// memory. Blocks; one thread at a time, not always the same. Outlived by its engine and its
// SqlStop.
class SqlStream {
public:
    explicit SqlStream(std::unique_ptr<SqlCursor> cursor);
    SqlStream(const SqlStream&) = delete;
    SqlStream& operator=(const SqlStream&) = delete;
    ~SqlStream();

    const std::vector<SqlField>& columns() const { return columns_; }
    // Some thousand rows; none at the end. Cancelled by the SqlStop. Timeout: it took longer than
    // it may; only the time in here counts.
    SqlResult<SqlRows> next();

private:
    std::unique_ptr<SqlCursor> cursor_;
    std::vector<SqlField> columns_;
};

// Read-only SQL (DuckDB's dialect) over what the principal may see: the tables of sql_tables(). A
// tenant's queries run in a database instance of their own, without access to files
// or network, with limits on time, rows and memory. Blocks: for the offload pool. Any thread.
class SqlEngine {
public:
    SqlEngine(directory::Directory& directory, registry::Registry& registry,
              const store::Store& store, labels::LabelIndex& labels, files::TenantFiles& files,
              SqlOptions options);
    ~SqlEngine();

    // What a door needs. Databases that are there are made anew when they are needed next: only one
    // in which nothing runs yet has the memory for it for sure.
    void extend(SqlExtension extension);

    // InvalidArgument: wrong SQL, with DuckDB's explanation, or not a query. Timeout, TooLarge.
    Result<SqlAnswer> run(const security::Context& context, const SqlQuestion& question);

    // Ends what run() is doing, and whatever it is asked to do from now on.
    void stop();

    // For a door that streams: what the statement is, without running it, and its start.
    SqlResult<SqlShape> describe(const SqlCaller& caller, const std::string& text);
    SqlResult<std::unique_ptr<SqlStream>> open(const SqlCaller& caller, const std::string& text,
                                               std::span<const SqlArgument> arguments,
                                               SqlStop& stop);

    // Writes the rows of the points in the range to a Parquet file: columns point, time (ns),
    // value, value_int, value_text, quality, quality_code. Only those of that quality.
    Result<> export_parquet(const security::Context& context,
                            const std::vector<directory::PointRef>& points, TimeRange range,
                            const std::string& path, store::Usable usable = store::Usable::Any);

private:
    struct Surroundings;
    struct Place;
    class Run;

    // Of a tenant, or of none for exports.
    Result<std::shared_ptr<SqlInstance>> instance(const TenantId& tenant);
    // A connection's database is gone for good when DuckDB says so; the next statement makes one.
    void drop_broken(const std::string& name, std::string_view message);
    SqlResult<std::unique_ptr<SqlCursor>> cursor(const SqlCaller& caller, SqlStop& stop);

    std::unique_ptr<Surroundings> surroundings_;
    const SqlOptions options_;
    std::mutex mutex_;
    std::shared_ptr<const SqlExtension> extension_;
    std::unordered_map<std::string, std::shared_ptr<Place>> places_;  // "" for exports
    std::set<SqlStop*> running_;                                      // in run()
    bool stopping_ = false;
    Watchdog watchdog_;
};

}  // namespace gantry::query
