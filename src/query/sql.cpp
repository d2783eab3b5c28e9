// SPDX-License-Identifier: Apache-2.0
#include "query/sql.h"

#include <condition_variable>
#include <duckdb.hpp>
#include <thread>

#include "query/sql_tables.h"

namespace gantry::query {
namespace {

// DuckDB's exceptions carry JSON; this is the sentence in it.
std::string message_of(const std::exception& error) {
    return duckdb::ErrorData(error).RawMessage();
}

duckdb::Value value_of(const SqlCell& cell) {
    return std::visit(
        [](const auto& content) -> duckdb::Value {
            using T = std::decay_t<decltype(content)>;
            if constexpr (std::is_same_v<T, std::monostate>) {
                return duckdb::Value();
            } else if constexpr (std::is_same_v<T, bool>) {
                return duckdb::Value::BOOLEAN(content);
            } else if constexpr (std::is_same_v<T, std::int64_t>) {
                return duckdb::Value::BIGINT(content);
            } else {
                return duckdb::Value(content);
            }
        },
        cell);
}

SqlCell cell_of(const duckdb::Value& value) {
    if (value.IsNull()) {
        return {};
    }
    switch (value.type().id()) {
        case duckdb::LogicalTypeId::BOOLEAN: return duckdb::BooleanValue::Get(value);
        case duckdb::LogicalTypeId::TINYINT:
        case duckdb::LogicalTypeId::SMALLINT:
        case duckdb::LogicalTypeId::INTEGER:
        case duckdb::LogicalTypeId::BIGINT:
        case duckdb::LogicalTypeId::UTINYINT:
        case duckdb::LogicalTypeId::USMALLINT:
        case duckdb::LogicalTypeId::UINTEGER: return value.GetValue<std::int64_t>();
        case duckdb::LogicalTypeId::HUGEINT: {
            // Sums of whole numbers come as these; most fit.
            duckdb::Value narrow = value;
            if (narrow.DefaultTryCastAs(duckdb::LogicalType::BIGINT)) {
                return narrow.GetValue<std::int64_t>();
            }
            return value.ToString();
        }
        case duckdb::LogicalTypeId::FLOAT:
        case duckdb::LogicalTypeId::DOUBLE:
        case duckdb::LogicalTypeId::DECIMAL: return value.GetValue<double>();
        case duckdb::LogicalTypeId::TIMESTAMP_NS:
            return format_time(value.GetValueUnsafe<std::int64_t>());
        case duckdb::LogicalTypeId::TIMESTAMP:
        case duckdb::LogicalTypeId::TIMESTAMP_TZ:
            return format_time(value.GetValueUnsafe<std::int64_t>() * 1000);
        default: return value.ToString();
    }
}

std::unexpected<Error> wrong_sql(const std::string& message) {
    return fail(Code::InvalidArgument, "{}", message);
}

bool is_query(duckdb::StatementType type) {
    return type == duckdb::StatementType::SELECT_STATEMENT ||
           type == duckdb::StatementType::EXPLAIN_STATEMENT;
}

std::string quoted(const std::string& text) {
    std::string out = "'";
    for (const char c : text) {
        out += c;
        if (c == '\'') {
            out += c;
        }
    }
    return out + "'";
}

}  // namespace

struct SqlEngine::Surroundings {
    directory::Directory& directory;
    registry::Registry& registry;
    const store::Store& store;

    duckdb::shared_ptr<SqlScope> scope(const security::Context& context) const {
        auto out = duckdb::make_shared_ptr<SqlScope>();
        out->directory = &directory;
        out->registry = &registry;
        out->store = &store;
        out->context = context;
        return out;
    }
};

// One DuckDB database in memory, with our tables.
class SqlEngine::Instance {
public:
    // `files`: may write files, for exports of ours; never for queries of users.
    Instance(const Surroundings& surroundings, const SqlOptions& options, bool files) {
        duckdb::DBConfig config;
        config.options.maximum_memory = static_cast<duckdb::idx_t>(options.memory_bytes);
        config.options.maximum_threads = static_cast<duckdb::idx_t>(options.threads);
        config.options.enable_external_access = files;
        config.options.autoload_known_extensions = false;
        config.options.autoinstall_known_extensions = false;
        config.options.allow_unsigned_extensions = false;
        config.options.use_temporary_directory = false;
        config.options.temporary_directory = "";
        database_ = std::make_unique<duckdb::DuckDB>(nullptr, &config);
        // Making a view binds it once, which wants a scope; that of nobody sees nothing.
        duckdb::Connection connection = connect(surroundings.scope({}));
        register_tables(connection);
        // Times are UTC for everybody, and nobody can change that or anything else.
        for (const char* setting :
             {"SET GLOBAL TimeZone = 'UTC'", "SET lock_configuration = true"}) {
            const auto done = connection.Query(setting);
            if (done->HasError()) {
                done->ThrowError();
            }
        }
    }

    duckdb::Connection connect(duckdb::shared_ptr<SqlScope> scope) {
        duckdb::Connection connection(*database_);
        connection.context->registered_state->Insert(SqlScope::name, std::move(scope));
        return connection;
    }

private:
    std::unique_ptr<duckdb::DuckDB> database_;
};

namespace {

// Interrupts a query that runs longer than it may.
class Watchdog {
public:
    Watchdog(duckdb::Connection& connection, Duration limit)
        : thread_([this, &connection, limit](const std::stop_token& stop) {
              std::unique_lock lock(mutex_);
              if (!ended_.wait_for(lock, stop, limit, [this] { return done_; }) &&
                  !stop.stop_requested()) {
                  fired_ = true;
                  connection.Interrupt();
              }
          }) {}
    Watchdog(const Watchdog&) = delete;
    Watchdog& operator=(const Watchdog&) = delete;
    ~Watchdog() {
        {
            const std::lock_guard lock(mutex_);
            done_ = true;
        }
        ended_.notify_all();
    }
    bool fired() const { return fired_; }

private:
    std::mutex mutex_;
    std::condition_variable_any ended_;
    bool done_ = false;
    std::atomic<bool> fired_ = false;
    std::jthread thread_;
};

std::unexpected<Error> query_failed(const duckdb::ErrorData& error, const Watchdog& watchdog,
                                    const SqlOptions& options) {
    if (watchdog.fired()) {
        return fail(Code::Timeout, "the query ran longer than {}: narrow it by time or point",
                    format_duration(options.time_max));
    }
    if (error.Type() == duckdb::ExceptionType::OUT_OF_MEMORY) {
        return fail(Code::TooLarge, "the query needs more than {} bytes of memory: narrow it",
                    options.memory_bytes);
    }
    return wrong_sql(error.RawMessage());
}

Result<duckdb::unique_ptr<duckdb::PreparedStatement>> prepare(duckdb::Connection& connection,
                                                              const std::string& text) {
    duckdb::vector<duckdb::unique_ptr<duckdb::SQLStatement>> statements;
    try {
        statements = connection.ExtractStatements(text);
    } catch (const std::exception& error) {
        return wrong_sql(message_of(error));
    }
    if (statements.size() != 1) {
        return wrong_sql("write one statement");
    }
    if (!is_query(statements[0]->type)) {
        return fail(Code::Forbidden, "only queries are allowed here: write SELECT …");
    }
    auto prepared = connection.Prepare(std::move(statements[0]));
    if (prepared->HasError()) {
        return wrong_sql(prepared->GetErrorObject().RawMessage());
    }
    return prepared;
}

Result<SqlAnswer> collect(duckdb::QueryResult& result, std::int64_t limit, const Watchdog& watchdog,
                          const SqlOptions& options) {
    SqlAnswer out;
    for (std::size_t i = 0; i < result.names.size(); ++i) {
        out.columns.push_back({result.names[i], result.types[i].ToString()});
    }
    while (!out.truncated) {
        duckdb::unique_ptr<duckdb::DataChunk> chunk;
        duckdb::ErrorData error;
        if (!result.TryFetch(chunk, error)) {
            return query_failed(error, watchdog, options);
        }
        if (!chunk || chunk->size() == 0) {
            break;
        }
        for (duckdb::idx_t row = 0; row < chunk->size(); ++row) {
            if (std::ssize(out.rows) == limit) {
                out.truncated = true;
                break;
            }
            std::vector<SqlCell>& cells = out.rows.emplace_back();
            cells.reserve(out.columns.size());
            for (duckdb::idx_t column = 0; column < chunk->ColumnCount(); ++column) {
                cells.push_back(cell_of(chunk->GetValue(column, row)));
            }
        }
    }
    return out;
}

}  // namespace

SqlEngine::SqlEngine(directory::Directory& directory, registry::Registry& registry,
                     const store::Store& store, SqlOptions options)
    : surroundings_(new Surroundings{directory, registry, store}), options_(options) {}

SqlEngine::~SqlEngine() = default;

Result<std::shared_ptr<SqlEngine::Instance>> SqlEngine::instance(const std::string& name,
                                                                 bool files) {
    const std::lock_guard lock(mutex_);
    auto& instance = instances_[name];
    if (!instance) {
        try {
            instance = std::make_shared<Instance>(*surroundings_, options_, files);
        } catch (const std::exception& error) {
            return fail(Code::Internal, "DuckDB cannot start: {}", message_of(error));
        }
    }
    return instance;
}

Result<SqlAnswer> SqlEngine::run(const security::Context& context, const SqlQuestion& question) {
    if (question.limit < 1 || question.limit > options_.rows_max) {
        return fail(Code::InvalidArgument, "limit must be 1 to {}", options_.rows_max);
    }
    TRY_ASSIGN(const auto database, instance(context.tenant.text(), false));
    try {
        duckdb::Connection connection = database->connect(surroundings_->scope(context));
        const Watchdog watchdog(connection, options_.time_max);
        TRY_ASSIGN(const auto prepared, prepare(connection, question.text));
        duckdb::vector<duckdb::Value> parameters;
        for (const SqlCell& cell : question.parameters) {
            parameters.push_back(value_of(cell));
        }
        const auto result = prepared->Execute(parameters, true);
        if (result->HasError()) {
            return query_failed(result->GetErrorObject(), watchdog, options_);
        }
        return collect(*result, question.limit, watchdog, options_);
    } catch (const std::exception& error) {
        return wrong_sql(message_of(error));
    }
}

Result<> SqlEngine::export_parquet(const security::Context& context,
                                   const std::vector<directory::PointRef>& points, TimeRange range,
                                   const std::string& path, store::Usable usable) {
    TRY_ASSIGN(const auto database, instance("", true));
    try {
        auto scope = surroundings_->scope(context);
        scope->points = points;
        scope->points_given = true;
        scope->range = range;
        duckdb::Connection connection = database->connect(std::move(scope));
        const auto result = connection.Query(
            "COPY (SELECT point, make_timestamp_ns(time_ns) AS time, value, value_int, value_text, "
            "quality, quality_code FROM samples" +
            std::string(usable == store::Usable::Good     ? " WHERE quality = 'good'"
                        : usable == store::Usable::NotBad ? " WHERE quality <> 'bad'"
                                                          : "") +
            ") TO " + quoted(path) + " (FORMAT parquet, COMPRESSION zstd)");
        if (result->HasError()) {
            return fail(Code::Io, "exporting to {}: {}", path,
                        result->GetErrorObject().RawMessage());
        }
    } catch (const std::exception& error) {
        return fail(Code::Internal, "exporting to {}: {}", path, message_of(error));
    }
    return {};
}

}  // namespace gantry::query
