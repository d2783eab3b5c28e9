// SPDX-License-Identifier: Apache-2.0
#include "cli/context.h"

#include <format>

#include "model/json.h"

namespace gantry::cli {

Result<> show_items(Context& context, json::array items, const std::vector<Field>& fields,
                    std::string_view empty) {
    if (context.out.for_programs()) {
        return context.out.document(json::object{{"items", std::move(items)}});
    }
    if (items.empty()) {
        context.out.say(empty);
        return {};
    }
    Table table;
    for (const Field& field : fields) {
        table.columns.push_back({std::string(field.title), field.number});
    }
    for (const json::value& item : items) {
        auto& row = table.rows.emplace_back();
        for (const Field& field : fields) {
            row.push_back(item.is_object() ? field.text(context.out, item.as_object()) : "");
        }
    }
    return context.out.table(table);
}

Result<> show_item(Context& context, const json::value& item,
                   const std::vector<std::pair<std::string, std::string>>& fields) {
    return context.out.for_programs() ? context.out.document(item) : context.out.fields(fields);
}

Result<> show_done(Context& context, std::string_view what, json::object document) {
    if (context.out.for_programs()) {
        return context.out.document(document);
    }
    context.out.say(what);
    return {};
}

Result<> confirm_or_stop(Context& context, const Arguments& arguments, std::string_view question) {
    if (arguments.has("--yes")) {
        return {};
    }
    TRY_ASSIGN(const bool yes,
               context.terminal.confirm(question, std::format("{} Nobody can be asked: add --yes "
                                                              "if that is meant",
                                                              question)));
    if (!yes) {
        return fail(Code::Cancelled, "nothing was done");
    }
    return {};
}

Table columns_table(const json::array& items) {
    Table table;
    const bool many = items.size() > 1;
    if (many) {
        table.columns.push_back({"POINT"});
    }
    if (!items.empty()) {
        for (const auto& [name, column] : items[0].at("columns").as_object()) {
            std::string title(name);
            std::ranges::transform(title, title.begin(),
                                   [](unsigned char c) { return std::toupper(c); });
            table.columns.push_back({title, name != "time" && name != "quality"});
        }
    }
    for (const json::value& item : items) {
        const json::object& columns = item.at("columns").as_object();
        const std::size_t rows = columns.at("time").as_array().size();
        for (std::size_t i = 0; i < rows; ++i) {
            auto& row = table.rows.emplace_back();
            if (many) {
                row.push_back(field_text(item.as_object(), "point"));
            }
            for (const auto& [name, column] : columns) {
                row.push_back(cell_text(&column.as_array()[i]));
            }
        }
    }
    return table;
}

Result<json::object> read_object(const std::string& file) {
    TRY_ASSIGN(const std::string text, read_text(file));
    auto parsed = parse_json(text);
    if (!parsed || !parsed->is_object()) {
        return fail(Code::InvalidArgument, "{}: {}", file,
                    parsed ? "is to be a JSON object" : parsed.error().message);
    }
    return std::move(parsed->as_object());
}

void put_names(json::object& out, const Arguments& arguments) {
    json::object name;
    if (const auto english = arguments.text("--name")) {
        name["en"] = *english;
    }
    if (const auto chinese = arguments.text("--name-zh")) {
        name["zh"] = *chinese;
    }
    if (!name.empty()) {
        out["name"] = std::move(name);
    }
}

}  // namespace gantry::cli
