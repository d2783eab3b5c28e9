// SPDX-License-Identifier: Apache-2.0
#include "query/sql_files.h"

#include <fnmatch.h>

#include <atomic>
#include <duckdb/common/file_opener.hpp>
#include <duckdb/common/virtual_file_system.hpp>
#include <optional>

#include "query/sql_tables.h"

namespace gantry::query {
namespace {

using duckdb::idx_t;

class OpenedFile final : public duckdb::FileHandle {
public:
    OpenedFile(duckdb::FileSystem& system, std::string name, duckdb::FileOpenFlags how,
               std::unique_ptr<File> file, std::uint64_t bytes)
        : FileHandle(system, std::move(name), how), file_(std::move(file)), bytes_(bytes) {}

    void Close() override { file_.reset(); }

    // As many bytes as there are.
    std::size_t read(void* to, std::size_t count, std::uint64_t from) const {
        const auto got = file_->read(from, std::span(static_cast<std::byte*>(to), count));
        if (!got) {
            throw duckdb::IOException(got.error().message);
        }
        return *got;
    }
    std::uint64_t bytes() const { return bytes_; }

    std::uint64_t at = 0;

private:
    std::unique_ptr<File> file_;
    std::uint64_t bytes_;
};

class TenantFileSystem final : public duckdb::FileSystem {
public:
    TenantFileSystem(files::TenantFiles& files, TenantId tenant)
        : files_(files), tenant_(std::move(tenant)) {}

    duckdb::unique_ptr<duckdb::FileHandle> OpenFile(
        const std::string& path, duckdb::FileOpenFlags flags,
        duckdb::optional_ptr<duckdb::FileOpener> opener) override {
        if (flags.OpenForWriting() || flags.CreateFileIfNotExists() ||
            flags.OverwriteExistingFile() || flags.OpenForAppending()) {
            throw duckdb::PermissionException("files can only be read");
        }
        const auto name = name_of(path, opener);
        auto file = name ? files_.open(tenant_, *name) : fail(Code::NotFound, "");
        if (!file) {
            if (flags.ReturnNullIfNotExists()) {
                return nullptr;
            }
            throw duckdb::IOException("there is no file \"%s\"", path);
        }
        const auto bytes = (*file)->size();
        if (!bytes) {
            throw duckdb::IOException(bytes.error().message);
        }
        return duckdb::make_uniq<OpenedFile>(*this, path, flags, std::move(*file), *bytes);
    }

    void Read(duckdb::FileHandle& handle, void* to, std::int64_t count, idx_t from) override {
        const auto wanted = static_cast<std::size_t>(count);
        if (handle.Cast<OpenedFile>().read(to, wanted, from) != wanted) {
            throw duckdb::IOException("the file \"%s\" ends too early", handle.path);
        }
    }
    std::int64_t Read(duckdb::FileHandle& handle, void* to, std::int64_t count) override {
        auto& file = handle.Cast<OpenedFile>();
        const std::size_t got = file.read(to, static_cast<std::size_t>(count), file.at);
        file.at += got;
        return static_cast<std::int64_t>(got);
    }
    std::int64_t GetFileSize(duckdb::FileHandle& handle) override {
        return static_cast<std::int64_t>(handle.Cast<OpenedFile>().bytes());
    }
    // A file is replaced, never changed; what is open stays as it is.
    duckdb::timestamp_t GetLastModifiedTime(duckdb::FileHandle&) override {
        return duckdb::timestamp_t(0);
    }
    // Each time another: nothing that was kept of it before is good for it.
    std::string GetVersionTag(duckdb::FileHandle&) override { return std::to_string(opened_++); }
    duckdb::FileType GetFileType(duckdb::FileHandle&) override {
        return duckdb::FileType::FILE_TYPE_REGULAR;
    }
    bool FileExists(const std::string& path,
                    duckdb::optional_ptr<duckdb::FileOpener> opener) override {
        const auto name = name_of(path, opener);
        return name && files_.open(tenant_, *name);
    }
    bool DirectoryExists(const std::string&, duckdb::optional_ptr<duckdb::FileOpener>) override {
        return false;
    }
    bool IsPipe(const std::string&, duckdb::optional_ptr<duckdb::FileOpener>) override {
        return false;
    }

    duckdb::vector<duckdb::OpenFileInfo> Glob(const std::string& path,
                                              duckdb::FileOpener* opener) override {
        duckdb::vector<duckdb::OpenFileInfo> out;
        if (!path.starts_with(sql_files_folder)) {
            return out;
        }
        const std::string pattern = path.substr(sql_files_folder.size());
        if (!HasGlob(pattern)) {
            if (FileExists(path, opener)) {
                out.emplace_back(path);
            }
            return out;
        }
        const auto all = files_.list(tenant_);
        if (!all) {
            throw duckdb::IOException(all.error().message);
        }
        for (const files::FileInfo& file : *all) {
            if (fnmatch(pattern.c_str(), file.name.c_str(), FNM_NOESCAPE) == 0 &&
                may_read(file.name, opener)) {
                out.emplace_back(std::string(sql_files_folder) + file.name);
            }
        }
        return out;
    }

    void Seek(duckdb::FileHandle& handle, idx_t location) override {
        handle.Cast<OpenedFile>().at = location;
    }
    void Reset(duckdb::FileHandle& handle) override { Seek(handle, 0); }
    idx_t SeekPosition(duckdb::FileHandle& handle) override { return handle.Cast<OpenedFile>().at; }
    bool CanSeek() override { return true; }
    bool OnDiskFile(duckdb::FileHandle&) override { return true; }
    std::string GetName() const override { return "TenantFileSystem"; }
    std::string PathSeparator(const std::string&) override { return "/"; }

private:
    // Of a file that may be there for who asks.
    std::optional<std::string> name_of(const std::string& path,
                                       duckdb::optional_ptr<duckdb::FileOpener> opener) const {
        if (!path.starts_with(sql_files_folder)) {
            return std::nullopt;
        }
        std::string name = path.substr(sql_files_folder.size());
        const bool can = files::is_file_name(name) && may_read(name, opener);
        return can ? std::optional(std::move(name)) : std::nullopt;
    }
    bool may_read(const std::string& name, duckdb::optional_ptr<duckdb::FileOpener> opener) const {
        const auto context = duckdb::FileOpener::TryGetClientContext(opener);
        const auto scope =
            context ? context->registered_state->Get<SqlScope>(SqlScope::name) : nullptr;
        return scope && scope->context.tenant == tenant_ && scope->context.may("files:read", name);
    }

    files::TenantFiles& files_;
    const TenantId tenant_;
    std::atomic<std::uint64_t> opened_ = 0;
};

}  // namespace

duckdb::unique_ptr<duckdb::FileSystem> tenant_file_system(files::TenantFiles& files,
                                                          const TenantId& tenant) {
    // Around it the one that unpacks what is compressed; it knows no other roots.
    return duckdb::make_uniq<duckdb::VirtualFileSystem>(
        duckdb::make_uniq<TenantFileSystem>(files, tenant));
}

}  // namespace gantry::query
