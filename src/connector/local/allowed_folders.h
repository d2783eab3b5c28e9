// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"

namespace gantry::connector {

// An open file or folder of the operating system.
class Descriptor {
public:
    explicit Descriptor(int number) : number_(number) {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor();
    int number() const { return number_; }

private:
    const int number_;
};

// A folder that stays the one that was allowed, whatever its name leads to later.
struct Folder {
    std::shared_ptr<Descriptor> descriptor;
    std::string path;  // resolved
};

// The folders of this machine that connections may look into: those that the configuration names,
// and what is below them. None unless they are named, as whoever may make connections could read
// any file of gantryd otherwise. All of it waits for the disk. Any thread.
class AllowedFolders {
public:
    explicit AllowedFolders(std::vector<std::string> allowed) : allowed_(std::move(allowed)) {}

    // InvalidArgument: it is not allowed. Unavailable: it is not there now.
    Result<Folder> open(const std::string& path) const;

private:
    Result<> check(const std::string& path) const;

    const std::vector<std::string> allowed_;
};

}  // namespace gantry::connector
