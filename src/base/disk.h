// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace gantry {

// The bytes of a file as they stand on disk, for reading. Good for as long as it lives, also after
// the file was closed or removed. Only for files that nobody changes any more.
class Mapping {
public:
    virtual ~Mapping() = default;
    virtual ByteView bytes() const = 0;
};

// One open file, by offset. Different files may be used from different threads; one file from one
// thread at a time, except read(), which any number may call beside it. Closed when destroyed;
// closing does not sync.
class File {
public:
    virtual ~File() = default;
    // Reads up to out.size() bytes; fewer only at the end of the file.
    virtual Result<std::size_t> read(std::uint64_t offset, std::span<std::byte> out) const = 0;
    // Writes all of it or fails; after a failure the bytes in that range are unknown.
    virtual Result<> write(std::uint64_t offset, ByteView bytes) = 0;
    // Returns when every write before it is durable, and so is the file's size (fdatasync). After a
    // failure what was written since the last success may be lost *even if a later sync succeeds*:
    // never call it again on this file (PostgreSQL's lesson of 2018).
    virtual Result<> sync() = 0;
    virtual Result<> truncate(std::uint64_t size) = 0;
    // Makes the file at least that large and reserves the space, so that writes inside it do not
    // fail for want of space. New bytes read as zero.
    virtual Result<> allocate(std::uint64_t size) = 0;
    virtual Result<std::uint64_t> size() const = 0;
    virtual Result<std::unique_ptr<Mapping>> map() const = 0;
};

enum class OpenMode : unsigned char {
    Read,       // must exist
    ReadWrite,  // must exist
    Create,     // must not exist
};

// A file system: the only way to stored bytes, so that a test can put a failing one in its place.
// Any thread. A created, renamed or removed name is durable only after sync_directory() of its
// folder.
class Disk {
public:
    virtual ~Disk() = default;
    virtual Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) = 0;
    virtual Result<> rename(const std::string& from, const std::string& to) = 0;
    virtual Result<> remove(const std::string& path) = 0;
    // Also its parents. No error if it exists.
    virtual Result<> make_directory(const std::string& path) = 0;
    virtual Result<> sync_directory(const std::string& path) = 0;
    // Names of the files in the folder, sorted; not of folders.
    virtual Result<std::vector<std::string>> list(const std::string& path) const = 0;
    virtual Result<bool> exists(const std::string& path) const = 0;
    // Bytes that may still be written by us.
    virtual Result<std::uint64_t> free_bytes(const std::string& path) const = 0;
};

// The operating system's.
class RealDisk final : public Disk {
public:
    Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override;
    Result<> rename(const std::string& from, const std::string& to) override;
    Result<> remove(const std::string& path) override;
    Result<> make_directory(const std::string& path) override;
    Result<> sync_directory(const std::string& path) override;
    Result<std::vector<std::string>> list(const std::string& path) const override;
    Result<bool> exists(const std::string& path) const override;
    Result<std::uint64_t> free_bytes(const std::string& path) const override;
};

// The whole content of a file that is known to be small; TooLarge beyond `limit`.
Result<Bytes> read_file(Disk& disk, const std::string& path, std::uint64_t limit);

// Replaces a file so that after a crash either the old or the new content is there, whole: writes
// path.tmp, syncs it, renames it, syncs the folder.
Result<> replace_file(Disk& disk, const std::string& path, ByteView content);

// The folder part of a path.
std::string parent_of(const std::string& path);

// An exclusive lock on a folder against a second process, held until destroyed. Conflict if taken.
class DirectoryLock {
public:
    virtual ~DirectoryLock() = default;
};
Result<std::unique_ptr<DirectoryLock>> lock_directory(const std::string& path);

}  // namespace gantry
