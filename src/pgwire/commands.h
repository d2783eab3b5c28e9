// SPDX-License-Identifier: Apache-2.0
// What a statement is: a query for the engine, or something that clients of PostgreSQL say and this
// door answers itself.
#pragma once

#include <string>
#include <variant>

#include "pgwire/cursor_commands.h"
#include "pgwire/tokens.h"
#include "query/sql_values.h"

namespace gantry::pgwire {

struct QueryCommand {
    std::string_view tag = "SELECT";  // of its CommandComplete; EXPLAIN
};
enum class Transaction : unsigned char { Begin, Commit, Rollback, RollbackTo, Savepoint, Release };
struct TransactionCommand {
    Transaction what = Transaction::Begin;
    std::string_view tag;
};
// SET, RESET, SET SESSION CHARACTERISTICS …
struct SetCommand {
    std::string name;  // in lower case; empty for what means nothing here
    std::string value;
    std::string_view tag = "SET";
};
struct ShowCommand {
    std::string name;  // in lower case; "all"
};
// Prepared statements that the protocol made are ended by SQL's DEALLOCATE too.
struct DeallocateCommand {
    std::string name;
    bool all = false;
};
// What is taken without doing anything: DISCARD, UNLISTEN …
struct NothingCommand {
    std::string_view tag;
    bool forget_statements = false;  // DISCARD ALL
};
struct CopyCommand {
    std::string query;       // what to run
    std::size_t offset = 0;  // of the query in the statement
    enum class Form : unsigned char { Text, Csv, Binary };
    Form form = Form::Text;
    bool header = false;
    char delimiter = '\t';
    std::string null_text = "\\N";
    char quote = '"';
};

using Command = std::variant<QueryCommand, TransactionCommand, SetCommand, ShowCommand,
                             DeallocateCommand, NothingCommand, CopyCommand, DeclareCommand,
                             FetchCommand, CloseCommand, PrepareCommand, ExecuteCommand>;

// 25006: the statement would write. 0A000: PostgreSQL has it, this has not.
query::SqlResult<Command> command_of(const StatementText& statement);

}  // namespace gantry::pgwire
