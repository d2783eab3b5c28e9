// SPDX-License-Identifier: Apache-2.0
#include "files/tenant_files.h"

#include <algorithm>
#include <filesystem>
#include <format>

namespace gantry::files {
namespace {

constexpr std::size_t name_length_max = 128;
constexpr std::string_view being_written = ".tmp";

bool is_letter_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

Error not_there(const std::string& name) {
    return {Code::NotFound, std::format("there is no file '{}'", name), {}};
}

// Not of our own making; somebody with access to the folder may have put it there.
bool is_plain(const std::string& path) {
    std::error_code error;
    const auto status = std::filesystem::symlink_status(path, error);
    return !error && std::filesystem::is_regular_file(status);
}

}  // namespace

bool is_file_name(std::string_view name) {
    return !name.empty() && name.size() <= name_length_max && is_letter_or_digit(name.front()) &&
           !name.ends_with(being_written) && std::ranges::all_of(name, [](char c) {
               return is_letter_or_digit(c) || c == '.' || c == '_' || c == '-';
           });
}

Result<std::string> TenantFiles::path_of(const TenantId& tenant, const std::string& name) const {
    if (!is_file_name(name)) {
        return fail(Code::InvalidArgument,
                    "'{}' cannot be the name of a file: it has 1 to {} letters, digits, '.', '_' "
                    "and '-', begins with a letter or digit and does not end in .tmp",
                    name, name_length_max);
    }
    return folder_of(tenant) + "/" + name;
}

// The tenant's folder, made if need be, without what a crash left there.
Result<std::string> TenantFiles::prepare(const TenantId& tenant) {
    std::string folder = folder_of(tenant);
    if (!prepared_.contains(folder)) {
        TRY(disk_.make_directory(folder));
        TRY(disk_.sync_directory(folder_));
        TRY(disk_.sync_directory(parent_of(folder_)));
        TRY_ASSIGN(const auto names, disk_.list(folder));
        for (const std::string& name : names) {
            if (name.ends_with(being_written)) {
                TRY(disk_.remove(folder + "/" + name));
            }
        }
        prepared_.insert(folder);
    }
    return folder;
}

Result<std::vector<FileInfo>> TenantFiles::found(const std::string& folder) const {
    TRY_ASSIGN(const auto names, disk_.list(folder));
    std::vector<FileInfo> out;
    for (const std::string& name : names) {
        const std::string path = folder + "/" + name;
        if (!is_file_name(name) || !is_plain(path)) {
            continue;
        }
        TRY_ASSIGN(const auto file, disk_.open(path, OpenMode::Read));
        TRY_ASSIGN(const std::uint64_t bytes, file->size());
        out.push_back({name, bytes});
    }
    return out;
}

Result<> TenantFiles::check_quota(const std::vector<FileInfo>& files, const std::string& name,
                                  std::uint64_t bytes) const {
    std::uint64_t count = 1;
    std::uint64_t all = bytes;
    for (const FileInfo& file : files) {
        if (file.name != name) {
            ++count;
            all += file.bytes;
        }
    }
    if (count > static_cast<std::uint64_t>(options_.count_max)) {
        return fail(Code::QuotaExceeded, "a tenant may have {} files: remove some first",
                    options_.count_max);
    }
    if (all > static_cast<std::uint64_t>(options_.bytes_max)) {
        return fail(Code::QuotaExceeded,
                    "the files of a tenant may have {} bytes together, and would have {}: remove "
                    "some first",
                    options_.bytes_max, all);
    }
    return {};
}

Result<> TenantFiles::put(const TenantId& tenant, const std::string& name, ByteView content) {
    TRY_ASSIGN(const std::string path, path_of(tenant, name));
    const std::lock_guard lock(mutex_);
    TRY_ASSIGN(const std::string folder, prepare(tenant));
    TRY_ASSIGN(const auto files, found(folder));
    TRY(check_quota(files, name, content.size()));
    if (auto done = replace_file(disk_, path, content); !done) {
        (void)disk_.remove(path + std::string(being_written));  // it may not even be there
        return within("storing " + name, std::move(done).error());
    }
    return {};
}

Result<> TenantFiles::remove(const TenantId& tenant, const std::string& name) {
    TRY_ASSIGN(const std::string path, path_of(tenant, name));
    const std::lock_guard lock(mutex_);
    if (!is_plain(path)) {
        return std::unexpected(not_there(name));
    }
    TRY(disk_.remove(path));
    return disk_.sync_directory(folder_of(tenant));
}

Result<std::vector<FileInfo>> TenantFiles::list(const TenantId& tenant) {
    const std::lock_guard lock(mutex_);
    TRY_ASSIGN(const std::string folder, prepare(tenant));
    return found(folder);
}

Result<std::unique_ptr<File>> TenantFiles::open(const TenantId& tenant,
                                                const std::string& name) const {
    TRY_ASSIGN(const std::string path, path_of(tenant, name));
    if (!is_plain(path)) {
        return std::unexpected(not_there(name));
    }
    return disk_.open(path, OpenMode::Read);
}

}  // namespace gantry::files
