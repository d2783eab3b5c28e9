// SPDX-License-Identifier: Apache-2.0
// The MQTT broker, and what is made of its messages.
#include <format>

#include "cli/context.h"

namespace gantry::cli {
namespace {

// ---- mqtt: the broker and its clients

Result<> show_broker(Context& context, const Arguments&) {
    TRY_ASSIGN(const json::value answer, context.api.get("/v1/broker"));
    const json::object& in = answer.as_object();
    std::vector<std::pair<std::string, std::string>> fields;
    for (const char* name :
         {"enabled", "addresses", "connections", "sessions", "subscriptions", "retained"}) {
        fields.emplace_back(name, cell_text(in.if_contains(name)));
    }
    for (const auto& [name, value] : in.at("counters").as_object()) {
        fields.emplace_back(std::string(name), cell_text(&value));
    }
    TRY(show_item(context, answer, fields));
    if (field_text(in, "enabled") != "true") {
        context.out.say(
            "It is off: set mqtt.listen or mqtt.listen_tls in gantryd's configuration.");
    }
    return {};
}

Result<> list_clients(Context& context, const Arguments&) {
    TRY_ASSIGN(json::array items, context.api.list("/v1/broker/sessions", {}));
    static const std::vector<Field> fields = {
        {"CLIENT",
         [](const Output&, const json::object& item) { return field_text(item, "client_id"); }},
        {"CONNECTED",
         [](const Output&, const json::object& item) {
             return std::string(field_text(item, "connected") == "true" ? "yes" : "away");
         }},
        {"LOGIN",
         [](const Output&, const json::object& item) { return field_text(item, "login"); }},
        {"ADDRESS",
         [](const Output&, const json::object& item) { return field_text(item, "address"); }},
        {"VERSION",
         [](const Output&, const json::object& item) { return field_text(item, "version"); }},
        {"FILTERS",
         [](const Output&, const json::object& item) { return field_text(item, "subscriptions"); },
         true},
        {"WAITING",
         [](const Output&, const json::object& item) { return field_text(item, "queued"); }, true}};
    return show_items(context, std::move(items), fields,
                      "No client has connected yet. Next: gantry mqtt status");
}

Result<> show_client(Context& context, const Arguments& arguments) {
    TRY_ASSIGN(
        const json::value answer,
        context.api.get(item_target("/v1/broker/sessions", arguments.text_or("CLIENT", ""))));
    std::vector<std::pair<std::string, std::string>> fields;
    for (const auto& [name, value] : answer.as_object()) {
        if (name != "filters") {
            fields.emplace_back(std::string(name), cell_text(&value));
        }
    }
    for (const json::value& filter : answer.at("filters").as_array()) {
        const json::object& one = filter.as_object();
        fields.emplace_back("filter", std::format("{} (QoS {})", field_text(one, "filter"),
                                                  field_text(one, "qos")));
    }
    return show_item(context, answer, fields);
}

Result<> end_client(Context& context, const Arguments& arguments) {
    const std::string client = arguments.text_or("CLIENT", "");
    if (arguments.has("--dry-run")) {
        return show_done(context, std::format("Would end the session of {}", client),
                         {{"would_end", client}});
    }
    TRY(confirm_or_stop(context, arguments,
                        std::format("Disconnect {}, and forget its subscriptions and the messages "
                                    "that wait for it?",
                                    client)));
    TRY(context.api.remove(item_target("/v1/broker/sessions", client)));
    return show_done(context, std::format("Ended the session of {}", client), {{"ended", client}});
}

Result<> publish(Context& context, const Arguments& arguments) {
    const std::string topic = arguments.text_or("TOPIC", "");
    const auto file = arguments.text("--file");
    if (file.has_value() == arguments.has("TEXT")) {
        return fail(Code::InvalidArgument, "say the message as TEXT, or where it is with --file");
    }
    std::string text = arguments.text_or("TEXT", "");
    if (file) {
        TRY_ASSIGN(text, read_text(*file));
    }
    TRY_ASSIGN(const auto qos, arguments.number("--qos", 0, 2));
    json::object body = {{"topic", topic},
                         {"text", text},
                         {"qos", qos.value_or(1)},
                         {"retain", arguments.has("--retain")}};
    if (arguments.has("--dry-run")) {
        return show_done(context, std::format("Would publish {} bytes to {}", text.size(), topic),
                         {{"would_publish", std::move(body)}});
    }
    TRY_ASSIGN(const json::value answer, context.api.post("/v1/broker/messages", body));
    const std::string receivers = field_text(answer.as_object(), "receivers");
    return show_done(context,
                     std::format("Published to {}, for {} client{}", topic, receivers,
                                 receivers == "1" ? "" : "s"),
                     answer.as_object());
}

std::string payload_of(const Output&, const json::object& item) {
    for (const char* form : {"text", "base64", "hex"}) {
        if (const json::value* value = item.if_contains(form)) {
            return (std::string_view(form) == "text" ? "" : std::string(form) + ":") +
                   cell_text(value);
        }
    }
    return "";
}

Result<> list_retained(Context& context, const Arguments& arguments) {
    TRY_ASSIGN(const json::value answer,
               context.api.get(target_of("/v1/broker/retained",
                                         {{"filter", arguments.text_or("FILTER", "")}})));
    static const std::vector<Field> fields = {
        {"TOPIC",
         [](const Output&, const json::object& item) { return field_text(item, "topic"); }},
        {"QOS", [](const Output&, const json::object& item) { return field_text(item, "qos"); },
         true},
        {"MESSAGE", payload_of}};
    return show_items(context, answer.at("items").as_array(), fields,
                      "No retained message has such a topic.");
}

Result<> list_dead_letters(Context& context, const Arguments&) {
    TRY_ASSIGN(const json::value answer, context.api.get("/v1/broker/dead_letters?limit=1000"));
    static const std::vector<Field> fields = {
        {"TIME", [](const Output&, const json::object& item) { return field_text(item, "time"); }},
        {"TOPIC",
         [](const Output&, const json::object& item) { return field_text(item, "topic"); }},
        {"REASON",
         [](const Output&, const json::object& item) { return field_text(item, "reason"); }},
        {"DETAIL",
         [](const Output&, const json::object& item) { return field_text(item, "detail"); }},
        {"MESSAGE", payload_of}};
    return show_items(context, answer.at("items").as_array(), fields,
                      "Every message could be used.");
}

// ---- mappings: from messages to points

Result<> list_mappings(Context& context, const Arguments&) {
    TRY_ASSIGN(json::array items, context.api.list("/v1/mappings", {}));
    static const std::vector<Field> fields = {
        {"KEY", [](const Output&, const json::object& item) { return field_text(item, "key"); }},
        {"TOPIC",
         [](const Output&, const json::object& item) { return field_text(item, "topic"); }},
        {"FORMAT",
         [](const Output&, const json::object& item) {
             return item.contains("format") ? field_text(item, "format") : "json";
         }},
        {"ENABLED",
         [](const Output&, const json::object& item) {
             return std::string(field_text(item, "enabled") == "false" ? "no" : "yes");
         }},
        {"ID", [](const Output&, const json::object& item) { return field_text(item, "id"); }}};
    return show_items(context, std::move(items), fields,
                      "There are no mappings yet. Next: gantry mappings save --help");
}

Result<> show_mapping(Context& context, const Arguments& arguments) {
    TRY_ASSIGN(const json::value answer,
               context.api.get(item_target("/v1/mappings", arguments.text_or("MAPPING", ""))));
    return context.out.document(answer);
}

// What the server added to what somebody wrote.
void drop_stamps(json::object& mapping) {
    for (const char* name : {"id", "created", "updated", "version"}) {
        mapping.erase(name);
    }
}

Result<> save_mapping(Context& context, const Arguments& arguments) {
    TRY_ASSIGN(json::object body, read_object(arguments.text_or("FILE", "")));
    drop_stamps(body);
    const std::string key = field_text(body, "key");
    TRY_ASSIGN(const json::array all, context.api.list("/v1/mappings", {}));
    const bool there = std::ranges::any_of(all, [&key](const json::value& item) {
        return field_text(item.as_object(), "key") == key;
    });
    if (arguments.has("--dry-run")) {
        return show_done(context,
                         std::format("Would {} mapping {}", there ? "change" : "make", key),
                         {{there ? "would_update" : "would_create", std::move(body)}});
    }
    TRY_ASSIGN(const json::value saved,
               there ? context.api.put(item_target("/v1/mappings", key), body)
                     : context.api.post("/v1/mappings", body));
    return show_done(context, std::format("{} mapping {}", there ? "Changed" : "Made", key),
                     saved.as_object());
}

Result<> try_mapping(Context& context, const Arguments& arguments) {
    TRY_ASSIGN(json::object mapping, read_object(arguments.text_or("FILE", "")));
    drop_stamps(mapping);
    TRY_ASSIGN(const std::string text, read_text(arguments.text_or("--message", "-")));
    TRY_ASSIGN(const json::value answer,
               context.api.post("/v1/mappings/preview",
                                json::object{{"mapping", std::move(mapping)},
                                             {"topic", arguments.text_or("--topic", "")},
                                             {"text", text}}));
    static const std::vector<Field> fields = {
        {"POINT",
         [](const Output&, const json::object& item) {
             const std::string point = field_text(item, "point");
             return point.empty() ? field_text(item, "name") + " (no point can be called so)"
                                  : point;
         }},
        {"THERE",
         [](const Output&, const json::object& item) {
             return std::string(field_text(item, "there") == "true" ? "yes" : "no");
         }},
        {"VALUE", [](const Output&, const json::object& item) { return field_text(item, "value"); },
         true},
        {"UNIT", [](const Output&, const json::object& item) { return field_text(item, "unit"); }},
        {"QUALITY",
         [](const Output&, const json::object& item) { return field_text(item, "quality"); }},
        {"TIME", [](const Output&, const json::object& item) { return field_text(item, "time"); }}};
    if (context.out.for_programs()) {
        return context.out.document(answer);
    }
    TRY(show_items(context, answer.at("items").as_array(), fields,
                   "The mapping finds nothing in this message."));
    if (const json::value* problem = answer.as_object().if_contains("problem")) {
        context.out.say(std::format("{} readings are wrong; the first: {}",
                                    field_text(answer.as_object(), "bad"), cell_text(problem)));
    }
    return {};
}

Result<> remove_mapping(Context& context, const Arguments& arguments) {
    const std::string key = arguments.text_or("MAPPING", "");
    if (arguments.has("--dry-run")) {
        return show_done(context, std::format("Would remove mapping {}", key),
                         {{"would_remove", key}});
    }
    TRY(confirm_or_stop(context, arguments, std::format("Remove mapping {}?", key)));
    TRY(context.api.remove(item_target("/v1/mappings", key)));
    return show_done(context, std::format("Removed mapping {}", key), {{"removed", key}});
}

Result<> list_proposals(Context& context, const Arguments&) {
    TRY_ASSIGN(json::array items, context.api.list("/v1/broker/proposals", {}));
    static const std::vector<Field> fields = {
        {"POINT",
         [](const Output&, const json::object& item) { return field_text(item, "point"); }},
        {"TYPE", [](const Output&, const json::object& item) { return field_text(item, "type"); }},
        {"UNIT", [](const Output&, const json::object& item) { return field_text(item, "unit"); }},
        {"LAST VALUE",
         [](const Output&, const json::object& item) { return field_text(item, "value"); }, true},
        {"READINGS",
         [](const Output&, const json::object& item) { return field_text(item, "readings"); },
         true},
        {"MAPPING",
         [](const Output&, const json::object& item) { return field_text(item, "mapping"); }}};
    return show_items(context, std::move(items), fields,
                      "Messages speak of no point that is not there.");
}

Result<> accept_points(Context& context, const Arguments& arguments) {
    json::array points;
    for (const std::string& point : arguments.list("POINT")) {
        points.push_back(json::string(point));
    }
    if (arguments.has("--all") == !points.empty()) {
        return fail(Code::InvalidArgument, "name the points, or say --all");
    }
    if (points.empty()) {
        TRY_ASSIGN(const json::array all, context.api.list("/v1/broker/proposals", {}));
        for (const json::value& item : all) {
            points.push_back(json::string(field_text(item.as_object(), "point")));
        }
    }
    if (arguments.has("--dry-run")) {
        return show_done(context, std::format("Would make {} points", points.size()),
                         {{"would_create", std::move(points)}});
    }
    TRY_ASSIGN(const json::value answer,
               context.api.post("/v1/broker/proposals/accept", json::object{{"points", points}}));
    return show_done(context,
                     std::format("Made {} points. Next: gantry read --under ASSET",
                                 field_text(answer.as_object(), "made")),
                     answer.as_object());
}

constexpr Parameter client_parameter{
    .name = "CLIENT", .value = "", .about = "Its client identifier", .required = true};
constexpr Parameter mapping_parameter{
    .name = "MAPPING", .value = "", .about = "Key or id", .required = true};
constexpr Parameter mapping_file_parameter{.name = "FILE",
                                           .value = "",
                                           .about = "The mapping as JSON; - for standard input",
                                           .required = true,
                                           .offer = Offer::File};

void add_broker_commands(std::vector<Command>& out) {
    out.push_back({.path = "mqtt status",
                   .summary = "Where the broker listens, and what goes through it",
                   .examples = "  gantry mqtt status    counters are since the start of gantryd\n",
                   .next = "gantry mqtt clients",
                   .parameters = {},
                   .run = show_broker});
    out.push_back({.path = "mqtt clients",
                   .summary = "Clients, connected and away",
                   .examples = "  gantry mqtt clients    all of the tenant\n",
                   .next = "gantry mqtt client CLIENT",
                   .parameters = {},
                   .run = list_clients});
    out.push_back({.path = "mqtt client",
                   .summary = "One client, with what it has subscribed to",
                   .examples = "  gantry mqtt client press1    by its client identifier\n",
                   .next = "gantry mqtt end CLIENT",
                   .parameters = {client_parameter},
                   .run = show_client});
    out.push_back({.path = "mqtt end",
                   .summary = "Disconnect a client, and forget its session",
                   .examples = "  gantry mqtt end press1    asks first\n",
                   .next = "gantry mqtt clients",
                   .parameters = {client_parameter, yes_switch, dry_run_switch},
                   .run = end_client,
                   .more = "It may connect again; to keep it out, delete its token.\n"});
    out.push_back(
        {.path = "mqtt publish",
         .summary = "Publish a message",
         .examples = "  gantry mqtt publish plant/line1/cmd start    of QoS 1\n"
                     "  gantry mqtt publish plant/recipe --file recipe.json --retain\n",
         .next = "gantry mqtt retained",
         .parameters = {{.name = "TOPIC", .value = "", .about = "Where to", .required = true},
                        {.name = "TEXT", .value = "", .about = "The message"},
                        {.name = "--file",
                         .value = "FILE",
                         .about = "The message is its content; - for standard input",
                         .offer = Offer::File},
                        {.name = "--qos", .value = "0|1|2", .about = "Quality of service; else 1"},
                        {.name = "--retain",
                         .value = "",
                         .about = "Keep it for those who subscribe later"},
                        dry_run_switch},
         .run = publish});
    out.push_back({.path = "mqtt retained",
                   .summary = "Retained messages",
                   .examples = "  gantry mqtt retained                   the first 1,000\n"
                               "  gantry mqtt retained 'plant/+/state'   of some topics\n",
                   .next = "gantry mqtt publish TOPIC TEXT --retain",
                   .parameters = {{.name = "FILTER", .value = "", .about = "Of topics; else #"}},
                   .run = list_retained});
    out.push_back({.path = "mqtt dead-letters",
                   .summary = "Messages that mappings could not use, and why",
                   .examples = "  gantry mqtt dead-letters    the newest first\n",
                   .next = "gantry mappings try FILE --topic TOPIC",
                   .parameters = {},
                   .run = list_dead_letters});
}

}  // namespace

void add_mqtt_commands(std::vector<Command>& out) {
    add_broker_commands(out);
    out.push_back({.path = "mappings list",
                   .summary = "What is made of messages",
                   .examples = "  gantry mappings list    all of them\n",
                   .next = "gantry mappings show MAPPING",
                   .parameters = {},
                   .run = list_mappings});
    out.push_back({.path = "mappings show",
                   .summary = "One mapping, as mappings save takes it",
                   .examples = "  gantry mappings show press > press.json    to change it\n",
                   .next = "gantry mappings save FILE",
                   .parameters = {mapping_parameter},
                   .run = show_mapping});
    out.push_back(
        {.path = "mappings try",
         .summary = "What a mapping would make of a message; nothing is stored",
         .examples =
             "  gantry mappings try press.json --topic plant/press1 --message sample.json\n"
             "  echo '{\"temp\": 21.5}' | gantry mappings try press.json --topic plant/press1\n",
         .next = "gantry mappings save FILE",
         .parameters = {mapping_file_parameter,
                        {.name = "--topic",
                         .value = "TOPIC",
                         .about = "Where the message would come",
                         .required = true},
                        {.name = "--message",
                         .value = "FILE",
                         .about = "The message; else standard input",
                         .offer = Offer::File}},
         .run = try_mapping});
    out.push_back({.path = "mappings save",
                   .summary = "Make a mapping, or change the one with its key",
                   .examples = "  gantry mappings save press.json    counts for what comes then\n",
                   .next = "gantry mappings proposals",
                   .parameters = {mapping_file_parameter, dry_run_switch},
                   .run = save_mapping,
                   .more =
                       "{\"key\": \"all\", \"topic\": \"factory/#\"} is the shortest that there "
                       "is: it takes\nevery value of JSON messages.\n"});
    out.push_back({.path = "mappings remove",
                   .summary = "Remove a mapping; the points and their values stay",
                   .examples = "  gantry mappings remove press    asks first\n",
                   .next = "gantry mappings list",
                   .parameters = {mapping_parameter, yes_switch, dry_run_switch},
                   .run = remove_mapping});
    out.push_back({.path = "mappings proposals",
                   .summary = "Points that messages speak of and that are not there",
                   .examples = "  gantry mappings proposals    with their last values\n",
                   .next = "gantry mappings accept POINT...",
                   .parameters = {},
                   .run = list_proposals});
    out.push_back(
        {.path = "mappings accept",
         .summary = "Make proposed points, with the assets above them",
         .examples = "  gantry mappings accept plant/press1.temp    one, or several\n"
                     "  gantry mappings accept --all                whatever is proposed\n",
         .next = "gantry read --under ASSET",
         .parameters = {{.name = "POINT", .value = "", .about = "Their paths", .many = true},
                        {.name = "--all", .value = "", .about = "All that are proposed"},
                        dry_run_switch},
         .run = accept_points});
}

}  // namespace gantry::cli
