// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "base/disk.h"
#include "model/json.h"

namespace gantry::connector {

// How far connections have come in what they read, kept over restarts: a small JSON object each.
// Waits for the disk. Any thread, one connection from one at a time.
class Positions {
public:
    // The folder is there.
    Positions(Disk& disk, std::string folder) : disk_(disk), folder_(std::move(folder)) {}

    // None: it has never been saved. Corrupt names the file.
    Result<std::optional<json::object>> load(const std::string& connection) const;
    // It is durable when this returns; after a crash there is the one before, or this one.
    Result<> save(const std::string& connection, const json::object& position) const;

    static constexpr std::size_t bytes_max = std::size_t{8} << 20;

private:
    std::string path_of(const std::string& connection) const;

    Disk& disk_;
    const std::string folder_;
};

}  // namespace gantry::connector
