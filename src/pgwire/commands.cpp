// SPDX-License-Identifier: Apache-2.0
#include "pgwire/commands.h"

#include <algorithm>
#include <array>
#include <format>

namespace gantry::pgwire {
namespace {

using query::SqlFault;
using query::SqlResult;

std::unexpected<SqlFault> fault(Code code, std::string_view state, std::string message) {
    return std::unexpected(SqlFault{{code, std::move(message), {}}, state, 0});
}

// What would change something, and what administers a server.
constexpr std::array writes = {"insert",  "update",     "delete",  "merge",    "truncate", "create",
                               "drop",    "alter",      "grant",   "revoke",   "comment",  "vacuum",
                               "reindex", "cluster",    "refresh", "security", "reassign", "import",
                               "lock",    "checkpoint", "do",      "call",     "install",  "load",
                               "attach",  "detach",     "export"};

constexpr std::array unsupported = {"listen", "notify"};

bool among(std::span<const char* const> words, const StatementText& statement) {
    const std::string first = lower(statement.of(0));
    return std::ranges::any_of(words, [&](std::string_view word) { return word == first; });
}

// The index behind "name [=|TO]"; names have dots in them.
std::size_t take_name(const StatementText& statement, std::size_t at, std::string& name) {
    name = statement.value(at++);
    while (statement.of(at) == ".") {
        name += "." + statement.value(at + 1);
        at += 2;
    }
    return at;
}

// The rest as the text of a value: strings without their quotes, lists with commas.
std::string values_from(const StatementText& statement, std::size_t at) {
    std::string out;
    for (; at < statement.tokens.size(); ++at) {
        const std::string part = statement.of(at) == "," ? ", " : statement.value(at);
        const bool gap = !out.empty() && part != ", " && !out.ends_with(' ') && part != "-" &&
                         !out.ends_with('-');
        out += (gap ? " " : "") + part;
    }
    return out;
}

SqlResult<Command> set_command(const StatementText& statement) {
    std::size_t at = 1;
    if (statement.is(at, "session") || statement.is(at, "local")) {
        ++at;
    }
    if (statement.is(at, "characteristics") || statement.is(at, "transaction") ||
        statement.is(at, "constraints")) {
        return SetCommand{};  // everything here is read only and sees one state of things
    }
    if (statement.is(at, "time") && statement.is(at + 1, "zone")) {
        return SetCommand{"timezone", values_from(statement, at + 2), "SET"};
    }
    if (statement.is(at, "names")) {
        return SetCommand{"client_encoding", values_from(statement, at + 1), "SET"};
    }
    if (statement.is(at, "role") || statement.is(at, "authorization")) {
        return fault(Code::Unsupported, "0A000", "another role cannot be taken on: sign in as it");
    }
    SetCommand out;
    at = take_name(statement, at, out.name);
    if (out.name.empty() || (statement.of(at) != "=" && !statement.is(at, "to"))) {
        return fault(Code::InvalidArgument, "42601", "SET wants a name, = or TO, and a value");
    }
    out.value = values_from(statement, at + 1);
    return out;
}

ShowCommand show_command(const StatementText& statement) {
    ShowCommand out;
    if (statement.is(1, "transaction")) {
        out.name = "transaction_isolation";
    } else if (statement.is(1, "time")) {
        out.name = "timezone";
    } else if (statement.is(1, "session")) {
        out.name = "session_authorization";
    } else {
        take_name(statement, 1, out.name);
    }
    return out;
}

SqlResult<Command> transaction_command(const StatementText& statement, const std::string& first) {
    using enum Transaction;
    if (first == "begin") {
        return TransactionCommand{Begin, "BEGIN"};
    }
    if (first == "start") {
        return TransactionCommand{Begin, "START TRANSACTION"};
    }
    if (first == "savepoint") {
        return TransactionCommand{Savepoint, "SAVEPOINT"};
    }
    if (first == "release") {
        return TransactionCommand{Release, "RELEASE"};
    }
    if (first == "commit" || first == "end") {
        if (statement.is(1, "prepared")) {
            return fault(Code::Unsupported, "0A000", "there are no prepared transactions");
        }
        return TransactionCommand{Commit, "COMMIT"};
    }
    const bool to =
        statement.is(1, "to") ||
        ((statement.is(1, "work") || statement.is(1, "transaction")) && statement.is(2, "to"));
    return TransactionCommand{to ? RollbackTo : Rollback, "ROLLBACK"};
}

// ---- COPY

std::unexpected<SqlFault> copy_fault(std::string message) {
    return fault(Code::InvalidArgument, "42601", std::move(message));
}

// One option with its value, in either of the two ways to write them.
SqlResult<> copy_option(const StatementText& statement, std::size_t& at, CopyCommand& out) {
    const std::string name = statement.value(at++);
    const auto value = [&] {
        at += statement.is(at, "as") ? 1 : 0;
        return statement.value(at++);
    };
    const auto one = [&](char& into) -> SqlResult<> {
        const std::string text = value();
        if (text.size() != 1) {
            return copy_fault(std::format("COPY's {} is one character", name));
        }
        into = text[0];
        return {};
    };
    if (name == "format" || name == "csv" || name == "binary") {
        const std::string form = name == "format" ? value() : name;
        if (form != "csv" && form != "text" && form != "binary") {
            return fault(Code::InvalidArgument, "22023",
                         std::format("COPY has the formats text, csv and binary, not {}", form));
        }
        out.form = form == "csv"    ? CopyCommand::Form::Csv
                   : form == "text" ? CopyCommand::Form::Text
                                    : CopyCommand::Form::Binary;
        if (out.form == CopyCommand::Form::Csv && out.null_text == "\\N") {
            out.null_text = "";
            out.delimiter = out.delimiter == '\t' ? ',' : out.delimiter;
        }
        return {};
    }
    if (name == "header") {
        const std::string_view next = statement.of(at);
        out.header = true;
        if (!next.empty() && next != "," && next != ")") {
            const std::string word = statement.value(at);
            if (word == "true" || word == "on" || word == "1" || word == "match") {
                ++at;
            } else if (word == "false" || word == "off" || word == "0") {
                out.header = false;
                ++at;
            }
        }
        return {};
    }
    if (name == "delimiter" || name == "delimiters") {
        return one(out.delimiter);
    }
    if (name == "quote") {
        return one(out.quote);
    }
    if (name == "null") {
        out.null_text = value();
        return {};
    }
    if (name == "encoding") {
        const std::string encoding = lower(value());
        return encoding == "utf8" || encoding == "utf-8"
                   ? SqlResult<>{}
                   : fault(Code::Unsupported, "0A000", "COPY writes UTF8 only");
    }
    if (name == "escape" || name == "force_quote" || name == "force") {
        return fault(Code::Unsupported, "0A000", std::format("COPY has no option {} here", name));
    }
    return copy_fault(std::format("COPY has no option '{}'", name));
}

SqlResult<> copy_options(const StatementText& statement, std::size_t at, CopyCommand& out) {
    at += statement.is(at, "with") ? 1 : 0;
    const bool listed = statement.of(at) == "(";
    at += listed ? 1 : 0;
    while (at < statement.tokens.size() && statement.of(at) != ")") {
        TRY(copy_option(statement, at, out));
        at += statement.of(at) == "," ? 1 : 0;
    }
    if (listed != (statement.of(at) == ")")) {
        return copy_fault("COPY's options end with )");
    }
    return {};
}

// The index behind the bracket that closes the one at `at`.
std::size_t behind_brackets(const StatementText& statement, std::size_t at) {
    std::size_t depth = 0;
    for (; at < statement.tokens.size(); ++at) {
        if (statement.of(at) == "(") {
            ++depth;
        } else if (statement.of(at) == ")" && --depth == 0) {
            return at + 1;
        }
    }
    return at;
}

SqlResult<Command> copy_command(const StatementText& statement) {
    CopyCommand out;
    std::size_t at = 1;
    if (statement.of(at) == "(") {
        const std::size_t end = behind_brackets(statement, at);
        const std::size_t from = statement.tokens[at].end;
        out.offset = from;
        out.query = statement.text.substr(from, statement.tokens[end - 1].begin - from);
        at = end;
    } else {
        std::string from(statement.of(at++));
        while (statement.of(at) == ".") {
            from += "." + std::string(statement.of(at + 1));
            at += 2;
        }
        std::string columns = "*";
        if (statement.of(at) == "(") {
            const std::size_t end = behind_brackets(statement, at);
            columns =
                statement.text.substr(statement.tokens[at].end,
                                      statement.tokens[end - 1].begin - statement.tokens[at].end);
            at = end;
        }
        out.query = "SELECT " + columns + " FROM " + from;
    }
    if (statement.is(at, "from")) {
        return fault(Code::Forbidden, "25006",
                     "this door only reads: send samples by POST /v1/samples");
    }
    if (!statement.is(at, "to") || !statement.is(at + 1, "stdout")) {
        return fault(Code::Unsupported, "0A000", "only COPY … TO STDOUT is there");
    }
    TRY(copy_options(statement, at + 2, out));
    return out;
}

}  // namespace

SqlResult<Command> command_of(const StatementText& statement) {
    const std::string first = lower(statement.of(0));
    if (first == "set") {
        return set_command(statement);
    }
    if (first == "reset") {
        SetCommand out{.name = "", .value = "", .tag = "RESET"};
        take_name(statement, 1, out.name);
        out.name = out.name == "all" ? "" : out.name;
        return out;
    }
    if (first == "show") {
        return show_command(statement);
    }
    if (first == "begin" || first == "start" || first == "commit" || first == "end" ||
        first == "rollback" || first == "abort" || first == "savepoint" || first == "release") {
        return transaction_command(statement, first);
    }
    if (first == "deallocate") {
        const std::size_t at = statement.is(1, "prepare") ? 2 : 1;
        return DeallocateCommand{statement.value(at), statement.is(at, "all")};
    }
    if (first == "discard") {
        return NothingCommand{"DISCARD ALL", true};
    }
    if (first == "unlisten") {
        return NothingCommand{"UNLISTEN", false};
    }
    if (first == "declare") {
        return declare_command(statement);
    }
    if (first == "fetch" || first == "move") {
        return fetch_command(statement);
    }
    if (first == "close") {
        return close_command(statement);
    }
    if (first == "prepare") {
        return prepare_command(statement);
    }
    if (first == "execute") {
        return execute_command(statement);
    }
    if (first == "copy") {
        return copy_command(statement);
    }
    if (among(writes, statement)) {
        return fault(Code::Forbidden, "25006",
                     std::format("cannot execute {} in a read-only transaction: this door only "
                                 "reads; use the HTTP API to change things",
                                 statement.of(0)));
    }
    if (among(unsupported, statement)) {
        return fault(Code::Unsupported, "0A000",
                     std::format("there is no {} here", statement.of(0)));
    }
    return QueryCommand{first == "explain" ? "EXPLAIN" : "SELECT"};
}

}  // namespace gantry::pgwire
