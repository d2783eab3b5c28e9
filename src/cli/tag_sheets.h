// SPDX-License-Identifier: Apache-2.0
// Tags in files that people edit: one a row, or the profile of a kind of machine and a row a
// machine.
#pragma once

#include "cli/pack.h"

namespace gantry::cli {

// connection, point, address, type, unit, min, max, access, name, name_zh. Where a row has a type,
// its point and the assets above it are made if they are not there. `connection` is for rows that
// do not name one.
Result<Pack> read_tags(const std::string& file, const std::string& connection);

// A row a machine: the asset's path, and whatever {column} stands for in the profile and the
// settings; key is the connection's, name and name_zh the asset's.
struct Machines {
    std::string machines_file;
    std::string profile_file;  // a row a tag: key, address, type, unit, min, max, access, name, …
    std::string model;         // key of the thing model; "" for the profile's file name
    std::string protocol;
    json::object settings;
};
Result<Pack> read_machines(const Machines& wishes);

// All tags, or those of one connection, as read_tags() takes them.
Result<std::string> write_tags(Context& context, const std::string& connection);

}  // namespace gantry::cli
