// SPDX-License-Identifier: Apache-2.0
// Statements and portals: what is between the protocol's messages and the engine. Without a socket;
// prepare() and Portal block, so they belong into a pool.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pgwire/commands.h"
#include "pgwire/rewrite.h"
#include "pgwire/values.h"
#include "query/sql.h"

namespace gantry::pgwire {

// A statement whose kind is known; nothing if it is empty.
struct Statement {
    std::string text;
    std::optional<Command> command;
    std::size_t offset = 0;  // in what the client sent, for positions of errors

    // Of queries, COPY and DECLARE: what the engine is given, and how it was made.
    std::string engine_text;
    Rewritten rewritten;
    std::size_t query_offset = 0;  // in `text`

    // After prepare().
    std::vector<Oid> parameter_oids;
    std::vector<SqlType> parameters;
    std::vector<query::SqlField> columns;

    bool is_query() const {
        return command && (std::holds_alternative<QueryCommand>(*command) ||
                           std::holds_alternative<CopyCommand>(*command));
    }
    template <class Kind>
    const Kind* as() const {
        return command ? std::get_if<Kind>(&*command) : nullptr;
    }
    const CopyCommand* copy() const { return as<CopyCommand>(); }
    bool has_engine_text() const { return is_query() || as<DeclareCommand>() != nullptr; }
};

// The statements in a text, empty ones left out. A fault is one of the statement at which reading
// stopped: those before it have been read.
struct StatementList {
    std::vector<Statement> statements;
    std::optional<query::SqlFault> fault;
};
StatementList read_statements(std::string_view text, std::string_view database);
// That of a statement prepared by SQL, which must be a query.
query::SqlResult<Statement> read_query(const PrepareCommand& command, const Statement& around,
                                       std::string_view database);
// What a DECLARE makes a cursor of.
Statement cursor_query(const Statement& declare);

// Asks the engine what the statement wants and answers. `declared` are the types that the client
// named; 0 where it left that to us.
query::SqlResult<> prepare(query::SqlEngine& engine, const query::SqlCaller& caller,
                           std::span<const std::uint32_t> declared, Statement& statement);

// With places in what the client sent, counted in characters.
Complaint complaint_of(const query::SqlFault& fault);
// The fault's place in the statement's own text, instead of in the engine's.
query::SqlFault placed(query::SqlFault fault, const Statement& statement);

// A query with its parameters, and how far it has come.
class Portal {
public:
    Portal(std::shared_ptr<const Statement> statement, std::vector<query::SqlArgument> arguments,
           std::vector<Format> formats);

    const Statement& statement() const { return *statement_; }
    const std::vector<query::SqlArgument>& arguments() const { return arguments_; }
    const std::vector<Format>& formats() const { return formats_; }
    // Of the rows from here on.
    void use_formats(std::vector<Format> formats) { formats_ = std::move(formats); }
    // How the rows are described: as the statement said, or, unprepared, as they turn out to be.
    std::vector<ColumnDescription> description() const { return description(formats_); }
    std::vector<ColumnDescription> description(std::span<const Format> formats) const;

    query::SqlResult<> open(query::SqlEngine& engine, const query::SqlCaller& caller,
                            query::SqlStop& stop);
    bool is_open() const { return stream_ != nullptr; }
    bool done() const { return done_; }

    // Appends messages with rows until there are so many bytes, or no rows left, or none allowed.
    query::SqlResult<> fill(std::string& out, std::size_t bytes_max, std::uint64_t rows_max);
    // Rows so far.
    std::uint64_t count() const { return count_; }

private:
    query::SqlResult<> next_rows();
    Format format(std::size_t column) const;
    query::SqlResult<> put_data_row(MessageWriter& out);
    void put_copy_row(const CopyCommand& copy, MessageWriter& out);
    query::SqlResult<> put_value(std::size_t column, MessageWriter& out);

    std::shared_ptr<const Statement> statement_;
    std::vector<query::SqlArgument> arguments_;
    std::vector<query::SqlField> columns_;  // of what is open
    std::vector<Format> formats_;           // none: all text; one: of all
    std::unique_ptr<query::SqlStream> stream_;
    std::vector<SqlType> wire_types_;
    query::SqlRows rows_;
    std::size_t at_ = 0;
    std::uint64_t count_ = 0;
    bool begun_ = false;
    bool done_ = false;
};

}  // namespace gantry::pgwire
