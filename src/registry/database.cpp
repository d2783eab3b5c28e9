// SPDX-License-Identifier: Apache-2.0
#include "registry/database.h"

#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <charconv>

namespace gantry::registry {
namespace {

std::unexpected<Error> from_exception(const std::exception& error) {
    const std::string_view text = error.what();
    if (const auto* soci = dynamic_cast<const soci::soci_error*>(&error);
        soci != nullptr && soci->get_error_category() == soci::soci_error::constraint_violation) {
        return fail(Code::Conflict, "{}", text);
    }
    if (text.find("UNIQUE constraint") != std::string_view::npos) {
        return fail(Code::Conflict, "{}", text);
    }
    if (text.find("disk is full") != std::string_view::npos) {
        return fail(Code::StorageFull, "the registry cannot be written: {}", text);
    }
    return fail(Code::Io, "registry: {}", text);
}

Cell cell_of(soci::row& row, std::size_t column) {
    if (row.get_indicator(column) == soci::i_null) {
        return {};
    }
    switch (row.get_properties(column).get_data_type()) {
        case soci::dt_integer: return static_cast<std::int64_t>(row.get<int>(column));
        case soci::dt_long_long: return static_cast<std::int64_t>(row.get<long long>(column));
        default: return row.get<std::string>(column);
    }
}

}  // namespace

std::string SqlRow::text(std::size_t column) const {
    const auto* text = std::get_if<std::string>(&cells_[column]);
    return text == nullptr ? std::string() : *text;
}

// What has no declared type, as count(*), comes as text.
std::int64_t SqlRow::number(std::size_t column) const {
    if (const auto* number = std::get_if<std::int64_t>(&cells_[column])) {
        return *number;
    }
    std::int64_t out = 0;
    if (const auto* text = std::get_if<std::string>(&cells_[column])) {
        std::from_chars(text->data(), text->data() + text->size(), out);
    }
    return out;
}

Result<std::optional<SqlRow>> Sql::first(std::string_view text,
                                         std::vector<SqlParameter> parameters) {
    TRY_ASSIGN(auto rows, query(text, std::move(parameters)));
    return rows.empty() ? std::nullopt : std::optional(std::move(rows.front()));
}

class Database::Session final : public Sql {
public:
    explicit Session(const std::string& path)
        : session_(soci::sqlite3, "db=\"" + path + "\" timeout=10") {
        // WAL with FULL: a commit is synced before it returns.
        session_ << "PRAGMA journal_mode = WAL";
        session_ << "PRAGMA synchronous = FULL";
        session_ << "PRAGMA foreign_keys = ON";
    }

    Result<std::vector<SqlRow>> query(std::string_view text,
                                      std::vector<SqlParameter> parameters) override {
        std::vector<SqlRow> out;
        try {
            soci::statement statement(session_);
            bind(statement, parameters);
            soci::row row;
            statement.exchange(soci::into(row));
            statement.alloc();
            statement.prepare(std::string(text));
            statement.define_and_bind();
            statement.execute();
            while (statement.fetch()) {
                std::vector<Cell> cells;
                for (std::size_t i = 0; i < row.size(); ++i) {
                    cells.push_back(cell_of(row, i));
                }
                out.emplace_back(std::move(cells));
            }
        } catch (const std::exception& error) {
            return from_exception(error);
        }
        return out;
    }

    Result<std::int64_t> execute(std::string_view text,
                                 std::vector<SqlParameter> parameters) override {
        try {
            soci::statement statement(session_);
            bind(statement, parameters);
            statement.alloc();
            statement.prepare(std::string(text));
            statement.define_and_bind();
            statement.execute(true);
            return statement.get_affected_rows();
        } catch (const std::exception& error) {
            return from_exception(error);
        }
    }

private:
    static void bind(soci::statement& statement, std::vector<SqlParameter>& parameters) {
        for (SqlParameter& parameter : parameters) {
            if (auto* number = std::get_if<std::int64_t>(&parameter.value)) {
                statement.exchange(soci::use(*number, parameter.name));
            } else if (auto* text = std::get_if<std::string>(&parameter.value)) {
                statement.exchange(soci::use(*text, parameter.name));
            }
        }
    }

    soci::session session_;
};

Database::Database() = default;
Database::~Database() = default;

Result<std::unique_ptr<Database>> Database::open(const std::string& path, Log& log) {
    if (path.find('"') != std::string::npos) {
        return fail(Code::InvalidArgument, "{}: a path of the registry cannot hold quotes", path);
    }
    std::unique_ptr<Database> out(new Database);
    try {
        out->writer_ = std::make_unique<Session>(path);
        out->reader_ = std::make_unique<Session>(path);
    } catch (const std::exception& error) {
        return within("opening " + path, from_exception(error).error());
    }
    // The first statement that reads a page shows a file that is no database.
    const auto migrated = out->write<bool>([&log](Sql& sql) -> Result<bool> {
        TRY(migrate(sql, log));
        return true;
    });
    if (!migrated) {
        return within("opening " + path, migrated.error());
    }
    return out;
}

Result<> Database::begin() {
    TRY(writer_->execute("BEGIN IMMEDIATE", {}));
    return {};
}

Result<> Database::commit() {
    if (auto done = writer_->execute("COMMIT", {}); !done) {
        roll_back();
        return std::unexpected(done.error());
    }
    return {};
}

void Database::roll_back() { (void)writer_->execute("ROLLBACK", {}); }

Sql& Database::writer() { return *writer_; }
Sql& Database::reader() { return *reader_; }

}  // namespace gantry::registry
