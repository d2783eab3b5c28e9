// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <format>

#include "cli/connection_settings.h"
#include "cli/tag_sheets.h"

namespace gantry::cli {
namespace {

std::string status_text(const json::object& item, std::string_view field) {
    const json::value* status = item.if_contains("status");
    return status != nullptr && status->is_object() ? field_text(status->as_object(), field) : "";
}

std::string state_of(const json::object& item) {
    if (field_text(item, "enabled") == "false") {
        return "disabled";
    }
    return status_text(item, "state");
}

// "127.0.0.1:5020"
std::string address_of(const json::object& item) {
    const json::value* settings = item.if_contains("settings");
    if (settings == nullptr || !settings->is_object()) {
        return "";
    }
    const std::string host = field_text(settings->as_object(), "host");
    const std::string port = field_text(settings->as_object(), "port");
    return port.empty() ? host : host + ":" + port;
}

Result<> list_connections(Context& context, const Arguments&) {
    TRY_ASSIGN(json::array items, context.api.list("/v1/connections", {}));
    static const std::vector<Field> fields = {
        {"KEY", [](const Output&, const json::object& item) { return field_text(item, "key"); }},
        {"PROTOCOL",
         [](const Output&, const json::object& item) { return field_text(item, "protocol"); }},
        {"ADDRESS", [](const Output&, const json::object& item) { return address_of(item); }},
        {"STATE", [](const Output&, const json::object& item) { return state_of(item); }},
        {"GOOD",
         [](const Output&, const json::object& item) { return status_text(item, "tags_good"); },
         true},
        {"BAD",
         [](const Output&, const json::object& item) { return status_text(item, "tags_bad"); },
         true},
        {"NAME", [](const Output& out, const json::object& item) { return out.name_of(item); }}};
    return show_items(context, std::move(items), fields,
                      "There are no connections yet. Next: gantry connections add --help");
}

Result<> show_connection(Context& context, const Arguments& arguments) {
    TRY_ASSIGN(
        const json::value found,
        context.api.get(item_target("/v1/connections", arguments.text_or("CONNECTION", ""))));
    const json::object& in = found.as_object();
    std::vector<std::pair<std::string, std::string>> fields = {
        {"key", field_text(in, "key")},
        {"name", context.out.name_of(in)},
        {"protocol", field_text(in, "protocol")},
        {"state", state_of(in)},
        {"id", field_text(in, "id")}};
    for (const char* part : {"settings", "status"}) {
        if (const json::value* inner = in.if_contains(part);
            inner != nullptr && inner->is_object()) {
            for (const auto& [key, value] : inner->as_object()) {
                if (key != "state" && (!value.is_array() || !value.as_array().empty())) {
                    fields.emplace_back(std::string(key), cell_text(&value));
                }
            }
        }
    }
    return show_item(context, found, fields);
}

Result<> add_connection(Context& context, const Arguments& arguments) {
    const std::string key = arguments.text_or("KEY", "");
    json::object body = {{"key", key}, {"protocol", arguments.text_or("--protocol", "modbus_tcp")}};
    json::object settings;
    TRY(put_settings(settings, arguments));
    body["settings"] = std::move(settings);
    if (arguments.has("--disabled")) {
        body["enabled"] = false;
    }
    put_names(body, arguments);
    if (arguments.has("--dry-run")) {
        return show_done(context, std::format("Would add connection {}", key),
                         {{"would_create", std::move(body)}});
    }
    TRY_ASSIGN(const json::value made, context.api.post("/v1/connections", body));
    return show_done(context,
                     std::format("Added connection {0}. Next: gantry connections test {0}", key),
                     made.as_object());
}

Result<> test_connection(Context& context, const Arguments& arguments) {
    json::value report;
    if (const auto key = arguments.text("CONNECTION"); key && !arguments.has("--set")) {
        TRY_ASSIGN(report, context.api.post(item_target("/v1/connections", *key) + "/test",
                                            json::object()));
    } else {
        TRY_ASSIGN(const DeviceSettings device, device_of(context, arguments));
        TRY_ASSIGN(report, context.api.post(item_target("/v1/protocols", device.protocol) + "/test",
                                            json::object{{"settings", device.settings}}));
    }
    const json::object& in = report.as_object();
    const bool connected = field_text(in, "connected") == "true";
    if (context.out.for_programs()) {
        TRY(context.out.document(report));
    } else {
        Table table{{{"WHAT"}, {"ANSWERED"}, {"ROUND TRIP", true}, {"DETAIL"}}, {}};
        if (const json::value* probes = in.if_contains("probes")) {
            for (const json::value& probe : probes->as_array()) {
                const json::object& row = probe.as_object();
                table.rows.push_back({field_text(row, "name"),
                                      field_text(row, "answered") == "true" ? "yes" : "no",
                                      field_text(row, "round_trip"), field_text(row, "detail")});
            }
        }
        if (!table.rows.empty()) {
            TRY(context.out.table(table));
        }
        if (connected) {
            context.out.say("The device answers. Next: gantry tags add --help");
        }
    }
    if (!connected) {
        TRY(context.out.flush());
        return fail(Code::Unavailable, "the device does not answer: {}", field_text(in, "detail"));
    }
    return {};
}

Result<> read_device(Context& context, const Arguments& arguments) {
    TRY_ASSIGN(const DeviceSettings device, device_of(context, arguments));
    json::array addresses;
    for (const std::string& address : arguments.list("--address")) {
        addresses.push_back(json::string(address));
    }
    TRY_ASSIGN(json::value answer,
               context.api.post(item_target("/v1/protocols", device.protocol) + "/read",
                                json::object{{"settings", device.settings},
                                             {"addresses", std::move(addresses)}}));
    static const std::vector<Field> fields = {
        {"ADDRESS",
         [](const Output&, const json::object& item) { return field_text(item, "address"); }},
        {"VALUE", [](const Output&, const json::object& item) { return field_text(item, "value"); },
         true},
        {"QUALITY",
         [](const Output&, const json::object& item) { return field_text(item, "quality"); }},
        {"DETAIL",
         [](const Output&, const json::object& item) { return field_text(item, "detail"); }}};
    return show_items(context, answer.as_object().at("items").as_array(), fields,
                      "Nothing was read.");
}

Result<> import_machines(Context& context, const Arguments& arguments) {
    Machines wishes{.machines_file = arguments.text_or("FILE", "-"),
                    .profile_file = arguments.text_or("--profile", ""),
                    .model = arguments.text_or("--model", ""),
                    .protocol = arguments.text_or("--protocol", "modbus_tcp"),
                    .settings = {}};
    TRY(put_settings(wishes.settings, arguments));
    TRY_ASSIGN(const Pack pack, read_machines(wishes));
    return load_pack(context, pack, arguments.has("--dry-run"));
}

// Whatever a protocol has the most of: information objects of IEC 60870-5-104.
constexpr std::int64_t scan_from_max = 16'777'215;

// "modbus_tcp" or "modbus_tcp:502,5020", as often as wanted.
Result<json::object> ways_of(const std::vector<std::string>& texts) {
    json::object out;
    for (const std::string& text : texts) {
        const std::size_t colon = text.find(':');
        json::array ports;
        std::string_view rest = colon == std::string::npos
                                    ? std::string_view()
                                    : std::string_view(text).substr(colon + 1);
        while (!rest.empty()) {
            const std::string_view one = rest.substr(0, rest.find(','));
            std::int64_t port = 0;
            const auto [end, error] = std::from_chars(one.data(), one.data() + one.size(), port);
            if (error != std::errc() || end != one.data() + one.size()) {
                return fail(Code::InvalidArgument, "--protocol: '{}' is no port, as in s7:102,1102",
                            one);
            }
            ports.emplace_back(port);
            rest.remove_prefix(std::min(one.size() + 1, rest.size()));
        }
        out[text.substr(0, colon)] = std::move(ports);
    }
    return out;
}

Result<> discover(Context& context, const Arguments& arguments) {
    const std::string hosts = arguments.text_or("HOSTS", "");
    TRY_ASSIGN(json::object ways, ways_of(arguments.list("--protocol")));
    TRY(confirm_or_stop(context, arguments,
                        std::format("Connect to {} and ask who is there? Not every device takes it "
                                    "well. Does their owner agree?",
                                    hosts)));
    json::object body{{"hosts", hosts}, {"consent", true}};
    if (!ways.empty()) {
        body["protocols"] = std::move(ways);
    }
    TRY_ASSIGN(const json::value answer, context.api.post("/v1/discovery", body));
    if (context.out.for_programs()) {
        return context.out.document(answer);
    }
    Table table{{{"HOST"}, {"PORT", true}, {"PROTOCOL"}, {"CONFIDENCE", true}, {"DETAIL"}}, {}};
    for (const json::value& found : answer.at("items").as_array()) {
        const json::object& in = found.as_object();
        table.rows.push_back({field_text(in, "host"), field_text(in, "port"),
                              field_text(in, "protocol"), field_text(in, "confidence"),
                              field_text(in, "detail")});
    }
    if (table.rows.empty()) {
        context.out.say(std::format("Nobody answers among {} addresses.",
                                    field_text(answer.as_object(), "hosts")));
        return {};
    }
    return context.out.table(table);
}

Result<> scan_device(Context& context, const Arguments& arguments) {
    TRY_ASSIGN(const DeviceSettings device, device_of(context, arguments));
    TRY_ASSIGN(const auto from, arguments.number("--from", 0, scan_from_max));
    TRY_ASSIGN(const auto count, arguments.number("--count", 1, 65'536));
    TRY(confirm_or_stop(context, arguments,
                        "Some devices do not take a scan well. Does their owner agree?"));
    json::object body = {{"settings", device.settings},
                         {"area", arguments.text_or("--area", "hr")},
                         {"from", from.value_or(0)},
                         {"count", count.value_or(100)}};
    TRY_ASSIGN(const json::value answer,
               context.api.post(item_target("/v1/protocols", device.protocol) + "/scan", body));
    if (context.out.for_programs()) {
        return context.out.document(answer);
    }
    const json::object& in = answer.as_object();
    Table table{{{"ADDRESS"}, {"VALUE", true}}, {}};
    for (const json::value& found : in.at("found").as_array()) {
        table.rows.push_back(
            {field_text(found.as_object(), "address"), field_text(found.as_object(), "value")});
    }
    TRY(context.out.table(table));
    if (const std::string detail = field_text(in, "detail"); !detail.empty()) {
        context.out.say(detail);
    }
    if (field_text(in, "done") != "true") {
        context.out.say(std::format("There is more: --from {}", field_text(in, "next")));
    }
    return {};
}

Result<> remove_connection(Context& context, const Arguments& arguments) {
    const std::string key = arguments.text_or("CONNECTION", "");
    TRY(context.api.get(item_target("/v1/connections", key)));
    if (arguments.has("--dry-run")) {
        return show_done(context, std::format("Would remove connection {} and its tags", key),
                         {{"would_delete", key}});
    }
    TRY(confirm_or_stop(context, arguments,
                        std::format("Remove connection {} and its tags?", key)));
    TRY(context.api.remove(item_target("/v1/connections", key)));
    return show_done(context, std::format("Removed connection {}", key), {{"deleted", key}});
}

constexpr Parameter connection_parameter{.name = "CONNECTION",
                                         .value = "",
                                         .about = "Key or id",
                                         .required = true,
                                         .offer = Offer::Connection};

// Parameters of what speaks to a device, saved or not.
std::vector<Parameter> device_parameters(std::vector<Parameter> more) {
    Parameter connection = connection_parameter;
    connection.required = false;
    std::vector<Parameter> out = {connection,
                                  {.name = "--protocol",
                                   .value = "NAME",
                                   .about = "Of a device that is not saved yet, as in modbus_tcp"},
                                  {.name = "--set",
                                   .value = "NAME=VALUE",
                                   .about = "A setting, as in host=192.168.0.5; as often as wanted",
                                   .many = true},
                                  {.name = "--settings",
                                   .value = "FILE",
                                   .about = "All settings, as a JSON object ('-': standard input)",
                                   .offer = Offer::File}};
    out.insert(out.end(), more.begin(), more.end());
    return out;
}

}  // namespace

void add_connection_commands(std::vector<Command>& out) {
    out.push_back({.path = "connections list",
                   .summary = "Connections and how they fare",
                   .examples = "  gantry connections list    all, with their good and bad tags\n",
                   .next = "gantry connections show CONNECTION",
                   .parameters = {},
                   .run = list_connections});
    out.push_back({.path = "connections show",
                   .summary = "One connection: settings, state, last error, speed",
                   .examples = "  gantry connections show plc1    by its key\n",
                   .next = "gantry connections test CONNECTION",
                   .parameters = {connection_parameter},
                   .run = show_connection});
    out.push_back(
        {.path = "connections add",
         .summary = "Add a connection to a device",
         .examples =
             "  gantry connections add plc1 --protocol modbus_tcp --set host=192.168.0.5 --set "
             "port=502\n"
             "  gantry connections add plc1 --settings plc1.json --disabled\n",
         .next = "gantry connections test KEY",
         .parameters = {{.name = "KEY",
                         .value = "",
                         .about = "Letters, digits, '_' and '-'",
                         .required = true},
                        {.name = "--protocol",
                         .value = "NAME",
                         .about = "What it speaks (modbus_tcp)"},
                        {.name = "--set",
                         .value = "NAME=VALUE",
                         .about = "A setting, as in host=192.168.0.5; as often as wanted",
                         .many = true},
                        {.name = "--settings",
                         .value = "FILE",
                         .about = "All settings, as a JSON object ('-': standard input)",
                         .offer = Offer::File},
                        {.name = "--disabled", .value = "", .about = "Do not connect yet"},
                        {.name = "--name", .value = "TEXT", .about = "English name"},
                        {.name = "--name-zh", .value = "TEXT", .about = "Chinese name"},
                        dry_run_switch},
         .run = add_connection});
    out.push_back({.path = "connections test",
                   .summary = "Try whether a device answers, saved or not",
                   .examples = "  gantry connections test plc1\n"
                               "  gantry connections test --protocol modbus_tcp --set "
                               "host=127.0.0.1 --set port=5020\n",
                   .next = "gantry connections read CONNECTION --address ADDRESS",
                   .parameters = device_parameters({}),
                   .run = test_connection});
    out.push_back(
        {.path = "connections read",
         .summary = "Read addresses of a device once, before they become tags",
         .examples = "  gantry connections read plc1 --address hr:0:u16 --address "
                     "hr:2:f32@CDAB\n",
         .next = "gantry tags add CONNECTION POINT ADDRESS",
         .parameters = device_parameters({{.name = "--address",
                                           .value = "ADDRESS",
                                           .about = "In the protocol's notation; as often "
                                                    "as wanted",
                                           .required = true,
                                           .many = true}}),
         .run = read_device});
    out.push_back(
        {.path = "connections discover",
         .summary = "Look for devices in a range of addresses",
         .examples = "  gantry connections discover 192.168.0.10-60\n"
                     "  gantry connections discover 10.0.0.0/28 --protocol s7 --protocol "
                     "modbus_tcp:502,5020\n",
         .next = "gantry connections test --protocol PROTOCOL --set host=HOST",
         .parameters = {{.name = "HOSTS",
                         .value = "",
                         .about = "Names, addresses, ranges, networks, by commas; 256 at most",
                         .required = true},
                        {.name = "--protocol",
                         .value = "NAME[:PORTS]",
                         .about = "Only this one, at its usual port or these; as often as wanted "
                                  "(all)",
                         .many = true},
                        yes_switch},
         .run = discover,
         .more = "Nothing is written. It asks first, because not every device takes it well.\n"});
    out.push_back({.path = "connections scan",
                   .summary = "Look through a device's addresses, by reading only",
                   .examples = "  gantry connections scan plc1 --area hr --from 0 --count 200\n",
                   .next = "gantry connections read CONNECTION --address ADDRESS",
                   .parameters = device_parameters(
                       {{.name = "--area",
                         .value = "AREA",
                         .about = "As the protocol calls it: hr (the default), DB1, objects, i=85"},
                        {.name = "--from", .value = "NUMBER", .about = "First address (0)"},
                        {.name = "--count", .value = "NUMBER", .about = "How many (100)"},
                        yes_switch}),
                   .run = scan_device});
    out.push_back(
        {.path = "connections import",
         .summary = "Many machines of a kind: a profile of their tags, and a row a machine",
         .examples = "  gantry connections import presses.csv --profile press.csv --protocol s7 "
                     "--set host={host}\n"
                     "  gantry connections import meters.csv --profile meter.csv --set "
                     "host=10.0.0.5 --set unit={unit} --dry-run\n",
         .next = "gantry connections list",
         .parameters = {{.name = "FILE",
                         .value = "",
                         .about = "CSV with a row a machine; its column asset is the asset's path",
                         .required = true,
                         .offer = Offer::File},
                        {.name = "--profile",
                         .value = "FILE",
                         .about = "CSV with a row a tag: key, address, type, unit, …",
                         .required = true,
                         .offer = Offer::File},
                        {.name = "--model",
                         .value = "KEY",
                         .about =
                             "Of the thing model that is made of the profile (its file's name)"},
                        {.name = "--protocol",
                         .value = "NAME",
                         .about = "What the machines speak (modbus_tcp)"},
                        {.name = "--set",
                         .value = "NAME=VALUE",
                         .about = "A setting of each connection; {column} is the machine's",
                         .many = true},
                        {.name = "--settings",
                         .value = "FILE",
                         .about = "All settings, as a JSON object ('-': standard input)",
                         .offer = Offer::File},
                        dry_run_switch},
         .run = import_machines,
         .more =
             "Columns of the profile: key and, if wanted, address, type (float64), unit, min,\n"
             "max, access (read, read_write), name and name_zh. Columns of the machines: asset\n"
             "and, if wanted, key (of the connection), name, name_zh, and any other: {column} in\n"
             "an address or a setting stands for it. What is there already is left as it is, but\n"
             "tags get the profile's addresses, so it can be repeated.\n"});
    out.push_back({.path = "connections remove",
                   .summary = "Remove a connection and its tags; points and values stay",
                   .examples = "  gantry connections remove plc1    asks first\n",
                   .next = "gantry connections list",
                   .parameters = {connection_parameter, dry_run_switch, yes_switch},
                   .run = remove_connection});
}

}  // namespace gantry::cli
