// SPDX-License-Identifier: Apache-2.0
// PostgreSQL's system catalogue as far as its clients ask for it: views and macros of ours, and the
// tables by which statements are rewritten to use them. All of it is here, as tables.
#pragma once

#include <span>
#include <string_view>

#include "query/sql.h"

namespace gantry::pgwire {

inline constexpr std::string_view server_version = "16.0";
inline constexpr std::string_view server_version_number = "160000";

// The schemas that the views are in.
inline constexpr std::string_view catalogue_schema = "gantry_pg";
inline constexpr std::string_view information_schema = "gantry_info";

// What each tenant's database is made with.
query::SqlExtension catalogue();

// Names are in lower case.
bool is_catalogue_relation(std::string_view name);
bool is_information_relation(std::string_view name);
bool is_catalogue_function(std::string_view name);
// Words that are functions without brackets: current_user. Empty if it is none.
std::string_view bare_function(std::string_view name);
// What a type of PostgreSQL is called by the engine; empty if it knows the name itself.
std::string_view engine_type(std::string_view name);

// A piece of a statement, as its tokens in lower case with a space between, that is replaced whole.
struct Fragment {
    std::string_view tokens;
    std::string_view replacement;
};
std::span<const Fragment> fragments();

// A setting that SHOW and current_setting() tell: name in lower case, value.
struct Setting {
    std::string_view name;
    std::string_view value;
};
std::span<const Setting> settings();

}  // namespace gantry::pgwire
