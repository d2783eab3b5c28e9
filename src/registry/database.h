// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/log.h"
#include "base/result.h"

namespace gantry::registry {

// One value of a row or of a parameter; null is the empty alternative.
using Cell = std::variant<std::monostate, std::int64_t, std::string>;

// A row of a query, by position of its columns.
class SqlRow {
public:
    explicit SqlRow(std::vector<Cell> cells) : cells_(std::move(cells)) {}
    // Empty and zero for null.
    std::string text(std::size_t column) const;
    std::int64_t number(std::size_t column) const;
    bool flag(std::size_t column) const { return number(column) != 0; }
    bool null(std::size_t column) const { return cells_[column].index() == 0; }

private:
    std::vector<Cell> cells_;
};

struct SqlParameter {
    SqlParameter(std::string_view parameter_name, std::string_view text)
        : name(parameter_name), value(std::string(text)) {}
    SqlParameter(std::string_view parameter_name, const char* text)
        : name(parameter_name), value(std::string(text)) {}
    SqlParameter(std::string_view parameter_name, const std::string& text)
        : name(parameter_name), value(text) {}
    template <std::integral T>
    SqlParameter(std::string_view parameter_name, T number)
        : name(parameter_name), value(static_cast<std::int64_t>(number)) {}

    std::string name;  // without the colon
    Cell value;
};

// Statements within one transaction, or one read.
class Sql {
public:
    virtual ~Sql() = default;
    virtual Result<std::vector<SqlRow>> query(std::string_view text,
                                              std::vector<SqlParameter> parameters = {}) = 0;
    // The number of rows that it changed. Conflict when a uniqueness rule forbids it.
    virtual Result<std::int64_t> execute(std::string_view text,
                                         std::vector<SqlParameter> parameters = {}) = 0;

    // The first row, if any.
    Result<std::optional<SqlRow>> first(std::string_view text,
                                        std::vector<SqlParameter> parameters = {});
};

// The SQL database behind the registry (SQLite through SOCI). Blocks: to be called from the offload
// pool. Any thread; writes are one at a time.
class Database {
public:
    // Opens or makes the file and brings its schema up to date. Unsupported if the schema is newer
    // than this program.
    static Result<std::unique_ptr<Database>> open(const std::string& path, Log& log);
    ~Database();

    // Runs `work` in a transaction: committed, and synced, if it returns a value, else undone.
    template <class T>
    Result<T> write(const std::function<Result<T>(Sql&)>& work) {
        const std::lock_guard lock(write_mutex_);
        TRY(begin());
        Result<T> result = work(writer());
        if (!result) {
            roll_back();
            return result;
        }
        TRY(commit());
        return result;
    }

    template <class T>
    Result<T> read(const std::function<Result<T>(Sql&)>& work) {
        const std::lock_guard lock(read_mutex_);
        return work(reader());
    }

private:
    class Session;

    Database();
    Result<> begin();
    Result<> commit();
    void roll_back();
    Sql& writer();
    Sql& reader();

    std::mutex write_mutex_;
    std::mutex read_mutex_;
    std::unique_ptr<Session> writer_;
    std::unique_ptr<Session> reader_;
};

// Brings the schema up to date, a numbered step at a time.
Result<> migrate(Sql& sql, Log& log);
// The number of the newest step.
int schema_version();

}  // namespace gantry::registry
