// SPDX-License-Identifier: Apache-2.0
#include "pgwire/statement.h"

#include <algorithm>

#include "base/error_tables.h"

namespace gantry::pgwire {
namespace {

using query::SqlFault;
using query::SqlResult;

constexpr std::string_view copy_binary_head("PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19);

// How many characters are before a byte of UTF-8.
std::size_t characters(std::string_view text, std::size_t bytes) {
    const std::string_view before = text.substr(0, std::min(bytes, text.size()));
    return static_cast<std::size_t>(std::ranges::count_if(
        before, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

// Names as clients expect them.
std::vector<query::SqlField> named(std::vector<query::SqlField> columns) {
    for (query::SqlField& column : columns) {
        column.name = column_name(column.name);
    }
    return columns;
}

void find_engine_text(Statement& statement, std::string_view database) {
    std::string query = statement.text;
    if (const CopyCommand* copy = statement.copy()) {
        query = copy->query;
        statement.query_offset = copy->offset;
    } else if (const auto* declare = statement.as<DeclareCommand>()) {
        query = declare->query;
        statement.query_offset = declare->offset;
    }
    StatementText text{query, tokens_of(query), 0};
    statement.rewritten = rewrite(text, database);
    statement.engine_text = statement.rewritten.apply(query);
}

bool is_whole_number(SqlKind kind) {
    return kind == SqlKind::Int16 || kind == SqlKind::Int32 || kind == SqlKind::Int64;
}

// ---- COPY

void put_copy_text(std::string_view text, char delimiter, std::string& out) {
    for (const char c : text) {
        if (c == delimiter && c != '\t') {
            out += '\\';
        }
        switch (c) {
            case '\\': out += "\\\\"; break;
            case '\b': out += "\\b"; break;
            case '\f': out += "\\f"; break;
            case '\n': out += "\\n"; break;
            case '\r': out += "\\r"; break;
            case '\t': out += "\\t"; break;
            case '\v': out += "\\v"; break;
            default: out += c; break;
        }
    }
}

void put_copy_csv(std::string_view text, const CopyCommand& copy, std::string& out) {
    const char special[] = {copy.delimiter, copy.quote, '\n', '\r', '\0'};
    const bool quoted = text == copy.null_text || text == "\\." ||
                        text.find_first_of(special) != std::string_view::npos;
    if (!quoted) {
        out += text;
        return;
    }
    out += copy.quote;
    for (const char c : text) {
        if (c == copy.quote) {
            out += copy.quote;
        }
        out += c;
    }
    out += copy.quote;
}

void put_copy_field(std::string_view text, const CopyCommand& copy, std::string& out) {
    if (copy.form == CopyCommand::Form::Csv) {
        put_copy_csv(text, copy, out);
    } else {
        put_copy_text(text, copy.delimiter, out);
    }
}

}  // namespace

StatementList read_statements(std::string_view text, std::string_view database) {
    StatementList out;
    for (const StatementText& part : statements_of(text)) {
        Statement statement;
        statement.text = part.text;
        statement.offset = part.offset;
        auto command = command_of(part);
        if (!command) {
            out.fault = std::move(command.error());
            return out;
        }
        statement.command = std::move(*command);
        if (statement.has_engine_text()) {
            find_engine_text(statement, database);
        }
        out.statements.push_back(std::move(statement));
    }
    return out;
}

SqlResult<Statement> read_query(const PrepareCommand& command, const Statement& around,
                                std::string_view database) {
    StatementList list = read_statements(command.query, database);
    if (list.fault) {
        return std::unexpected(std::move(*list.fault));
    }
    if (list.statements.size() != 1 || list.statements[0].as<QueryCommand>() == nullptr) {
        return std::unexpected(
            SqlFault{{Code::Unsupported, "only queries are prepared by SQL here", {}}, "0A000", 0});
    }
    Statement out = std::move(list.statements[0]);
    out.offset += around.offset + characters(around.text, command.offset);
    return out;
}

Statement cursor_query(const Statement& statement) {
    Statement out = statement;
    out.command = QueryCommand{};
    return out;
}

namespace {

// What stands in ANY($1) is a list, if the client has not said what it is.
void find_lists(const StatementText& text, std::vector<std::optional<SqlType>>& types) {
    for (std::size_t i = 0; i + 3 < text.tokens.size(); ++i) {
        const bool quantified = text.is(i, "any") || text.is(i, "all") || text.is(i, "some");
        const std::string_view name = text.of(i + 2);
        if (!quantified || text.of(i + 1) != "(" || text.of(i + 3) != ")" ||
            text.tokens[i + 2].kind != TokenKind::Parameter || name.size() > 6) {
            continue;
        }
        const std::size_t number = std::stoul(std::string(name.substr(1)));
        if (number > 0) {
            types.resize(std::max(types.size(), number));
            types[number - 1] = types[number - 1].value_or(SqlType{SqlKind::List, SqlKind::Text});
        }
    }
}

// The statement itself has the casts of lists: the engine does not take one without.
void cast_lists(const StatementText& text, std::vector<std::optional<SqlType>> types,
                Statement& statement) {
    for (auto& type : types) {
        type = type && type->kind == SqlKind::List ? type : std::nullopt;
    }
    statement.engine_text = with_declared_types(text, types).apply(text.text);
}

}  // namespace

SqlResult<> prepare(query::SqlEngine& engine, const query::SqlCaller& caller,
                    std::span<const std::uint32_t> declared, Statement& statement) {
    std::vector<std::optional<SqlType>> types;
    for (const std::uint32_t oid : declared) {
        const auto type = type_of(static_cast<Oid>(oid));
        if (!type) {
            return std::unexpected(
                SqlFault{{Code::Unsupported,
                          std::format("parameters of the type {} are not known", oid),
                          {}},
                         "0A000",
                         0});
        }
        // Text says nothing: what the statement wants there decides.
        types.push_back(type->kind == SqlKind::Text ? std::nullopt : type);
    }
    if (statement.has_engine_text()) {
        const std::string original = statement.engine_text;
        const StatementText text{original, tokens_of(original), 0};
        find_lists(text, types);
        cast_lists(text, types, statement);
        auto shape = engine.describe(caller, with_declared_types(text, types).apply(text.text));
        if (!shape) {
            return std::unexpected(placed(std::move(shape.error()), statement));
        }
        types.resize(std::max(types.size(), shape->parameters.size()));
        for (std::size_t i = 0; i < shape->parameters.size(); ++i) {
            types[i] = types[i] ? types[i] : shape->parameters[i];
        }
        statement.columns = named(std::move(shape->columns));
    }
    for (std::size_t i = 0; i < types.size(); ++i) {
        statement.parameters.push_back(types[i].value_or(SqlType{}));
        const bool told = i < declared.size() && declared[i] != 0;
        statement.parameter_oids.push_back(told ? static_cast<Oid>(declared[i])
                                                : oid_of(statement.parameters.back()));
    }
    return {};
}

query::SqlFault placed(SqlFault fault, const Statement& statement) {
    if (fault.position > 0) {
        const std::size_t place = statement.rewritten.original_place(fault.position - 1);
        fault.position =
            statement.offset + characters(statement.text, statement.query_offset + place) + 1;
    }
    return fault;
}

Complaint complaint_of(const SqlFault& fault) {
    Complaint out;
    out.state = fault.state.empty() ? sql_state(fault.error.code) : fault.state;
    out.message = fault.error.message;
    out.position = fault.position;
    // The engine shows the line again below its message; clients do that by the position.
    if (const std::size_t line = out.message.find("\n\nLINE "); line != std::string::npos) {
        out.message.resize(line);
    }
    return out;
}

Portal::Portal(std::shared_ptr<const Statement> statement,
               std::vector<query::SqlArgument> arguments, std::vector<Format> formats)
    : statement_(std::move(statement)),
      arguments_(std::move(arguments)),
      formats_(std::move(formats)) {}

namespace {

Format format_of(std::span<const Format> formats, std::size_t column) {
    return formats.empty()           ? Format::Text
           : formats.size() == 1     ? formats[0]
           : column < formats.size() ? formats[column]
                                     : Format::Text;
}

}  // namespace

Format Portal::format(std::size_t column) const { return format_of(formats_, column); }

std::vector<ColumnDescription> Portal::description(std::span<const Format> formats) const {
    std::vector<ColumnDescription> out;
    for (const query::SqlField& field :
         statement_->columns.empty() ? columns_ : statement_->columns) {
        out.push_back({field.name, static_cast<std::uint32_t>(oid_of(field.type)),
                       size_of(field.type),
                       static_cast<std::int16_t>(format_of(formats, out.size()))});
    }
    return out;
}

SqlResult<> Portal::open(query::SqlEngine& engine, const query::SqlCaller& caller,
                         query::SqlStop& stop) {
    auto stream = engine.open(caller, statement_->engine_text, arguments_, stop);
    if (!stream) {
        return std::unexpected(placed(std::move(stream.error()), *statement_));
    }
    stream_ = std::move(*stream);
    columns_ = named(stream_->columns());
    const auto& fields = statement_->columns.empty() ? stream_->columns() : statement_->columns;
    for (const query::SqlField& field : fields) {
        wire_types_.push_back(field.type);
    }
    return {};
}

SqlResult<> Portal::next_rows() {
    rows_ = {};  // its memory goes before the next rows come
    TRY_ASSIGN(rows_, stream_->next());
    at_ = 0;
    done_ = rows_.count == 0;
    if (done_) {
        stream_.reset();
    }
    return {};
}

SqlResult<> Portal::fill(std::string& out, std::size_t bytes_max, std::uint64_t rows_max) {
    MessageWriter writer(out);
    const CopyCommand* copy = statement_->copy();
    const bool binary = copy != nullptr && copy->form == CopyCommand::Form::Binary;
    if (copy != nullptr && copy->header && !binary && !std::exchange(begun_, true)) {
        std::string line;
        for (const query::SqlField& field : named(stream_->columns())) {
            line += line.empty() ? "" : std::string(1, copy->delimiter);
            put_copy_field(field.name, *copy, line);
        }
        writer.copy_data(line + "\n");
    }
    while (!done_ && out.size() < bytes_max && rows_max > 0) {
        if (at_ == rows_.count) {
            TRY(next_rows());
            continue;
        }
        if (copy == nullptr) {
            const std::size_t before = out.size();
            if (auto put = put_data_row(writer); !put) {
                out.resize(before);
                return put;
            }
        } else {
            put_copy_row(*copy, writer);
        }
        ++at_;
        ++count_;
        --rows_max;
    }
    if (done_ && binary) {
        writer.copy_data(std::string(begun_ ? "" : copy_binary_head) + "\377\377");
    }
    return {};
}

SqlResult<> Portal::put_data_row(MessageWriter& out) {
    out.begin('D');
    out.put16(static_cast<std::uint16_t>(rows_.columns.size()));
    for (std::size_t column = 0; column < rows_.columns.size(); ++column) {
        TRY(put_value(column, out));
    }
    out.end();
    return {};
}

// In the type that the client was told. What a statement answers can change with the types of its
// parameters; then what was text stays text.
SqlResult<> Portal::put_value(std::size_t column, MessageWriter& out) {
    const query::SqlVector& vector = rows_.columns[column];
    if (vector.null[at_] != 0) {
        out.put32(0xffffffff);
        return {};
    }
    const SqlType told = column < wire_types_.size() ? wire_types_[column] : vector.type;
    const std::size_t at = out.begin_value();
    if (format(column) == Format::Text || told.kind == SqlKind::Text) {
        put_text_value(vector, at_, out.out());
    } else if (told == vector.type) {
        put_binary_value(vector, at_, out);
    } else if (is_whole_number(told.kind) && is_whole_number(vector.type.kind)) {
        query::SqlVector one;
        one.type = told;
        one.numbers = {vector.numbers[at_]};
        put_binary_value(one, 0, out);
    } else {
        return std::unexpected(SqlFault{
            {Code::Unsupported,
             std::format("column {} turned out to be of type {}, not {}: cast it in the query",
                         column + 1, type_name(vector.type), type_name(told)),
             {}},
            "0A000",
            0});
    }
    out.end_value(at);
    return {};
}

void Portal::put_copy_row(const CopyCommand& copy, MessageWriter& out) {
    out.begin('d');
    const bool binary = copy.form == CopyCommand::Form::Binary;
    if (binary) {
        // In the message of the first row: clients look for it there.
        if (!std::exchange(begun_, true)) {
            out.put_bytes(copy_binary_head);
        }
        out.put16(static_cast<std::uint16_t>(rows_.columns.size()));
    }
    std::string field;
    for (std::size_t column = 0; column < rows_.columns.size(); ++column) {
        const query::SqlVector& vector = rows_.columns[column];
        const bool null = vector.null[at_] != 0;
        if (binary) {
            if (null) {
                out.put32(0xffffffff);
                continue;
            }
            const std::size_t at = out.begin_value();
            put_binary_value(vector, at_, out);
            out.end_value(at);
            continue;
        }
        if (column > 0) {
            out.put8(static_cast<std::uint8_t>(copy.delimiter));
        }
        if (null) {
            out.put_bytes(copy.null_text);
            continue;
        }
        field.clear();
        put_text_value(vector, at_, field);
        put_copy_field(field, copy, out.out());
    }
    if (!binary) {
        out.put8('\n');
    }
    out.end();
}

}  // namespace gantry::pgwire
