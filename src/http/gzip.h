// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace gantry::http {

// Unpacks a body with Content-Encoding: gzip (RFC 1952, members one behind the other) or deflate
// (RFC 1950), piece by piece, so that a small body cannot become a large one in memory.
class Gunzip {
public:
    explicit Gunzip(std::string_view packed);
    Gunzip(const Gunzip&) = delete;
    Gunzip& operator=(const Gunzip&) = delete;
    ~Gunzip();

    // The next piece, of at most `most` bytes, good until the next call; empty at the end.
    // InvalidArgument: it is not gzip, damaged, or cut off.
    Result<std::string_view> next(std::size_t most);

private:
    struct Stream;

    std::unique_ptr<Stream> stream_;
    std::string piece_;
};

// The whole of it. TooLarge: more than `most` bytes come of it.
Result<std::string> gunzip(std::string_view packed, std::size_t most);

}  // namespace gantry::http
