// SPDX-License-Identifier: Apache-2.0
#include "cli/command.h"

#include <array>
#include <charconv>

namespace gantry::cli {

std::optional<std::string> Arguments::text(std::string_view name) const {
    const auto found = values_.find(name);
    return found == values_.end() || found->second.empty() ? std::nullopt
                                                           : std::optional(found->second.back());
}

std::string Arguments::text_or(std::string_view name, std::string_view otherwise) const {
    return text(name).value_or(std::string(otherwise));
}

std::vector<std::string> Arguments::list(std::string_view name) const {
    const auto found = values_.find(name);
    return found == values_.end() ? std::vector<std::string>() : found->second;
}

Result<std::optional<std::int64_t>> Arguments::number(std::string_view name, std::int64_t least,
                                                      std::int64_t most) const {
    const auto written = text(name);
    if (!written) {
        return std::nullopt;
    }
    std::int64_t out = 0;
    const auto [end, error] =
        std::from_chars(written->data(), written->data() + written->size(), out);
    if (error != std::errc() || end != written->data() + written->size() || out < least ||
        out > most) {
        return fail(Code::InvalidArgument, "{}: '{}' is not a whole number from {} to {}", name,
                    *written, least, most);
    }
    return out;
}

const std::vector<Command>& commands() {
    static const std::vector<Command> all = [] {
        std::vector<Command> out;
        add_session_commands(out);
        add_status_commands(out);
        add_value_commands(out);
        add_write_commands(out);
        add_summary_commands(out);
        add_watch_command(out);
        add_sql_command(out);
        add_file_commands(out);
        add_asset_commands(out);
        add_model_commands(out);
        add_point_commands(out);
        add_connection_commands(out);
        add_tag_commands(out);
        add_mqtt_commands(out);
        add_token_commands(out);
        add_tenant_commands(out);
        add_import_command(out);
        add_export_commands(out);
        add_store_commands(out);
        add_demo_command(out);
        add_completion_commands(out);
        return out;
    }();
    return all;
}

const std::vector<Parameter>& global_parameters() {
    static const std::vector<Parameter> all = {
        {.name = "--url",
         .value = "URL",
         .about = "The server; else GANTRY_URL, config.json, the last sign-in"},
        {.name = "--ca",
         .value = "FILE",
         .about = "Trust the authorities of this PEM file instead of the system's; or GANTRY_CA",
         .offer = Offer::File},
        {.name = "--token-file",
         .value = "FILE",
         .about = "Use the API token in this file ('-': standard input) instead of the sign-in",
         .offer = Offer::File},
        {.name = "--json", .value = "", .about = "Answer one JSON document; errors are JSON too"},
        {.name = "--plain", .value = "", .about = "Answer tab-separated lines without a head"},
        {.name = "-q,--quiet", .value = "", .about = "Say nothing but answers and errors"},
        {.name = "--no-color", .value = "", .about = "No colours; or set NO_COLOR"},
        {.name = "--no-input", .value = "", .about = "Never ask: fail where an answer is needed"},
    };
    return all;
}

std::string_view noun_summary(std::string_view noun) {
    struct Row {
        std::string_view noun;
        std::string_view summary;
    };
    static constexpr std::array<Row, 17> rows = {{
        {"assets", "The tree of sites, lines, machines and things"},
        {"models", "Thing models (物模型): what a kind of thing measures and can do"},
        {"points", "Points (测点): one measured or set value of one asset"},
        {"connections", "Connections to devices"},
        {"tags", "Which address of a connection feeds which point"},
        {"commands", "Values that were sent to devices, and approval of those that wait"},
        {"command-rules", "What must be true before a value is sent to a device"},
        {"mqtt", "The MQTT broker: its clients and messages"},
        {"mappings", "What is made of MQTT messages: samples of points"},
        {"tokens", "API tokens: how programs show who they are"},
        {"tenants", "Tenants (租户) and their quotas, for operators of the platform"},
        {"files", "Files that SQL reads beside the tables: Parquet, CSV"},
        {"import", "Bring recorded values in"},
        {"export", "Take recorded values out"},
        {"store", "The files of a store on this machine: check, repair, take out"},
        {"demo", "A small plant to try things with"},
        {"completion", "Completion for your shell"},
    }};
    for (const Row& row : rows) {
        if (row.noun == noun) {
            return row.summary;
        }
    }
    return "";
}

}  // namespace gantry::cli
