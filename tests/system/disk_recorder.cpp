// SPDX-License-Identifier: Apache-2.0
// For LD_PRELOAD: writes down all that a program does to the files below a folder, in the order in
// which it happens, so that a test can say what a disk may hold after a power cut at any moment.
//
//   GANTRY_RECORD_ROOT  the folder
//   GANTRY_RECORD_FILE  where to, appended; outside of the folder
//
// One record: kind u8, file u64 (inode), a u64, b u64, length u32, bytes. Little endian.
//   'O' opened      bytes: path               'C' the same, made by that
//   'W' written     a: offset, bytes: data    'T' size set, a: size    'A' size reserved, a: size
//   'S' synced      a file, or a folder's entries
//   'R' renamed     a: length of the old path, bytes: old path, new path
//   'U' removed     bytes: path               'M' folder made, bytes: path
//   'X' not understood here, bytes: what
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <string>
#include <string_view>

namespace {

constexpr int descriptors_max = 4096;

template <class F>
F* real(const char* name) {
    return reinterpret_cast<F*>(dlsym(RTLD_NEXT, name));
}

class Recorder {
public:
    // Recursive: one call of libc may be made of others that are recorded, too.
    std::recursive_mutex mutex;

    bool below_root(const char* path) const {
        return file_ >= 0 && path != nullptr && std::string_view(path).starts_with(root_) &&
               (path[root_.size()] == '/' || path[root_.size()] == 0);
    }
    bool watched(int descriptor) const {
        return descriptor >= 0 && descriptor < descriptors_max && watched_[descriptor];
    }
    void watch(int descriptor, bool on) {
        if (descriptor >= 0 && descriptor < descriptors_max) {
            watched_[descriptor] = on;
        } else if (on) {
            note('X', 0, 0, 0, "too many descriptors");
        }
    }

    static std::uint64_t file_of(int descriptor) {
        struct stat status{};
        fstat(descriptor, &status);
        return status.st_ino;
    }

    void note(char kind, std::uint64_t file, std::uint64_t a, std::uint64_t b,
              std::string_view bytes) {
        std::array<char, 29> head{};
        const auto length = static_cast<std::uint32_t>(bytes.size());
        head[0] = kind;
        std::memcpy(&head[1], &file, 8);
        std::memcpy(&head[9], &a, 8);
        std::memcpy(&head[17], &b, 8);
        std::memcpy(&head[25], &length, 4);
        static auto* const put = real<decltype(::writev)>("writev");
        iovec parts[] = {{head.data(), head.size()},
                         {const_cast<char*>(bytes.data()), bytes.size()}};
        if (put(file_, parts, 2) != static_cast<ssize_t>(head.size() + bytes.size())) {
            std::abort();  // a recording with a hole proves nothing
        }
    }

    static Recorder& get() {
        static auto* const recorder = new Recorder;  // for as long as anybody writes
        return *recorder;
    }

private:
    Recorder() {
        const char* root = std::getenv("GANTRY_RECORD_ROOT");
        const char* file = std::getenv("GANTRY_RECORD_FILE");
        if (root != nullptr && file != nullptr) {
            root_ = root;
            static auto* const open_file = real<int(const char*, int, ...)>("open");
            file_ = open_file(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        }
    }

    std::string root_;
    int file_ = -1;
    std::array<std::atomic<bool>, descriptors_max> watched_{};
};

using Lock = std::unique_lock<std::recursive_mutex>;

template <class Open>
int opened(const char* path, int flags, Open open_it) {
    Recorder& recorder = Recorder::get();
    if (!recorder.below_root(path)) {
        return open_it();
    }
    const Lock lock(recorder.mutex);
    struct stat before{};
    const bool made = (flags & O_CREAT) != 0 && stat(path, &before) != 0;
    const int descriptor = open_it();
    if (descriptor >= 0) {
        const std::uint64_t file = Recorder::file_of(descriptor);
        recorder.watch(descriptor, true);
        recorder.note(made ? 'C' : 'O', file, 0, 0, path);
        if ((flags & O_TRUNC) != 0 && !made) {
            recorder.note('T', file, 0, 0, {});
        }
    }
    return descriptor;
}

mode_t mode_of(int flags, va_list more) {
    return (flags & O_CREAT) != 0 ? static_cast<mode_t>(va_arg(more, unsigned)) : 0;
}

// What a call did, unless it failed.
template <class Call, class Tell>
auto recorded(int descriptor, Call call, Tell tell) {
    Recorder& recorder = Recorder::get();
    if (!recorder.watched(descriptor)) {
        return call();
    }
    const Lock lock(recorder.mutex);
    const auto result = call();
    if (result >= 0) {
        const int error = errno;
        tell(recorder, result);
        errno = error;
    }
    return result;
}

template <class Call>
ssize_t written_at(int descriptor, const void* data, off_t offset, Call call) {
    return recorded(descriptor, call, [&](Recorder& recorder, ssize_t count) {
        recorder.note('W', Recorder::file_of(descriptor), static_cast<std::uint64_t>(offset), 0,
                      {static_cast<const char*>(data), static_cast<std::size_t>(count)});
    });
}

template <class Call>
int sized(int descriptor, char kind, off_t size, Call call) {
    return recorded(descriptor, call, [&](Recorder& recorder, int) {
        recorder.note(kind, Recorder::file_of(descriptor), static_cast<std::uint64_t>(size), 0, {});
    });
}

template <class Call>
int synced(int descriptor, Call call) {
    return recorded(descriptor, call, [&](Recorder& recorder, int) {
        recorder.note('S', Recorder::file_of(descriptor), 0, 0, {});
    });
}

template <class Call>
int changed(const char* path, char kind, Call call) {
    Recorder& recorder = Recorder::get();
    if (!recorder.below_root(path)) {
        return call();
    }
    const Lock lock(recorder.mutex);
    const int result = call();
    if (result == 0) {
        recorder.note(kind, 0, 0, 0, path);
    }
    return result;
}

}  // namespace

extern "C" {

int open(const char* path, int flags, ...) {
    static auto* const next = real<int(const char*, int, ...)>("open");
    va_list more;
    va_start(more, flags);
    const mode_t mode = mode_of(flags, more);
    va_end(more);
    return opened(path, flags, [&] { return next(path, flags, mode); });
}

int open64(const char* path, int flags, ...) {
    static auto* const next = real<int(const char*, int, ...)>("open64");
    va_list more;
    va_start(more, flags);
    const mode_t mode = mode_of(flags, more);
    va_end(more);
    return opened(path, flags, [&] { return next(path, flags, mode); });
}

int openat(int folder, const char* path, int flags, ...) {
    static auto* const next = real<int(int, const char*, int, ...)>("openat");
    va_list more;
    va_start(more, flags);
    const mode_t mode = mode_of(flags, more);
    va_end(more);
    return opened(path, flags, [&] { return next(folder, path, flags, mode); });
}

int close(int descriptor) {
    static auto* const next = real<int(int)>("close");
    Recorder::get().watch(descriptor, false);
    return next(descriptor);
}

ssize_t pwrite(int descriptor, const void* data, size_t size, off_t offset) {
    static auto* const next = real<ssize_t(int, const void*, size_t, off_t)>("pwrite");
    return written_at(descriptor, data, offset,
                      [&] { return next(descriptor, data, size, offset); });
}

ssize_t pwrite64(int descriptor, const void* data, size_t size, off64_t offset) {
    static auto* const next = real<ssize_t(int, const void*, size_t, off64_t)>("pwrite64");
    return written_at(descriptor, data, offset,
                      [&] { return next(descriptor, data, size, offset); });
}

ssize_t write(int descriptor, const void* data, size_t size) {
    static auto* const next = real<ssize_t(int, const void*, size_t)>("write");
    return recorded(
        descriptor, [&] { return next(descriptor, data, size); },
        [&](Recorder& recorder, ssize_t count) {
            const off_t end = lseek(descriptor, 0, SEEK_CUR);
            recorder.note('W', Recorder::file_of(descriptor),
                          static_cast<std::uint64_t>(end - count), 0,
                          {static_cast<const char*>(data), static_cast<std::size_t>(count)});
        });
}

ssize_t writev(int descriptor, const iovec* parts, int count) {
    static auto* const next = real<ssize_t(int, const iovec*, int)>("writev");
    return recorded(
        descriptor, [&] { return next(descriptor, parts, count); },
        [](Recorder& recorder, ssize_t) { recorder.note('X', 0, 0, 0, "writev"); });
}

int ftruncate(int descriptor, off_t size) {
    static auto* const next = real<int(int, off_t)>("ftruncate");
    return sized(descriptor, 'T', size, [&] { return next(descriptor, size); });
}

int ftruncate64(int descriptor, off64_t size) {
    static auto* const next = real<int(int, off64_t)>("ftruncate64");
    return sized(descriptor, 'T', size, [&] { return next(descriptor, size); });
}

// Whose result is 0 or the error.
int posix_fallocate(int descriptor, off_t offset, off_t length) {
    static auto* const next = real<int(int, off_t, off_t)>("posix_fallocate");
    return -sized(descriptor, 'A', offset + length,
                  [&] { return -next(descriptor, offset, length); });
}

int posix_fallocate64(int descriptor, off64_t offset, off64_t length) {
    static auto* const next = real<int(int, off64_t, off64_t)>("posix_fallocate64");
    return -sized(descriptor, 'A', offset + length,
                  [&] { return -next(descriptor, offset, length); });
}

int fallocate(int descriptor, int mode, off_t offset, off_t length) {
    static auto* const next = real<int(int, int, off_t, off_t)>("fallocate");
    return sized(descriptor, mode == 0 ? 'A' : 'X', offset + length,
                 [&] { return next(descriptor, mode, offset, length); });
}

int fsync(int descriptor) {
    static auto* const next = real<int(int)>("fsync");
    return synced(descriptor, [&] { return next(descriptor); });
}

int fdatasync(int descriptor) {
    static auto* const next = real<int(int)>("fdatasync");
    return synced(descriptor, [&] { return next(descriptor); });
}

int rename(const char* from, const char* to) {
    static auto* const next = real<int(const char*, const char*)>("rename");
    Recorder& recorder = Recorder::get();
    if (!recorder.below_root(from) && !recorder.below_root(to)) {
        return next(from, to);
    }
    const Lock lock(recorder.mutex);
    const int result = next(from, to);
    if (result == 0) {
        recorder.note('R', 0, std::strlen(from), 0, std::string(from) + to);
    }
    return result;
}

int unlink(const char* path) {
    static auto* const next = real<int(const char*)>("unlink");
    return changed(path, 'U', [&] { return next(path); });
}

int remove(const char* path) {
    static auto* const next = real<int(const char*)>("remove");
    return changed(path, 'U', [&] { return next(path); });
}

int mkdir(const char* path, mode_t mode) {
    static auto* const next = real<int(const char*, mode_t)>("mkdir");
    return changed(path, 'M', [&] { return next(path, mode); });
}

}  // extern "C"
