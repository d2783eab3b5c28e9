// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "base/options.h"
#include "directory/directory.h"
#include "security/context.h"

namespace gantry::query {

struct SqlOptions {
    Duration time_max = std::chrono::seconds(30);
    std::int64_t rows_max = 100'000;
    std::int64_t memory_bytes = 512 * 1024 * 1024;
    std::int64_t threads = 2;

    void describe(OptionVisitor& options) {
        options.duration("time_max", time_max, std::chrono::milliseconds(10), std::chrono::hours(1),
                         "How long a query may run.");
        options.number("rows_max", rows_max, 1, 10'000'000, "Most rows that a query may return.");
        options.number("memory_bytes", memory_bytes, 16 * 1024 * 1024, std::int64_t{1} << 40,
                       "Memory that the queries of one tenant may use together.");
        options.number("threads", threads, 1, 256, "Threads that one query may use.");
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

// Read-only SQL (DuckDB's dialect) over what the principal may see: tables samples, points, assets
// and models. A tenant's queries run in a database instance of their own, without access to files
// or network, with limits on time, rows and memory. Blocks: for the offload pool. Any thread.
class SqlEngine {
public:
    SqlEngine(directory::Directory& directory, registry::Registry& registry,
              const store::Store& store, SqlOptions options);
    ~SqlEngine();

    // InvalidArgument: wrong SQL, with DuckDB's explanation, or not a query. Timeout, TooLarge.
    Result<SqlAnswer> run(const security::Context& context, const SqlQuestion& question);

    // Writes the rows of the points in the range to a Parquet file: columns point, time (ns),
    // value, value_int, value_text, quality, quality_code. Only those of that quality.
    Result<> export_parquet(const security::Context& context,
                            const std::vector<directory::PointRef>& points, TimeRange range,
                            const std::string& path, store::Usable usable = store::Usable::Any);

private:
    class Instance;
    struct Surroundings;

    Result<std::shared_ptr<Instance>> instance(const std::string& name, bool files);

    std::unique_ptr<Surroundings> surroundings_;
    const SqlOptions options_;
    std::mutex mutex_;
    std::unordered_map<std::string, std::shared_ptr<Instance>> instances_;  // by tenant; "" exports
};

}  // namespace gantry::query
