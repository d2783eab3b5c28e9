// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "base/clock.h"
#include "cli/api.h"
#include "cli/command.h"
#include "cli/credentials.h"
#include "cli/loop.h"
#include "cli/output.h"
#include "cli/terminal.h"

namespace gantry::cli {

// What a command works with.
struct Context {
    Output& out;
    Terminal& terminal;
    Api& api;
    Credentials& credentials;
    Loop& loop;
    const Clock& clock;
};

// How an item of the API is shown as a row: a title and how its cell is made.
struct Field {
    std::string_view title;
    std::string (*text)(const Output&, const json::object&);
    bool number = false;
};

// A list: {"items": […]} as JSON, else a table. `empty` is said where there is nothing to show.
Result<> show_items(Context& context, json::array items, const std::vector<Field>& fields,
                    std::string_view empty);
// One thing: as JSON as the server gave it, else its fields below each other.
Result<> show_item(Context& context, const json::value& item,
                   const std::vector<std::pair<std::string, std::string>>& fields);
// What was done to what: {"done": …} as JSON; said on standard error else.
Result<> show_done(Context& context, std::string_view what, json::object document);

// Items that have "columns", arrays of one length, as rows; with the points' paths where there are
// several.
Table columns_table(const json::array& items);

// Asks before something is taken away, unless --yes.
Result<> confirm_or_stop(Context& context, const Arguments& arguments, std::string_view question);

// A JSON object that a file holds; - is standard input. InvalidArgument names the file.
Result<json::object> read_object(const std::string& file);

// {"en": …, "zh": …} of --name and --name-zh; nothing when neither is there.
void put_names(json::object& out, const Arguments& arguments);

}  // namespace gantry::cli
