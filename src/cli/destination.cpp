// SPDX-License-Identifier: Apache-2.0
#include "cli/destination.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace gantry::cli {

Destination::~Destination() {
    if (file_ >= 0) {
        close(file_);
        unlink(temporary().c_str());
    }
}

Result<> Destination::open(bool replace) {
    if (is_output()) {
        return {};
    }
    if (!replace && access(path_.c_str(), F_OK) == 0) {
        return fail(Code::Conflict, "{} is there already: add --yes to replace it", path_);
    }
    file_ = ::open(temporary().c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    return file_ >= 0 ? Result<>{}
                      : fail(Code::Io, "cannot write {}: {}", path_, std::strerror(errno));
}

Result<> Destination::write(Output& out, std::string_view piece) {
    if (is_output()) {
        return out.data(piece);
    }
    while (!piece.empty()) {
        const ssize_t size = ::write(file_, piece.data(), piece.size());
        if (size < 0 && errno != EINTR) {
            return fail(errno == ENOSPC ? Code::StorageFull : Code::Io, "cannot write {}: {}",
                        path_, std::strerror(errno));
        }
        piece.remove_prefix(size > 0 ? static_cast<std::size_t>(size) : 0);
    }
    return {};
}

Result<> Destination::finish() {
    if (is_output()) {
        return {};
    }
    const bool closed = fsync(file_) == 0 && close(file_) == 0;
    file_ = -1;
    if (!closed || rename(temporary().c_str(), path_.c_str()) != 0) {
        return fail(Code::Io, "cannot write {}: {}", path_, std::strerror(errno));
    }
    return {};
}

}  // namespace gantry::cli
