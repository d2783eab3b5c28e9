// SPDX-License-Identifier: Apache-2.0
#include "pgwire/cursor_commands.h"

#include <algorithm>
#include <charconv>
#include <format>

namespace gantry::pgwire {
namespace {

using query::SqlFault;
using query::SqlResult;

std::unexpected<SqlFault> fault(Code code, std::string_view state, std::string message) {
    return std::unexpected(SqlFault{{code, std::move(message), {}}, state, 0});
}

std::unexpected<SqlFault> syntax(std::string message) {
    return fault(Code::InvalidArgument, "42601", std::move(message));
}

bool is_name(const StatementText& statement, std::size_t at) {
    return at < statement.tokens.size() && (statement.tokens[at].kind == TokenKind::Word ||
                                            statement.tokens[at].kind == TokenKind::Quoted);
}

// What the statement has from that token on.
struct Rest {
    std::string text;
    std::size_t offset = 0;
};
Rest rest_of(const StatementText& statement, std::size_t at) {
    const std::size_t begin = statement.tokens[at].begin;
    return {std::string(statement.text.substr(begin)), begin};
}

struct TypeName {
    std::string_view name;
    Oid oid;
};
constexpr TypeName type_names[] = {
    {"bool", Oid::Bool},
    {"boolean", Oid::Bool},
    {"int2", Oid::Int2},
    {"smallint", Oid::Int2},
    {"int4", Oid::Int4},
    {"int", Oid::Int4},
    {"integer", Oid::Int4},
    {"int8", Oid::Int8},
    {"bigint", Oid::Int8},
    {"float4", Oid::Float4},
    {"real", Oid::Float4},
    {"float8", Oid::Float8},
    {"double precision", Oid::Float8},
    {"text", Oid::Text},
    {"varchar", Oid::Text},
    {"character varying", Oid::Text},
    {"date", Oid::Date},
    {"timestamp", Oid::Timestamp},
    {"timestamp without time zone", Oid::Timestamp},
    {"timestamptz", Oid::Timestamptz},
    {"timestamp with time zone", Oid::Timestamptz},
    {"unknown", Oid::Unspecified},
};

// The index behind a list of types in brackets.
SqlResult<std::size_t> take_types(const StatementText& statement, std::size_t at,
                                  std::vector<std::uint32_t>& types) {
    std::string name;
    for (++at; at < statement.tokens.size(); ++at) {
        const bool ends = statement.of(at) == ")";
        if (!ends && statement.of(at) != ",") {
            name += (name.empty() ? "" : " ") + statement.value(at);
            continue;
        }
        const auto* known = std::ranges::find(type_names, name, &TypeName::name);
        if (known == std::end(type_names)) {
            return fault(Code::Unsupported, "42704",
                         std::format("parameters of the type \"{}\" are not known", name));
        }
        types.push_back(static_cast<std::uint32_t>(known->oid));
        name.clear();
        if (ends) {
            return at + 1;
        }
    }
    return syntax("the types of PREPARE end with )");
}

// One argument of EXECUTE and the index behind it. A cast after it says nothing: the statement
// knows its types.
SqlResult<std::size_t> take_argument(const StatementText& statement, std::size_t at,
                                     std::vector<std::optional<std::string>>& out) {
    const bool negative = statement.of(at) == "-";
    at += negative || statement.of(at) == "+" ? 1 : 0;
    if (at >= statement.tokens.size()) {
        return syntax("the arguments of EXECUTE end with )");
    }
    const TokenKind kind = statement.tokens[at].kind;
    const std::string word = statement.value(at);
    if (kind == TokenKind::Number) {
        out.emplace_back((negative ? "-" : "") + word);
    } else if (!negative && kind == TokenKind::String) {
        out.emplace_back(word);
    } else if (!negative && kind == TokenKind::Word && (word == "true" || word == "false")) {
        out.emplace_back(word);
    } else if (!negative && kind == TokenKind::Word && word == "null") {
        out.emplace_back(std::nullopt);
    } else {
        return fault(Code::Unsupported, "0A000",
                     "arguments of EXECUTE are numbers, texts, true, false or NULL here");
    }
    ++at;
    if (statement.of(at) == "::") {
        for (++at; is_name(statement, at); ++at) {
        }
    }
    return at;
}

}  // namespace

SqlResult<DeclareCommand> declare_command(const StatementText& statement) {
    if (!is_name(statement, 1)) {
        return syntax("DECLARE wants a name: DECLARE name CURSOR FOR SELECT …");
    }
    DeclareCommand out;
    out.name = statement.value(1);
    std::size_t at = 2;
    for (; at < statement.tokens.size() && !statement.is(at, "cursor"); ++at) {
        if (statement.is(at, "binary")) {
            out.binary = true;
        } else if (statement.is(at, "scroll") && !statement.is(at - 1, "no")) {
            return fault(Code::Unsupported, "0A000", "cursors go forwards only: leave SCROLL out");
        } else if (!statement.is(at, "no") && !statement.is(at, "scroll") &&
                   !statement.is(at, "insensitive") && !statement.is(at, "asensitive")) {
            return syntax(std::format("DECLARE has no option {}", statement.of(at)));
        }
    }
    ++at;
    if (statement.is(at, "with")) {
        return fault(Code::Unsupported, "0A000",
                     "cursors end with their transaction: leave WITH HOLD out");
    }
    if (statement.is(at, "without") && statement.is(at + 1, "hold")) {
        at += 2;
    }
    if (!statement.is(at, "for") || at + 1 >= statement.tokens.size()) {
        return syntax("DECLARE wants a query: DECLARE name CURSOR FOR SELECT …");
    }
    Rest rest = rest_of(statement, at + 1);
    out.query = std::move(rest.text);
    out.offset = rest.offset;
    return out;
}

SqlResult<FetchCommand> fetch_command(const StatementText& statement) {
    FetchCommand out;
    out.move = statement.is(0, "move");
    std::size_t at = 1;
    const auto backwards = [] {
        return fault(Code::Unsupported, "55000", "cursors go forwards only");
    };
    const auto counted = [&]() -> SqlResult<> {
        if (statement.is(at, "all")) {
            out.count = UINT64_MAX;
            ++at;
            return {};
        }
        const std::string_view text = statement.of(at);
        if (text == "-") {
            return backwards();
        }
        if (at < statement.tokens.size() && statement.tokens[at].kind == TokenKind::Number) {
            const auto [end, error] =
                std::from_chars(text.data(), text.data() + text.size(), out.count);
            if (error != std::errc() || end != text.data() + text.size()) {
                return syntax(std::format("{} is not a number of rows", text));
            }
            if (out.count == 0) {
                return backwards();  // to the row where it is
            }
            ++at;
        }
        return {};
    };
    // A cursor may have the name of a direction: then nothing, or FROM, follows another way.
    const bool named = at + 1 == statement.tokens.size();
    if (!named && (statement.is(at, "next") || statement.is(at, "forward"))) {
        const bool more = statement.is(at, "forward");
        ++at;
        if (more) {
            TRY(counted());
        }
    } else if (!named && statement.is(at, "relative")) {
        return fault(Code::Unsupported, "0A000", "FETCH RELATIVE is not there: MOVE, then FETCH");
    } else if (!named && (statement.is(at, "prior") || statement.is(at, "backward") ||
                          statement.is(at, "first") || statement.is(at, "last") ||
                          statement.is(at, "absolute"))) {
        return backwards();
    } else if (!named) {
        TRY(counted());
    }
    at += statement.is(at, "from") || statement.is(at, "in") ? 1 : 0;
    if (!is_name(statement, at) || at + 1 != statement.tokens.size()) {
        return syntax("FETCH wants a count and a cursor: FETCH FORWARD 100 FROM name");
    }
    out.name = statement.value(at);
    return out;
}

SqlResult<CloseCommand> close_command(const StatementText& statement) {
    if (!is_name(statement, 1) || statement.tokens.size() != 2) {
        return syntax("CLOSE wants the name of a cursor, or ALL");
    }
    return CloseCommand{statement.value(1), statement.is(1, "all")};
}

SqlResult<PrepareCommand> prepare_command(const StatementText& statement) {
    if (statement.is(1, "transaction")) {
        return fault(Code::Unsupported, "0A000", "there are no prepared transactions");
    }
    if (!is_name(statement, 1)) {
        return syntax("PREPARE wants a name: PREPARE name AS SELECT …");
    }
    PrepareCommand out;
    out.name = statement.value(1);
    std::size_t at = 2;
    if (statement.of(at) == "(") {
        TRY_ASSIGN(at, take_types(statement, at, out.types));
    }
    if (!statement.is(at, "as") || at + 1 >= statement.tokens.size()) {
        return syntax("PREPARE wants a query: PREPARE name AS SELECT …");
    }
    Rest rest = rest_of(statement, at + 1);
    out.query = std::move(rest.text);
    out.offset = rest.offset;
    return out;
}

SqlResult<ExecuteCommand> execute_command(const StatementText& statement) {
    if (!is_name(statement, 1)) {
        return syntax("EXECUTE wants the name of a prepared statement");
    }
    ExecuteCommand out;
    out.name = statement.value(1);
    std::size_t at = 2;
    if (statement.of(at) == "(") {
        do {
            TRY_ASSIGN(at, take_argument(statement, at + 1, out.arguments));
        } while (statement.of(at) == ",");
        if (statement.of(at) != ")") {
            return syntax("the arguments of EXECUTE are separated by , and end with )");
        }
        ++at;
    }
    if (at != statement.tokens.size()) {
        return syntax(std::format("EXECUTE ends before {}", statement.of(at)));
    }
    return out;
}

}  // namespace gantry::pgwire
