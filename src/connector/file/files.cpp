// SPDX-License-Identifier: Apache-2.0
#include "connector/file/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

namespace gantry::connector::file {
namespace {

constexpr std::size_t entries_max = 20'000;
constexpr int names_max = 1000;  // that are tried for one that is put aside

std::unexpected<Error> refused(const std::string& name) {
    return fail(errno == ENOENT ? Code::NotFound : Code::Io, "{}: {}", name, std::strerror(errno));
}

Entry entry_of(std::string name, const struct stat& status) {
    return {.name = std::move(name),
            .id = {static_cast<std::uint64_t>(status.st_dev),
                   static_cast<std::uint64_t>(status.st_ino)},
            .size = static_cast<std::uint64_t>(status.st_size),
            .modified = status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec};
}

Result<> check_same(const Folder& folder, const Entry& entry) {
    struct stat status{};
    if (::fstatat(folder.descriptor->number(), entry.name.c_str(), &status, AT_SYMLINK_NOFOLLOW) !=
        0) {
        return refused(entry.name);
    }
    if (!S_ISREG(status.st_mode) || entry_of({}, status).id != entry.id) {
        return fail(Code::NotFound, "{} is another file now", entry.name);
    }
    return {};
}

}  // namespace

bool name_fits(const std::string& pattern, const std::string& name) {
    return ::fnmatch(pattern.c_str(), name.c_str(), FNM_PERIOD) == 0;
}

Result<> check_same_folder(const Folder& before, const Folder& now) {
    struct stat one{};
    struct stat other{};
    if (::fstat(before.descriptor->number(), &one) != 0 ||
        ::fstat(now.descriptor->number(), &other) != 0 || one.st_dev != other.st_dev ||
        one.st_ino != other.st_ino) {
        return fail(Code::Unavailable, "{} is another folder now", now.path);
    }
    return {};
}

Result<std::vector<Entry>> list_files(const Folder& folder) {
    const int number =
        ::openat(folder.descriptor->number(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR* const open = number < 0 ? nullptr : ::fdopendir(number);
    if (open == nullptr) {
        const int why = errno;
        if (number >= 0) {
            ::close(number);
        }
        return fail(Code::Unavailable, "{}: {}", folder.path, std::strerror(why));
    }
    const auto close = [](DIR* one) { ::closedir(one); };
    const std::unique_ptr<DIR, decltype(close)> closing(open, close);
    struct stat self{};
    if (::fstat(number, &self) != 0 || self.st_nlink == 0) {
        return fail(Code::Unavailable, "{} is not there any more", folder.path);
    }
    std::vector<Entry> out;
    std::size_t seen = 0;
    for (errno = 0; const dirent* one = ::readdir(open); errno = 0) {
        if (++seen > entries_max) {
            return fail(Code::TooLarge, "{} has more than {} files: have them moved or deleted",
                        folder.path, entries_max);
        }
        struct stat status{};
        if (::fstatat(number, one->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISREG(status.st_mode)) {
            out.push_back(entry_of(one->d_name, status));
        }
    }
    if (errno != 0) {
        return fail(Code::Unavailable, "{}: {}", folder.path, std::strerror(errno));
    }
    std::ranges::sort(out, {}, &Entry::name);
    return out;
}

Result<std::shared_ptr<Descriptor>> open_file(const Folder& folder, const Entry& entry) {
    const int number = ::openat(folder.descriptor->number(), entry.name.c_str(),
                                O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (number < 0) {
        return refused(entry.name);
    }
    auto out = std::make_shared<Descriptor>(number);
    struct stat status{};
    if (::fstat(number, &status) != 0) {
        return refused(entry.name);
    }
    if (!S_ISREG(status.st_mode) || entry_of({}, status).id != entry.id) {
        return fail(Code::NotFound, "{} is another file now", entry.name);
    }
    return out;
}

Result<Piece> read_piece(const Descriptor& file, std::size_t head, std::uint64_t offset,
                         std::size_t most) {
    Piece out;
    struct stat status{};
    if (::fstat(file.number(), &status) != 0) {
        return refused("the file");
    }
    out.size = static_cast<std::uint64_t>(status.st_size);
    const auto read = [&file](std::string& into, std::size_t count, std::uint64_t from) {
        into.resize(count);
        const ssize_t got = ::pread(file.number(), into.data(), count, static_cast<off_t>(from));
        into.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
        return got >= 0;
    };
    if (!read(out.head, head, 0) || !read(out.bytes, most, offset)) {
        return refused("the file");
    }
    return out;
}

Result<> put_aside(const Folder& folder, const Entry& entry, const std::string& aside) {
    const int from = folder.descriptor->number();
    if (::mkdirat(from, aside.c_str(), 0777) != 0 && errno != EEXIST) {
        return refused(folder.path + "/" + aside);
    }
    const int number =
        ::openat(from, aside.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (number < 0) {
        return refused(folder.path + "/" + aside);
    }
    const Descriptor to(number);
    TRY(check_same(folder, entry));
    for (int i = 0; i < names_max; ++i) {
        const std::string name = entry.name + (i == 0 ? "" : "." + std::to_string(i));
        if (::renameat2(from, entry.name.c_str(), number, name.c_str(), RENAME_NOREPLACE) == 0) {
            return {};
        }
        if (errno != EEXIST) {
            return refused(entry.name);
        }
    }
    return fail(Code::Io, "{}: {} files of that name are in {} already", entry.name, names_max,
                aside);
}

Result<> remove_file(const Folder& folder, const Entry& entry) {
    TRY(check_same(folder, entry));
    return ::unlinkat(folder.descriptor->number(), entry.name.c_str(), 0) == 0
               ? Result<>{}
               : refused(entry.name);
}

}  // namespace gantry::connector::file
