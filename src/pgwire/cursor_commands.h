// SPDX-License-Identifier: Apache-2.0
// DECLARE, FETCH, MOVE, CLOSE, PREPARE and EXECUTE as SQL has them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pgwire/tokens.h"
#include "pgwire/values.h"
#include "query/sql_values.h"

namespace gantry::pgwire {

// DECLARE name … CURSOR … FOR query. A portal of that name, until the transaction ends.
struct DeclareCommand {
    std::string name;
    bool binary = false;
    std::string query;
    std::size_t offset = 0;  // of the query in the statement
};
// Of a cursor, forwards. MOVE passes the rows by.
struct FetchCommand {
    std::string name;
    std::uint64_t count = 1;
    bool move = false;
};
struct CloseCommand {
    std::string name;
    bool all = false;
};
struct PrepareCommand {
    std::string name;
    std::vector<std::uint32_t> types;  // declared, as Oid
    std::string query;
    std::size_t offset = 0;
};
struct ExecuteCommand {
    std::string name;
    std::vector<std::optional<std::string>> arguments;  // as text; nothing for NULL
};

// The statement begins with the word that the name says.
query::SqlResult<DeclareCommand> declare_command(const StatementText& statement);
query::SqlResult<FetchCommand> fetch_command(const StatementText& statement);
query::SqlResult<CloseCommand> close_command(const StatementText& statement);
query::SqlResult<PrepareCommand> prepare_command(const StatementText& statement);
query::SqlResult<ExecuteCommand> execute_command(const StatementText& statement);

}  // namespace gantry::pgwire
