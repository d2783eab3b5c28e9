// SPDX-License-Identifier: Apache-2.0
#include "pgwire/rewrite.h"

#include <algorithm>
#include <array>

#include "pgwire/catalogue.h"

namespace gantry::pgwire {
namespace {

using query::SqlKind;

std::string qualified(std::string_view schema, std::string_view name) {
    return std::string(schema) + "." + std::string(name);
}

std::string quoted_literal(std::string_view text) {
    std::string out = "'";
    for (const char c : text) {
        out += c;
        if (c == '\'') {
            out += c;
        }
    }
    return out + "'";
}

class Rewriter {
public:
    Rewriter(const StatementText& statement, std::string_view database)
        : in_(statement), database_(database) {}

    Rewritten run() {
        while (at_ < in_.tokens.size()) {
            if (!rewrite_fragment() && !rewrite_sign() && !rewrite_keyword() && !rewrite_name()) {
                ++at_;
            }
        }
        return std::move(out_);
    }

private:
    bool is_name(std::size_t token) const {
        return token < in_.tokens.size() && (in_.tokens[token].kind == TokenKind::Word ||
                                             in_.tokens[token].kind == TokenKind::Quoted);
    }
    bool is_string(std::size_t token) const {
        return token < in_.tokens.size() && in_.tokens[token].kind == TokenKind::String;
    }
    // Replaces tokens [from, to) and goes on behind them.
    bool replace(std::size_t from, std::size_t to, std::string text) {
        out_.replace(in_.tokens[from].begin, in_.tokens[to - 1].end, std::move(text));
        at_ = to;
        return true;
    }

    bool rewrite_fragment() {
        for (const Fragment& fragment : fragments()) {
            const std::size_t end = match(fragment.tokens);
            if (end != 0) {
                return replace(at_, end, std::string(fragment.replacement));
            }
        }
        return false;
    }

    // The token behind the fragment, or 0.
    std::size_t match(std::string_view fragment) const {
        std::size_t token = at_;
        while (!fragment.empty()) {
            const std::size_t space = std::min(fragment.find(' '), fragment.size());
            if (token >= in_.tokens.size() || lower(in_.of(token)) != fragment.substr(0, space)) {
                return 0;
            }
            fragment.remove_prefix(std::min(space + 1, fragment.size()));
            ++token;
        }
        return token;
    }

    bool rewrite_sign() {
        const std::string_view sign = in_.of(at_);
        if (sign == "::") {
            return rewrite_cast();
        }
        const bool regular = sign == "~" || sign == "!~" || sign == "~*" || sign == "!~*";
        return regular && rewrite_match(at_, at_ + 1, sign);
    }

    // `x ~ 'pattern'`: the engine's operator wants the whole text to match.
    bool rewrite_match(std::size_t from, std::size_t pattern, std::string_view sign) {
        if (!is_string(pattern)) {
            if (pattern > from + 1) {
                return replace(from, pattern, std::string(sign));
            }
            return false;
        }
        const bool insensitive = sign.ends_with('*');
        const std::string wanted =
            std::string(insensitive ? "(?si).*(?:" : "(?s).*(?:") + in_.value(pattern) + ").*";
        return replace(from, pattern + 1,
                       std::string(sign.starts_with('!') ? "!~ " : "~ ") + quoted_literal(wanted));
    }

    // The tokens of a type from `token` on: [pg_catalog .] name. Returns the one behind, and the
    // engine's name for it, empty if it knows the type by that name.
    std::size_t take_type(std::size_t token, std::string& type) const {
        const bool schema =
            (in_.value(token) == "pg_catalog" || in_.value(token) == "information_schema") &&
            in_.of(token + 1) == ".";
        token += schema ? 2 : 0;
        if (!is_name(token)) {
            return token;
        }
        type = engine_type(in_.value(token));
        if (type.empty() && schema) {
            type = in_.of(token);
        }
        return token + 1;
    }

    static bool names_a_relation(std::string_view type) {
        return type == "regclass" || type == "regtype";
    }

    bool rewrite_cast() {
        std::string type;
        const std::size_t end = take_type(at_ + 1, type);
        const std::string name = end > at_ + 1 ? in_.value(end - 1) : "";
        const bool given =
            at_ > 0 && (is_string(at_ - 1) || in_.tokens[at_ - 1].kind == TokenKind::Parameter);
        if (given && names_a_relation(name)) {
            // The name before the sign has been passed already, unchanged.
            out_.replace(in_.tokens[at_ - 1].begin, in_.tokens[end - 1].end,
                         qualified(catalogue_schema, "to_" + name) + "(" +
                             std::string(in_.of(at_ - 1)) + ")");
            at_ = end;
            return true;
        }
        return !type.empty() && replace(at_, end, "::" + type);
    }

    bool rewrite_keyword() {
        if (in_.is(at_, "collate")) {
            const bool schema = in_.value(at_ + 1) == "pg_catalog" && in_.of(at_ + 2) == ".";
            const std::size_t name = at_ + (schema ? 3 : 1);
            const std::string value = in_.value(name);
            return (schema || value == "default" || value == "C") && is_name(name) &&
                   replace(at_, name + 1, "");
        }
        if (in_.is(at_, "operator") && in_.of(at_ + 1) == "(" &&
            in_.value(at_ + 2) == "pg_catalog" && in_.of(at_ + 5) == ")") {
            const std::string_view sign = in_.of(at_ + 4);
            if (sign.find('~') != std::string_view::npos && !sign.starts_with("~~")) {
                return rewrite_match(at_, at_ + 6, sign);
            }
            return replace(at_, at_ + 6, std::string(sign));
        }
        if (in_.is(at_, "cast") && in_.of(at_ + 1) == "(") {
            return rewrite_cast_of_literal();
        }
        if (in_.is(at_, "as")) {
            return rewrite_alias_or_type();
        }
        return false;
    }

    // CAST('name' AS regclass).
    bool rewrite_cast_of_literal() {
        std::string type;
        const std::size_t end = in_.is(at_ + 3, "as") ? take_type(at_ + 4, type) : 0;
        const bool given = is_string(at_ + 2) || (at_ + 2 < in_.tokens.size() &&
                                                  in_.tokens[at_ + 2].kind == TokenKind::Parameter);
        if (end == 0 || !given || in_.of(end) != ")" || !names_a_relation(in_.value(end - 1))) {
            return false;
        }
        return replace(at_, end + 1,
                       qualified(catalogue_schema, "to_" + in_.value(end - 1)) + "(" +
                           std::string(in_.of(at_ + 2)) + ")");
    }

    // The type in CAST(x AS type); else a name of the client's own, which stays as it is.
    bool rewrite_alias_or_type() {
        std::string type;
        const std::size_t end = take_type(at_ + 1, type);
        if (!type.empty() && in_.of(end) == ")") {
            return replace(at_ + 1, end, type);
        }
        at_ += is_name(at_ + 1) && in_.of(at_ + 2) != "." ? 2 : 1;
        return true;
    }

    bool rewrite_name() {
        if (!is_name(at_) || (at_ > 0 && in_.of(at_ - 1) == ".")) {
            return false;
        }
        std::size_t first = at_;
        // database.schema.name
        if (in_.of(first + 1) == "." && in_.of(first + 3) == "." && in_.value(first) == database_ &&
            is_schema(in_.value(first + 2))) {
            first += 2;
        }
        const std::string name = in_.value(first);
        if (in_.of(first + 1) == "." && (name == "pg_catalog" || name == "information_schema")) {
            return rewrite_qualified(first);
        }
        if (first != at_) {
            return replace(at_, first + 1, std::string(in_.of(first)));
        }
        return rewrite_bare(name);
    }

    static bool is_schema(std::string_view name) {
        return name == "public" || name == "pg_catalog" || name == "information_schema";
    }

    // Of pg_catalog or information_schema; `schema` is that token.
    bool rewrite_qualified(std::size_t schema) {
        if (!is_name(schema + 2)) {
            return false;
        }
        const std::string name = in_.value(schema + 2);
        const bool call = in_.of(schema + 3) == "(";
        if (call) {
            return replace(at_, schema + 3,
                           is_catalogue_function(name) ? qualified(catalogue_schema, name) : name);
        }
        if (in_.value(schema) == "information_schema") {
            return is_information_relation(name) &&
                   replace(at_, schema + 3, qualified(information_schema, name));
        }
        return replace(at_, schema + 3,
                       is_catalogue_relation(name) ? qualified(catalogue_schema, name)
                                                   : std::string(in_.of(schema + 2)));
    }

    bool rewrite_bare(const std::string& name) {
        const bool call = in_.of(at_ + 1) == "(";
        if (call) {
            return is_catalogue_function(name) &&
                   replace(at_, at_ + 1, qualified(catalogue_schema, name));
        }
        if (in_.tokens[at_].kind == TokenKind::Word && !bare_function(name).empty() &&
            in_.of(at_ + 1) != ".") {
            return replace(at_, at_ + 1, std::string(bare_function(name)));
        }
        return is_catalogue_relation(name) &&
               replace(at_, at_ + 1, qualified(catalogue_schema, name));
    }

    const StatementText& in_;
    std::string database_;
    Rewritten out_;
    std::size_t at_ = 0;
};

std::string_view cast_name(SqlKind kind) {
    switch (kind) {
        case SqlKind::Boolean: return "BOOLEAN";
        case SqlKind::Int16: return "SMALLINT";
        case SqlKind::Int32: return "INTEGER";
        case SqlKind::Int64: return "BIGINT";
        case SqlKind::Float32: return "FLOAT";
        case SqlKind::Float64: return "DOUBLE";
        case SqlKind::Bytes: return "BLOB";
        case SqlKind::Date: return "DATE";
        case SqlKind::TimeOfDay: return "TIME";
        case SqlKind::Timestamp: return "TIMESTAMP";
        case SqlKind::TimestampTz: return "TIMESTAMPTZ";
        case SqlKind::Interval: return "INTERVAL";
        case SqlKind::Uuid: return "UUID";
        case SqlKind::Numeric: return "DECIMAL(38, 10)";
        default: return "VARCHAR";
    }
}

}  // namespace

void Rewritten::replace(std::size_t begin, std::size_t end, std::string text) {
    // A cast takes the value before it along.
    while (!edits_.empty() && edits_.back().begin >= begin) {
        edits_.pop_back();
    }
    edits_.push_back({begin, end, std::move(text)});
}

std::string Rewritten::apply(std::string_view original) const {
    std::string out;
    std::size_t at = 0;
    for (const Edit& edit : edits_) {
        out += original.substr(at, edit.begin - at);
        out += edit.text;
        at = edit.end;
    }
    out += original.substr(at);
    return out;
}

std::size_t Rewritten::original_place(std::size_t place) const {
    std::size_t removed = 0;  // in the original, up to here
    std::size_t added = 0;    // in the new text, up to here
    for (const Edit& edit : edits_) {
        const std::size_t begins = edit.begin - removed + added;
        if (place < begins) {
            break;
        }
        if (place < begins + edit.text.size()) {
            return edit.begin;
        }
        removed += edit.end - edit.begin;
        added += edit.text.size();
    }
    return place - added + removed;
}

Rewritten rewrite(const StatementText& statement, std::string_view database) {
    return Rewriter(statement, database).run();
}

Rewritten with_declared_types(const StatementText& statement,
                              std::span<const std::optional<query::SqlType>> types) {
    Rewritten out;
    for (std::size_t i = 0; i < statement.tokens.size(); ++i) {
        if (statement.tokens[i].kind != TokenKind::Parameter) {
            continue;
        }
        const std::string_view name = statement.of(i);
        const std::size_t number = name.size() < 7 ? std::stoul(std::string(name.substr(1))) : 0;
        if (number == 0 || number > types.size() || !types[number - 1]) {
            continue;
        }
        const query::SqlType type = *types[number - 1];
        const bool list = type.kind == query::SqlKind::List;
        out.replace(statement.tokens[i].begin, statement.tokens[i].end,
                    "CAST(" + std::string(name) + " AS " +
                        std::string(cast_name(list ? type.element : type.kind)) +
                        (list ? "[])" : ")"));
    }
    return out;
}

// A call is named after its function: "avg(\"value\")" is avg. What has no name is ?column?.
std::string column_name(std::string_view engine_name) {
    if (engine_name == "count_star()") {
        return "count";
    }
    const std::size_t bracket = engine_name.find('(');
    if (bracket == std::string_view::npos || bracket == 0 || !engine_name.ends_with(')')) {
        return std::string(engine_name);
    }
    std::string_view function = engine_name.substr(0, bracket);
    function.remove_prefix(function.rfind('.') + 1);  // its schema
    const auto in_name = [](char c) {
        return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               (c >= '0' && c <= '9');
    };
    std::string bare;
    std::ranges::copy_if(function, std::back_inserter(bare), [](char c) { return c != '"'; });
    std::size_t depth = 0;
    for (std::size_t i = bracket; i < engine_name.size(); ++i) {
        depth += engine_name[i] == '(' ? 1 : 0;
        depth -= engine_name[i] == ')' ? 1 : 0;
        if (depth == 0 && i + 1 < engine_name.size()) {
            return std::string(engine_name);  // an expression that begins with a call
        }
    }
    if (bare.empty() || !std::ranges::all_of(bare, in_name)) {
        return std::string(engine_name);
    }
    if (bare == "gantry_login") {
        return "current_user";
    }
    return bare == "CAST" ? "?column?" : lower(bare);
}

}  // namespace gantry::pgwire
