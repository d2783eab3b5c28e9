// SPDX-License-Identifier: Apache-2.0
#include "base/disk.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

namespace gantry {
namespace {

Code code_of(int error) {
    switch (error) {
        case ENOENT: return Code::NotFound;
        case EEXIST: return Code::Conflict;
        case ENOSPC:
        case EDQUOT:
        case EFBIG: return Code::StorageFull;
        case EACCES:
        case EPERM:
        case EROFS: return Code::Forbidden;
        default: return Code::Io;
    }
}

std::unexpected<Error> system_error(std::string_view doing, std::string_view path, int error) {
    return fail(code_of(error), "{} {}: {}", doing, path,
                std::error_code(error, std::generic_category()).message());
}

class RealMapping final : public Mapping {
public:
    RealMapping(void* start, std::size_t size) : start_(start), size_(size) {}
    RealMapping(const RealMapping&) = delete;
    RealMapping& operator=(const RealMapping&) = delete;
    ~RealMapping() override {
        if (size_ > 0) {
            ::munmap(start_, size_);
        }
    }
    ByteView bytes() const override { return {static_cast<const std::byte*>(start_), size_}; }

private:
    void* start_;
    std::size_t size_;
};

class RealFile final : public File {
public:
    RealFile(int descriptor, std::string path) : descriptor_(descriptor), path_(std::move(path)) {}
    RealFile(const RealFile&) = delete;
    RealFile& operator=(const RealFile&) = delete;
    ~RealFile() override { ::close(descriptor_); }

    Result<std::size_t> read(std::uint64_t offset, std::span<std::byte> out) const override {
        std::size_t done = 0;
        while (done < out.size()) {
            const ssize_t got = ::pread(descriptor_, out.data() + done, out.size() - done,
                                        static_cast<off_t>(offset + done));
            if (got == 0) {
                break;
            }
            if (got > 0) {
                done += static_cast<std::size_t>(got);
            } else if (errno != EINTR) {
                return system_error("reading", path_, errno);
            }
        }
        return done;
    }

    Result<> write(std::uint64_t offset, ByteView bytes) override {
        std::size_t done = 0;
        while (done < bytes.size()) {
            const ssize_t put = ::pwrite(descriptor_, bytes.data() + done, bytes.size() - done,
                                         static_cast<off_t>(offset + done));
            if (put >= 0) {
                done += static_cast<std::size_t>(put);
            } else if (errno != EINTR) {
                return system_error("writing", path_, errno);
            }
        }
        return {};
    }

    Result<> sync() override {
        if (::fdatasync(descriptor_) != 0) {
            return system_error("syncing", path_, errno);
        }
        return {};
    }

    Result<> truncate(std::uint64_t size) override {
        if (::ftruncate(descriptor_, static_cast<off_t>(size)) != 0) {
            return system_error("truncating", path_, errno);
        }
        return {};
    }

    Result<> allocate(std::uint64_t wanted) override {
        const int error = ::posix_fallocate(descriptor_, 0, static_cast<off_t>(wanted));
        if (error != 0) {
            return system_error("reserving space for", path_, error);
        }
        return {};
    }

    Result<std::uint64_t> size() const override {
        struct stat status{};
        if (::fstat(descriptor_, &status) != 0) {
            return system_error("looking at", path_, errno);
        }
        return static_cast<std::uint64_t>(status.st_size);
    }

    Result<std::unique_ptr<Mapping>> map() const override {
        TRY_ASSIGN(const std::uint64_t bytes, size());
        if (bytes == 0) {
            return std::make_unique<RealMapping>(nullptr, 0);
        }
        void* start = ::mmap(nullptr, bytes, PROT_READ, MAP_SHARED, descriptor_, 0);
        if (start == MAP_FAILED) {
            return system_error("mapping", path_, errno);
        }
        return std::make_unique<RealMapping>(start, bytes);
    }

private:
    int descriptor_;
    std::string path_;
};

class FlockLock final : public DirectoryLock {
public:
    explicit FlockLock(int descriptor) : descriptor_(descriptor) {}
    FlockLock(const FlockLock&) = delete;
    FlockLock& operator=(const FlockLock&) = delete;
    ~FlockLock() override { ::close(descriptor_); }

private:
    int descriptor_;
};

}  // namespace

Result<std::unique_ptr<File>> RealDisk::open(const std::string& path, OpenMode mode) {
    const int flags = mode == OpenMode::Read        ? O_RDONLY
                      : mode == OpenMode::ReadWrite ? O_RDWR
                                                    : O_RDWR | O_CREAT | O_EXCL;
    const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC, 0640);
    if (descriptor < 0) {
        return system_error("opening", path, errno);
    }
    return std::make_unique<RealFile>(descriptor, path);
}

Result<> RealDisk::rename(const std::string& from, const std::string& to) {
    if (::rename(from.c_str(), to.c_str()) != 0) {
        return system_error("renaming", from + " to " + to, errno);
    }
    return {};
}

Result<> RealDisk::remove(const std::string& path) {
    if (::unlink(path.c_str()) != 0) {
        return system_error("removing", path, errno);
    }
    return {};
}

// What is made is there after a power cut: its entry in the folder above is durable, too. So is
// that of a folder which is there already, whose maker may have been killed before.
Result<> RealDisk::make_directory(const std::string& path) {
    const auto folder = (std::filesystem::path(path) / "").parent_path();  // no slash at the end
    const std::string parent = folder.has_relative_path() ? folder.parent_path().string() : "";
    if (::mkdir(folder.c_str(), 0777) != 0 && errno != EEXIST) {
        if (errno != ENOENT || parent.empty()) {
            return system_error("making folder", path, errno);
        }
        TRY(make_directory(parent));
        return make_directory(path);
    }
    std::error_code error;
    if (!std::filesystem::is_directory(folder, error)) {
        return system_error("making folder", path, error ? error.value() : ENOTDIR);
    }
    const auto synced = sync_directory(parent.empty() ? "." : parent);
    // Whoever may not read the folder above did not make this one.
    return !synced && synced.error().code == Code::Forbidden ? Result<>() : synced;
}

Result<> RealDisk::sync_directory(const std::string& path) {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) {
        return system_error("opening folder", path, errno);
    }
    const int result = ::fsync(descriptor);
    const int error = errno;
    ::close(descriptor);
    if (result != 0) {
        return system_error("syncing folder", path, error);
    }
    return {};
}

Result<std::vector<std::string>> RealDisk::list(const std::string& path) const {
    std::vector<std::string> names;
    std::error_code error;
    for (std::filesystem::directory_iterator at(path, error), end; !error && at != end;
         at.increment(error)) {
        if (at->is_regular_file(error) && !error) {
            names.push_back(at->path().filename().string());
        }
    }
    if (error) {
        return system_error("listing", path, error.value());
    }
    std::ranges::sort(names);
    return names;
}

Result<bool> RealDisk::exists(const std::string& path) const {
    struct stat status{};
    if (::stat(path.c_str(), &status) == 0) {
        return true;
    }
    if (errno == ENOENT || errno == ENOTDIR) {
        return false;
    }
    return system_error("looking at", path, errno);
}

Result<std::uint64_t> RealDisk::free_bytes(const std::string& path) const {
    struct statvfs status{};
    if (::statvfs(path.c_str(), &status) != 0) {
        return system_error("looking at", path, errno);
    }
    return static_cast<std::uint64_t>(status.f_bavail) * status.f_frsize;
}

Result<Bytes> read_file(Disk& disk, const std::string& path, std::uint64_t limit) {
    TRY_ASSIGN(const auto file, disk.open(path, OpenMode::Read));
    TRY_ASSIGN(const std::uint64_t size, file->size());
    if (size > limit) {
        return fail(Code::TooLarge, "{} has {} bytes, more than {}", path, size, limit);
    }
    Bytes content(size);
    TRY_ASSIGN(const std::size_t got, file->read(0, content));
    content.resize(got);
    return content;
}

Result<> replace_file(Disk& disk, const std::string& path, ByteView content) {
    const std::string temporary = path + ".tmp";
    TRY_ASSIGN(const bool left_over, disk.exists(temporary));
    if (left_over) {
        TRY(disk.remove(temporary));
    }
    {
        TRY_ASSIGN(const auto file, disk.open(temporary, OpenMode::Create));
        TRY(file->write(0, content));
        TRY(file->sync());
    }
    TRY(disk.rename(temporary, path));
    return disk.sync_directory(parent_of(path));
}

std::string parent_of(const std::string& path) {
    const std::string parent = std::filesystem::path(path).parent_path().string();
    return parent.empty() ? "." : parent;
}

Result<std::unique_ptr<DirectoryLock>> lock_directory(const std::string& path) {
    const std::string name = path + "/LOCK";
    const int descriptor = ::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    if (descriptor < 0) {
        return system_error("opening", name, errno);
    }
    if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
        const int error = errno;
        ::close(descriptor);
        if (error == EWOULDBLOCK) {
            return fail(Code::Conflict,
                        "{} is in use by another gantryd: stop it, or give this one "
                        "a data folder of its own",
                        path);
        }
        return system_error("locking", name, error);
    }
    return std::make_unique<FlockLock>(descriptor);
}

}  // namespace gantry
