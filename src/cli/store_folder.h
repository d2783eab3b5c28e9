// SPDX-License-Identifier: Apache-2.0
// What the commands on the files of a store share.
#pragma once

#include <csignal>
#include <string>
#include <vector>

#include "base/disk.h"
#include "base/log.h"
#include "cli/command.h"

namespace gantry::cli {

// A store and the data folder that a gantryd would lock for it.
struct StoreFolder {
    std::string data;
    std::string store;
};

// The folder that was named: gantryd's data folder, or the store in it. NotFound if neither.
Result<StoreFolder> find_store(const Disk& disk, const Arguments& arguments);

// Keeps every gantryd away while it lives. Forbidden if one is running.
Result<std::unique_ptr<DirectoryLock>> lock_store(const StoreFolder& folder);

// FOLDER and --data.
std::vector<Parameter> folder_parameters();

// The store tells in its report what others read in the log.
class Silence final : public LogOutput {
public:
    void write(std::string_view) override {}
};

// Lets Ctrl-C end the program at once while it lives: for work that only reads.
class Interruptible {
public:
    Interruptible();
    Interruptible(const Interruptible&) = delete;
    Interruptible& operator=(const Interruptible&) = delete;
    ~Interruptible();

private:
    sigset_t before_{};
};

}  // namespace gantry::cli
