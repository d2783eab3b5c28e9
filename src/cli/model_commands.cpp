// SPDX-License-Identifier: Apache-2.0
#include <format>

#include "cli/context.h"

namespace gantry::cli {
namespace {

std::size_t size_of(const json::object& item, std::string_view name) {
    const json::value* found = item.if_contains(name);
    return found != nullptr && found->is_array() ? found->as_array().size() : 0;
}

Result<> list_models(Context& context, const Arguments&) {
    TRY_ASSIGN(json::array items, context.api.list("/v1/models", {}));
    static const std::vector<Field> fields = {
        {"KEY", [](const Output&, const json::object& item) { return field_text(item, "key"); }},
        {"NAME", [](const Output& out, const json::object& item) { return out.name_of(item); }},
        {"PROPERTIES",
         [](const Output&, const json::object& item) {
             return std::to_string(size_of(item, "properties"));
         },
         true},
        {"ID", [](const Output&, const json::object& item) { return field_text(item, "id"); }}};
    return show_items(context, std::move(items), fields,
                      "There are no thing models yet. Next: gantry models create --help");
}

std::string range_of(const json::object& item) {
    const json::value* range = item.if_contains("range");
    if (range == nullptr || !range->is_object()) {
        return "";
    }
    return std::format("{} to {}", field_text(range->as_object(), "min"),
                       field_text(range->as_object(), "max"));
}

Result<> show_model(Context& context, const Arguments& arguments) {
    TRY_ASSIGN(const json::value model,
               context.api.get(item_target("/v1/models", arguments.text_or("MODEL", ""))));
    if (context.out.for_programs()) {
        return context.out.document(model);
    }
    const json::object& in = model.as_object();
    if (context.out.form() == Form::People) {
        TRY(context.out.fields({{"key", field_text(in, "key")},
                                {"name", context.out.name_of(in)},
                                {"id", field_text(in, "id")}}));
        TRY(context.out.data("\n"));
    }
    Table table{{{"PROPERTY"}, {"TYPE"}, {"UNIT"}, {"RANGE"}, {"ACCESS"}, {"NAME"}}, {}};
    if (const json::value* properties = in.if_contains("properties")) {
        for (const json::value& value : properties->as_array()) {
            const json::object& property = value.as_object();
            table.rows.push_back({field_text(property, "key"), field_text(property, "type"),
                                  field_text(property, "unit"), range_of(property),
                                  field_text(property, "access"), context.out.name_of(property)});
        }
    }
    return context.out.table(table);
}

// "flow:float64:m3/h", "running:bool"
Result<json::object> property_of(std::string_view written) {
    json::object out;
    for (const char* field : {"key", "type", "unit"}) {
        const std::size_t colon = written.find(':');
        const std::string_view part = written.substr(0, colon);
        if (!part.empty()) {
            out[field] = part;
        }
        written = colon == std::string_view::npos ? "" : written.substr(colon + 1);
    }
    if (!out.contains("key") || !written.empty()) {
        return fail(Code::InvalidArgument,
                    "--property wants KEY[:TYPE[:UNIT]], as in flow:float64:m3/h");
    }
    return out;
}

Result<> create_model(Context& context, const Arguments& arguments) {
    json::object body;
    if (const auto file = arguments.text("--file")) {
        TRY_ASSIGN(body, read_object(*file));
    }
    if (const auto key = arguments.text("KEY")) {
        body["key"] = *key;
    }
    if (!body.contains("key")) {
        return fail(Code::InvalidArgument,
                    "name the model's KEY, or give the whole of it with --file");
    }
    put_names(body, arguments);
    json::array properties;
    for (const std::string& written : arguments.list("--property")) {
        TRY_ASSIGN(json::object property, property_of(written));
        properties.push_back(std::move(property));
    }
    if (!properties.empty()) {
        body["properties"] = std::move(properties);
    }
    if (arguments.has("--dry-run")) {
        return show_done(context, std::format("Would create model {}", field_text(body, "key")),
                         {{"would_create", std::move(body)}});
    }
    TRY_ASSIGN(const json::value model, context.api.post("/v1/models", body));
    return show_done(context,
                     std::format("Created model {}. Next: gantry assets create PATH "
                                 "--model {}",
                                 field_text(body, "key"), field_text(body, "key")),
                     model.as_object());
}

}  // namespace

void add_model_commands(std::vector<Command>& out) {
    out.push_back({.path = "models list",
                   .summary = "Thing models",
                   .examples = "  gantry models list    all of them\n",
                   .next = "gantry models show MODEL",
                   .parameters = {},
                   .run = list_models});
    out.push_back({.path = "models show",
                   .summary = "One thing model and its properties",
                   .examples =
                       "  gantry models show pump           for people\n"
                       "  gantry models show pump --json    what models create --file takes\n",
                   .next = "gantry assets list --model MODEL",
                   .parameters = {{.name = "MODEL",
                                   .value = "",
                                   .about = "Key or id",
                                   .required = true,
                                   .offer = Offer::Model}},
                   .run = show_model});
    out.push_back(
        {.path = "models create",
         .summary = "Make a thing model",
         .examples =
             "  gantry models create pump --property flow:float64:m3/h --property running:bool\n"
             "  gantry models create --file pump.json    with ranges, commands and events\n",
         .next = "gantry assets create PATH --model KEY",
         .parameters = {{.name = "KEY", .value = "", .about = "Letters, digits, '_' and '-'"},
                        {.name = "--file",
                         .value = "FILE",
                         .about = "A JSON object as the API takes it ('-': standard input)",
                         .offer = Offer::File},
                        {.name = "--property",
                         .value = "KEY:TYPE:UNIT",
                         .about = "Type: float64 (default), int64, bool, string. Unit: UCUM",
                         .many = true},
                        {.name = "--name", .value = "TEXT", .about = "English name"},
                        {.name = "--name-zh", .value = "TEXT", .about = "Chinese name"},
                        dry_run_switch},
         .run = create_model});
}

}  // namespace gantry::cli
