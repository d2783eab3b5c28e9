// SPDX-License-Identifier: Apache-2.0
#include "connector/local/allowed_folders.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

namespace gantry::connector {
namespace {

bool is_within(const std::string& path, std::string root) {
    while (root.size() > 1 && root.ends_with('/')) {
        root.pop_back();
    }
    return path == root || root == "/" || (path.starts_with(root) && path[root.size()] == '/');
}

}  // namespace

Descriptor::~Descriptor() { ::close(number_); }

Result<> AllowedFolders::check(const std::string& path) const {
    const bool allowed = std::ranges::any_of(allowed_, [&path](const std::string& root) {
        std::error_code error;
        const std::filesystem::path real = std::filesystem::canonical(root, error);
        return is_within(path, root) || (!error && is_within(path, real.string()));
    });
    if (!allowed) {
        return fail(Code::InvalidArgument,
                    "{} is not for connections: who runs gantryd allows folders in its "
                    "configuration, as folders = [\"{}\"] in [connectors]",
                    path, path);
    }
    return {};
}

Result<Folder> AllowedFolders::open(const std::string& path) const {
    std::string wanted = std::filesystem::path(path).lexically_normal().string();
    if (wanted.size() > 1 && wanted.ends_with('/')) {
        wanted.pop_back();
    }
    TRY(check(wanted));
    const int number = ::open(wanted.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (number < 0) {
        return fail(Code::Unavailable, "{}: {}", wanted, std::strerror(errno));
    }
    Folder out{std::make_shared<Descriptor>(number), {}};
    // Where it really is: a link on the way may lead out of what is allowed.
    std::error_code error;
    out.path =
        std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(number), error).string();
    if (error) {
        return fail(Code::Io, "{}: {}", wanted, error.message());
    }
    const bool allowed = std::ranges::any_of(allowed_, [&out](const std::string& root) {
        std::error_code missing;
        const std::filesystem::path real = std::filesystem::canonical(root, missing);
        return !missing && is_within(out.path, real.string());
    });
    if (!allowed) {
        return fail(Code::InvalidArgument, "{} leads out of the folders that connections may use",
                    wanted);
    }
    return out;
}

}  // namespace gantry::connector
