// SPDX-License-Identifier: Apache-2.0
// One DuckDB database with our tables, and a statement that runs in it.
#pragma once

#include <duckdb.hpp>
#include <span>

#include "query/sql_convert.h"
#include "query/sql_tables.h"
#include "query/sql_watch.h"

namespace gantry::query {

struct SqlOptions;
struct SqlShape;

// DuckDB's exceptions carry JSON; this is the sentence in it.
std::string message_of(const std::exception& error);

// One DuckDB database in memory, with our tables. Any thread.
class SqlInstance {
public:
    // All that its queries see of files. Null: those of the machine, also to be written; for
    // exports of ours, never for queries of users.
    // Then `extension` is run.
    SqlInstance(const duckdb::shared_ptr<SqlScope>& nobody, const SqlOptions& options,
                duckdb::unique_ptr<duckdb::FileSystem> files,
                std::span<const std::string> extension);

    duckdb::Connection connect(duckdb::shared_ptr<SqlScope> scope);

private:
    std::unique_ptr<duckdb::DuckDB> database_;
};

// A statement on a connection of its own. One thread at a time, not always the same.
class SqlCursor {
public:
    SqlCursor(std::shared_ptr<SqlInstance> instance, duckdb::Connection connection, Watchdog& dog,
              const SqlOptions& options, SqlStop& stop);

    SqlResult<> start(const std::string& text, std::span<const SqlArgument> arguments);
    // Instead of start(): what the statement wants and would answer.
    SqlResult<SqlShape> describe(const std::string& text);
    // Null at the end.
    SqlResult<duckdb::unique_ptr<duckdb::DataChunk>> fetch();

    const duckdb::vector<std::string>& names() const { return result_->names; }
    const duckdb::vector<duckdb::LogicalType>& types() const { return result_->types; }

private:
    template <class Work>
    SqlResult<> timed(Work work);
    SqlFault fault(const duckdb::ErrorData& error, bool late) const;

    std::shared_ptr<SqlInstance> instance_;
    duckdb::Connection connection_;
    Watchdog& dog_;
    SqlStop& stop_;
    const SqlOptions& options_;
    Duration left_;  // of the time that it may take
    std::unique_ptr<duckdb::QueryResult> result_;
};

// The one query in the text. Forbidden: it is something else.
SqlResult<duckdb::unique_ptr<duckdb::SQLStatement>> extract_query(duckdb::Connection& connection,
                                                                  const std::string& text);

}  // namespace gantry::query
