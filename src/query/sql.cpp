// SPDX-License-Identifier: Apache-2.0
#include "query/sql.h"

#include <duckdb.hpp>

#include "base/error_tables.h"
#include "query/sql_cursor.h"
#include "query/sql_files.h"
#include "query/sql_tables.h"

namespace gantry::query {
namespace {

constexpr std::size_t answer_bytes_max = std::size_t{128} << 20;  // of one that is held whole

SqlArgument argument_of(const SqlCell& cell) {
    SqlArgument out;
    std::visit(
        [&out](const auto& content) {
            using T = std::decay_t<decltype(content)>;
            if constexpr (std::is_same_v<T, std::monostate>) {
                out.null = true;
            } else if constexpr (std::is_same_v<T, bool>) {
                out.type.kind = SqlKind::Boolean;
                out.number = content ? 1 : 0;
            } else if constexpr (std::is_same_v<T, std::int64_t>) {
                out.type.kind = SqlKind::Int64;
                out.number = content;
            } else if constexpr (std::is_same_v<T, double>) {
                out.type.kind = SqlKind::Float64;
                out.real = content;
            } else {
                out.text = content;
            }
        },
        cell);
    return out;
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

std::size_t text_bytes(const SqlCell& cell) {
    const auto* text = std::get_if<std::string>(&cell);
    return text == nullptr ? 0 : text->size();
}

// Up to the limit; says if there were more. TooLarge when the answer would be.
Result<> add_rows(duckdb::DataChunk& chunk, std::int64_t limit, std::size_t& bytes,
                  SqlAnswer& out) {
    for (duckdb::idx_t row = 0; row < chunk.size(); ++row) {
        if (std::ssize(out.rows) == limit) {
            out.truncated = true;
            return {};
        }
        std::vector<SqlCell>& cells = out.rows.emplace_back();
        cells.reserve(out.columns.size());
        for (duckdb::idx_t column = 0; column < chunk.ColumnCount(); ++column) {
            cells.push_back(cell_of(chunk.GetValue(column, row)));
            bytes += sizeof(SqlCell) + text_bytes(cells.back());
        }
        if (bytes > answer_bytes_max) {
            return fail(Code::TooLarge,
                        "the answer has more than {} bytes: ask for fewer rows or columns, or by "
                        "the PostgreSQL door, which streams",
                        answer_bytes_max);
        }
    }
    return {};
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
    labels::LabelIndex& labels;
    files::TenantFiles& files;
    bool rewrites;

    duckdb::shared_ptr<SqlScope> scope(const security::Context& context) const {
        auto out = duckdb::make_shared_ptr<SqlScope>();
        out->directory = &directory;
        out->registry = &registry;
        out->store = &store;
        out->labels = &labels;
        out->rewrites = rewrites;
        out->context = context;
        return out;
    }
    duckdb::shared_ptr<SqlScope> scope_of(const SqlCaller& caller) const;
};

SqlEngine::SqlEngine(directory::Directory& directory, registry::Registry& registry,
                     const store::Store& store, labels::LabelIndex& labels,
                     files::TenantFiles& files, SqlOptions options)
    : surroundings_(
          new Surroundings{directory, registry, store, labels, files, options.native_aggregates}),
      options_(options),
      extension_(std::make_shared<const SqlExtension>()) {}

SqlEngine::~SqlEngine() = default;

// What stop() ends.
class SqlEngine::Run {
public:
    explicit Run(SqlEngine& engine) : engine_(engine) {
        const std::lock_guard lock(engine_.mutex_);
        engine_.running_.insert(&end);
        if (engine_.stopping_) {
            end.request();
        }
    }
    Run(const Run&) = delete;
    Run& operator=(const Run&) = delete;
    ~Run() {
        const std::lock_guard lock(engine_.mutex_);
        engine_.running_.erase(&end);
    }

    SqlStop end;

private:
    SqlEngine& engine_;
};

void SqlEngine::stop() {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    for (SqlStop* end : running_) {
        end->request();
    }
}

// Of one tenant. Making a database takes some time, in which other tenants go on.
struct SqlEngine::Place {
    std::mutex mutex;
    std::shared_ptr<SqlInstance> instance;
};

void SqlEngine::extend(SqlExtension extension) {
    const std::lock_guard lock(mutex_);
    extension.insert(extension.begin(), extension_->begin(), extension_->end());
    extension_ = std::make_shared<const SqlExtension>(std::move(extension));
    places_.clear();
}

Result<std::shared_ptr<SqlInstance>> SqlEngine::instance(const TenantId& tenant) {
    std::shared_ptr<Place> place;
    std::shared_ptr<const SqlExtension> extension;
    {
        const std::lock_guard lock(mutex_);
        auto& known = places_[tenant.text()];
        if (!known) {
            known = std::make_shared<Place>();
        }
        place = known;
        extension = extension_;
    }
    const std::lock_guard lock(place->mutex);
    if (!place->instance) {
        const bool exports = tenant.text().empty();
        try {
            place->instance = std::make_shared<SqlInstance>(
                surroundings_->scope({}), options_,
                exports ? nullptr : tenant_file_system(surroundings_->files, tenant),
                exports ? SqlExtension() : *extension);
        } catch (const std::exception& error) {
            return fail(Code::Internal, "DuckDB cannot start: {}", message_of(error));
        }
    }
    return place->instance;
}

void SqlEngine::drop_broken(const std::string& name, std::string_view message) {
    if (message.find("database has been invalidated") != std::string_view::npos) {
        const std::lock_guard lock(mutex_);
        places_.erase(name);
    }
}

SqlResult<std::unique_ptr<SqlCursor>> SqlEngine::cursor(const SqlCaller& caller, SqlStop& stop) {
    const auto database = instance(caller.context.tenant);
    if (!database) {
        return std::unexpected(SqlFault{database.error(), sql_state(database.error().code), 0});
    }
    try {
        return std::make_unique<SqlCursor>(*database,
                                           (*database)->connect(surroundings_->scope_of(caller)),
                                           watchdog_, options_, stop);
    } catch (const std::exception& error) {
        drop_broken(caller.context.tenant.text(), message_of(error));
        return std::unexpected(SqlFault{{Code::Internal, message_of(error), {}}, "XX000", 0});
    }
}

duckdb::shared_ptr<SqlScope> SqlEngine::Surroundings::scope_of(const SqlCaller& caller) const {
    auto out = scope(caller.context);
    out->database = caller.database;
    out->whole_division = caller.whole_division;
    return out;
}

Result<SqlAnswer> SqlEngine::run(const security::Context& context, const SqlQuestion& question) {
    if (question.limit < 1 || question.limit > options_.rows_max) {
        return fail(Code::InvalidArgument, "limit must be 1 to {}", options_.rows_max);
    }
    std::vector<SqlArgument> arguments;
    for (const SqlCell& cell : question.parameters) {
        arguments.push_back(argument_of(cell));
    }
    Run run(*this);
    const auto plain = [](SqlFault fault) { return std::unexpected(std::move(fault.error)); };
    auto running = cursor({.context = context, .database = context.tenant.text()}, run.end);
    if (!running) {
        return plain(std::move(running.error()));
    }
    SqlCursor& rows = **running;
    if (auto started = rows.start(question.text, arguments); !started) {
        drop_broken(context.tenant.text(), started.error().error.message);
        return plain(std::move(started.error()));
    }
    SqlAnswer out;
    for (std::size_t i = 0; i < rows.names().size(); ++i) {
        out.columns.push_back({rows.names()[i], rows.types()[i].ToString()});
    }
    std::size_t bytes = 0;
    while (!out.truncated) {
        auto chunk = rows.fetch();
        if (!chunk) {
            return plain(std::move(chunk.error()));
        }
        if (!*chunk) {
            break;
        }
        TRY(add_rows(**chunk, question.limit, bytes, out));
    }
    return out;
}

SqlResult<SqlShape> SqlEngine::describe(const SqlCaller& caller, const std::string& text) {
    SqlStop never;
    TRY_ASSIGN(const auto unused, cursor(caller, never));
    return unused->describe(text);
}

SqlResult<std::unique_ptr<SqlStream>> SqlEngine::open(const SqlCaller& caller,
                                                      const std::string& text,
                                                      std::span<const SqlArgument> arguments,
                                                      SqlStop& stop) {
    TRY_ASSIGN(auto running, cursor(caller, stop));
    if (const auto started = running->start(text, arguments); !started) {
        drop_broken(caller.context.tenant.text(), started.error().error.message);
        return std::unexpected(started.error());
    }
    return std::make_unique<SqlStream>(std::move(running));
}

SqlStream::SqlStream(std::unique_ptr<SqlCursor> cursor) : cursor_(std::move(cursor)) {
    for (std::size_t i = 0; i < cursor_->names().size(); ++i) {
        columns_.push_back({cursor_->names()[i], sql_type_of(cursor_->types()[i])});
    }
}

SqlStream::~SqlStream() = default;

SqlResult<SqlRows> SqlStream::next() {
    TRY_ASSIGN(const auto chunk, cursor_->fetch());
    return chunk ? rows_of(*chunk, columns_) : SqlRows{};
}

Result<> SqlEngine::export_parquet(const security::Context& context,
                                   const std::vector<directory::PointRef>& points, TimeRange range,
                                   const std::string& path, store::Usable usable) {
    TRY_ASSIGN(const auto database, instance(TenantId()));
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
