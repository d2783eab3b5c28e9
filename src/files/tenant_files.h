// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/disk.h"
#include "base/options.h"
#include "model/entities.h"

namespace gantry::files {

struct FilesOptions {
    std::int64_t bytes_max = std::int64_t{1} << 30;
    std::int64_t count_max = 1000;

    void describe(OptionVisitor& options) {
        options.number("bytes_max", bytes_max, 0, std::int64_t{1} << 50,
                       "Bytes that the files of one tenant may take together.");
        options.number("count_max", count_max, 0, 100'000, "Files that one tenant may have.");
    }
};

struct FileInfo {
    std::string name;
    std::uint64_t bytes = 0;

    bool operator==(const FileInfo&) const = default;
};

// 1 to 128 letters, digits, '.', '_' and '-', the first a letter or a digit: no folders, nothing
// hidden, nothing that a shell or a URL reads otherwise. Not ending in ".tmp", as what is being
// written does.
bool is_file_name(std::string_view name);

// Files that people bring to be read by SQL, in one flat folder a tenant, <folder>/<tenant>/. Only
// regular files with such names are seen, and no link is followed. Any thread.
class TenantFiles {
public:
    TenantFiles(Disk& disk, std::string folder, FilesOptions options)
        : disk_(disk), folder_(std::move(folder)), options_(options) {}

    // Durable and whole when it returns, and not before: until then readers see what was there.
    // InvalidArgument: no such name can be. QuotaExceeded: the
    // tenant would have too many bytes or files.
    Result<> put(const TenantId& tenant, const std::string& name, ByteView content);
    // NotFound if there is none.
    Result<> remove(const TenantId& tenant, const std::string& name);
    // By name.
    Result<std::vector<FileInfo>> list(const TenantId& tenant);
    // For reading; stays as it is when the file is replaced or removed meanwhile. NotFound.
    Result<std::unique_ptr<File>> open(const TenantId& tenant, const std::string& name) const;

private:
    std::string folder_of(const TenantId& tenant) const { return folder_ + "/" + tenant.text(); }
    Result<std::string> path_of(const TenantId& tenant, const std::string& name) const;
    Result<std::string> prepare(const TenantId& tenant);
    Result<std::vector<FileInfo>> found(const std::string& folder) const;
    Result<> check_quota(const std::vector<FileInfo>& files, const std::string& name,
                         std::uint64_t bytes) const;

    Disk& disk_;
    const std::string folder_;
    const FilesOptions options_;
    mutable std::mutex mutex_;  // of those who write
    std::unordered_set<std::string> prepared_;
};

}  // namespace gantry::files
