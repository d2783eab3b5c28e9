// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace gantry::cli {

struct Context;

// What a person wrote behind a command's name, by the names of its parameters.
class Arguments {
public:
    void add(std::string_view name, std::string value) {
        values_[std::string(name)].push_back(std::move(value));
    }
    bool has(std::string_view name) const { return values_.contains(name); }
    std::optional<std::string> text(std::string_view name) const;
    std::string text_or(std::string_view name, std::string_view otherwise) const;
    std::vector<std::string> list(std::string_view name) const;
    // InvalidArgument unless it is a whole number in that range.
    Result<std::optional<std::int64_t>> number(std::string_view name, std::int64_t least,
                                               std::int64_t most) const;

private:
    std::map<std::string, std::vector<std::string>, std::less<>> values_;
};

// What the shell offers where the parameter's value is to stand.
enum class Offer : unsigned char { Nothing, File, Folder, Point, Asset, Model, Connection, Words };

struct Parameter {
    std::string_view name;   // "POINT", or "--from", or "-f,--from"
    std::string_view value;  // what stands behind an option: "TIME"; nothing for a switch
    std::string_view about;
    bool required = false;
    bool many = false;
    Offer offer = Offer::Nothing;
    std::string_view words = {};  // of Offer::Words, separated by spaces

    bool is_option() const { return name.starts_with('-'); }
    // Without the short form: "--from".
    std::string_view long_name() const { return name.substr(name.rfind(',') + 1); }
};

// One row drives parsing, help, completion and dispatch.
struct Command {
    std::string_view path;  // "assets list"
    std::string_view summary;
    std::string_view examples;  // a line each: the command, two spaces or more, what it does
    std::string_view next;      // what people do after it
    std::vector<Parameter> parameters;
    Result<> (*run)(Context&, const Arguments&) = nullptr;
    std::string_view more = {};  // what the parameters do not say
    bool hidden = false;
};

// All commands, in the order of the help.
const std::vector<Command>& commands();

// Those of each file.
void add_session_commands(std::vector<Command>& out);
void add_token_commands(std::vector<Command>& out);
void add_status_commands(std::vector<Command>& out);
void add_asset_commands(std::vector<Command>& out);
void add_model_commands(std::vector<Command>& out);
void add_point_commands(std::vector<Command>& out);
void add_connection_commands(std::vector<Command>& out);
void add_tenant_commands(std::vector<Command>& out);
void add_tag_commands(std::vector<Command>& out);
void add_mqtt_commands(std::vector<Command>& out);
void add_value_commands(std::vector<Command>& out);
void add_write_commands(std::vector<Command>& out);
void add_summary_commands(std::vector<Command>& out);
void add_watch_command(std::vector<Command>& out);
void add_sql_command(std::vector<Command>& out);
void add_file_commands(std::vector<Command>& out);
void add_import_command(std::vector<Command>& out);
void add_export_commands(std::vector<Command>& out);
void add_store_commands(std::vector<Command>& out);
void add_demo_command(std::vector<Command>& out);
void add_completion_commands(std::vector<Command>& out);

// What every command understands.
const std::vector<Parameter>& global_parameters();
// "assets": what the commands of a noun are about.
std::string_view noun_summary(std::string_view noun);

// Switches of commands that change something.
inline constexpr Parameter dry_run_switch{"--dry-run", "",
                                          "Say what would be done, and do nothing"};
// Of commands that read samples.
inline constexpr Parameter quality_parameter{
    "--quality",
    "WHICH",
    "Which samples count: good, uncertain (with --every the default: all but bad ones), or all",
    false,
    false,
    Offer::Words,
    "good uncertain all"};
inline constexpr Parameter yes_switch{"-y,--yes", "", "Do not ask whether to go on"};

}  // namespace gantry::cli
