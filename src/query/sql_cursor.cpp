// SPDX-License-Identifier: Apache-2.0
#include "query/sql_cursor.h"

#include <charconv>
#include <duckdb/main/client_config.hpp>
#include <duckdb/main/prepared_statement_data.hpp>
#include <duckdb/parser/statement/explain_statement.hpp>

#include "query/sql.h"
#include "query/sql_bounds.h"
#include "query/sql_files.h"
#include "query/sql_rewrite.h"
#include "query/sql_utc.h"

namespace gantry::query {
namespace {

// EXPLAIN ANALYZE runs what it explains.
bool is_query(const duckdb::SQLStatement& statement) {
    if (statement.type == duckdb::StatementType::EXPLAIN_STATEMENT) {
        return is_query(*statement.Cast<duckdb::ExplainStatement>().stmt);
    }
    return statement.type == duckdb::StatementType::SELECT_STATEMENT;
}

std::unexpected<SqlFault> faulty(Code code, std::string message, std::string_view state) {
    return std::unexpected(SqlFault{{code, std::move(message), {}}, state, 0});
}

constexpr std::size_t parameters_max = 65'535;  // as many as a client can count

// Of "12"; 0 for what is no number.
std::size_t number_of(const std::string& name) {
    std::size_t out = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), out);
    return error == std::errc() && end == name.data() + name.size() ? out : 0;
}

std::unexpected<SqlFault> cancelled() {
    return faulty(Code::Cancelled, "the query was ended because somebody asked for it", "57014");
}

}  // namespace

std::string message_of(const std::exception& error) {
    return duckdb::ErrorData(error).RawMessage();
}

SqlInstance::SqlInstance(const duckdb::shared_ptr<SqlScope>& nobody, const SqlOptions& options,
                         duckdb::unique_ptr<duckdb::FileSystem> files,
                         std::span<const std::string> extension) {
    duckdb::DBConfig config;
    config.options.maximum_memory = static_cast<duckdb::idx_t>(options.memory_bytes);
    // As much again for the values that are worked on, which DuckDB does not count.
    config.allocator = bounded_allocator(2 * options.memory_bytes);
    config.options.maximum_threads = static_cast<duckdb::idx_t>(options.threads);
    config.options.enable_external_access = files == nullptr;
    // A file may be replaced by another of the same name.
    config.options.enable_external_file_cache = false;
    config.options.autoload_known_extensions = false;
    config.options.autoinstall_known_extensions = false;
    config.options.allow_unsigned_extensions = false;
    config.options.use_temporary_directory = false;
    config.options.temporary_directory = "";
    if (files) {
        config.file_system = std::move(files);
        config.AddAllowedDirectory(std::string(sql_files_folder));
    }
    database_ = std::make_unique<duckdb::DuckDB>(nullptr, &config);
    // Making a view binds it once, which wants a scope; that of nobody sees nothing.
    duckdb::Connection connection = connect(nobody);
    bound_functions(connection);
    use_utc(connection);
    register_tables(connection);
    add_rewrite(*database_->instance);
    connection.BeginTransaction();
    for (const std::string& statement : extension) {
        const auto done = connection.Query(statement);
        if (done->HasError()) {
            done->ThrowError(statement + ": ");
        }
    }
    connection.Commit();
    // Times are UTC for everybody, and nobody can change that or anything else.
    for (const char* setting : {"SET GLOBAL TimeZone = 'UTC'", "SET lock_configuration = true"}) {
        const auto done = connection.Query(setting);
        if (done->HasError()) {
            done->ThrowError();
        }
    }
}

duckdb::Connection SqlInstance::connect(duckdb::shared_ptr<SqlScope> scope) {
    duckdb::Connection connection(*database_);
    if (scope->whole_division) {
        // Not by SET, which is locked.
        connection.context->config.set_variables["integer_division"] = duckdb::Value::BOOLEAN(true);
    }
    connection.context->registered_state->Insert(SqlScope::name, std::move(scope));
    return connection;
}

SqlCursor::SqlCursor(std::shared_ptr<SqlInstance> instance, duckdb::Connection connection,
                     Watchdog& dog, const SqlOptions& options, SqlStop& stop)
    : instance_(std::move(instance)),
      connection_(std::move(connection)),
      dog_(dog),
      stop_(stop),
      options_(options),
      left_(options.time_max) {}

SqlFault SqlCursor::fault(const duckdb::ErrorData& error, bool late) const {
    if (late) {
        return {{Code::Timeout,
                 std::format("the query ran longer than {}: narrow it by time or point",
                             format_duration(options_.time_max)),
                 {}},
                "57014",
                0};
    }
    SqlFault out = fault_of(error);
    if (out.error.code == Code::TooLarge) {
        out.error.message = std::format("the query needs more than {} bytes of memory: narrow it",
                                        options_.memory_bytes);
    } else if (out.error.code == Code::Cancelled) {
        return cancelled().error();
    }
    return out;
}

// Only what is spent in here counts: who reads slowly does not use the query's time up.
template <class Work>
SqlResult<> SqlCursor::timed(Work work) {
    const auto begun = std::chrono::steady_clock::now();
    duckdb::ClientContext& context = *connection_.context;
    bool late = false;
    duckdb::ErrorData error;
    {
        const Watchdog::Watch watch(dog_, std::max(left_, Duration{1}),
                                    [&context] { context.Interrupt(); });
        const SqlStop::Running running(stop_, [&context] { context.Interrupt(); });
        if (stop_.requested()) {
            return cancelled();
        }
        try {
            error = work();
        } catch (const std::exception& thrown) {
            error = duckdb::ErrorData(thrown);
        }
        late = watch.fired();
    }
    left_ -= std::chrono::steady_clock::now() - begun;
    if (error.HasError()) {
        return std::unexpected(fault(error, late));
    }
    return {};
}

SqlResult<> SqlCursor::start(const std::string& text, std::span<const SqlArgument> arguments) {
    duckdb::case_insensitive_map_t<duckdb::BoundParameterData> values;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        TRY_ASSIGN(values[std::to_string(i + 1)], parameter_of(arguments[i]));
    }
    TRY_ASSIGN(auto statement, extract_query(connection_, text));
    // The values are there when it is planned, so that they narrow what is read of the store as
    // constants do.
    return timed([&] {
        auto pending = connection_.PendingQuery(std::move(statement), values, true);
        if (pending->HasError()) {
            return pending->GetErrorObject();
        }
        // DuckDB forgets what was asked of it before a query begins.
        if (stop_.requested()) {
            return duckdb::ErrorData(duckdb::ExceptionType::INTERRUPT, "");
        }
        result_ = pending->Execute();
        return result_->HasError() ? result_->GetErrorObject() : duckdb::ErrorData();
    });
}

SqlResult<SqlShape> SqlCursor::describe(const std::string& text) {
    TRY_ASSIGN(auto statement, extract_query(connection_, text));
    duckdb::unique_ptr<duckdb::PreparedStatement> prepared;
    TRY(timed([&] {
        prepared = connection_.Prepare(std::move(statement));
        return prepared->HasError() ? prepared->GetErrorObject() : duckdb::ErrorData();
    }));
    SqlShape out;
    for (const auto& [name, type] : prepared->GetExpectedParameterTypes()) {
        const std::size_t number = number_of(name);
        if (number == 0 || number > parameters_max) {
            return faulty(Code::InvalidArgument,
                          std::format("the parameter ${} is not $1 to ${}", name, parameters_max),
                          "42P02");
        }
        if (out.parameters.size() < number) {
            out.parameters.resize(number);
        }
        const bool known = type.id() != duckdb::LogicalTypeId::UNKNOWN &&
                           type.id() != duckdb::LogicalTypeId::INVALID;
        out.parameters[number - 1] = known ? std::optional(sql_type_of(type)) : std::nullopt;
    }
    const auto& types = prepared->GetTypes();
    for (std::size_t i = 0; i < types.size(); ++i) {
        out.columns.push_back({prepared->GetNames()[i], sql_type_of(types[i])});
        out.open = out.open || types[i].id() == duckdb::LogicalTypeId::UNKNOWN;
    }
    out.open = out.open || !prepared->data->properties.bound_all_parameters;
    return out;
}

SqlResult<duckdb::unique_ptr<duckdb::DataChunk>> SqlCursor::fetch() {
    duckdb::unique_ptr<duckdb::DataChunk> chunk;
    TRY(timed([&] {
        duckdb::ErrorData error;
        if (!result_->TryFetch(chunk, error)) {
            return error.HasError() ? error : result_->GetErrorObject();
        }
        return duckdb::ErrorData();
    }));
    return chunk && chunk->size() > 0 ? std::move(chunk) : nullptr;
}

SqlResult<duckdb::unique_ptr<duckdb::SQLStatement>> extract_query(duckdb::Connection& connection,
                                                                  const std::string& text) {
    duckdb::vector<duckdb::unique_ptr<duckdb::SQLStatement>> statements;
    try {
        statements = connection.ExtractStatements(text);
    } catch (const std::exception& error) {
        return std::unexpected(fault_of(duckdb::ErrorData(error)));
    }
    if (statements.size() != 1) {
        return faulty(Code::InvalidArgument, "write one statement", "42601");
    }
    if (!is_query(*statements[0])) {
        return faulty(Code::Forbidden, "only queries are allowed here: write SELECT …", "25006");
    }
    return std::move(statements[0]);
}

}  // namespace gantry::query
