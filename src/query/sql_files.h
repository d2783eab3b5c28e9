// SPDX-License-Identifier: Apache-2.0
// The files that SQL sees: those of one tenant, under files/, and nothing else that there is.
#pragma once

#include <duckdb.hpp>
#include <duckdb/common/file_system.hpp>
#include <memory>

#include "files/tenant_files.h"

namespace gantry::query {

// Whoever asks needs the permission files:read for the file.
//
// What a database of DuckDB has in place of the machine's file system. Paths are "files/" and the
// name of a file; there are no folders below, no other roots, no links, and nothing can be written.
duckdb::unique_ptr<duckdb::FileSystem> tenant_file_system(files::TenantFiles& files,
                                                          const TenantId& tenant);

// Where they are.
inline constexpr std::string_view sql_files_folder = "files/";

}  // namespace gantry::query
