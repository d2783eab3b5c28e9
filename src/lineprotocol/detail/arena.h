// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace gantry::lineprotocol::detail {

// Memory that is given back all at once. What is asked for in a row lies in a row.
class Arena {
public:
    static constexpr std::size_t alignment = 8;

    // Zeros.
    std::byte* allocate(std::size_t bytes) {
        bytes = (bytes + alignment - 1) / alignment * alignment;
        if (left_ < bytes) {
            left_ = std::max(bytes, block_bytes);
            blocks_.push_back(std::make_unique<std::byte[]>(left_));
            next_ = blocks_.back().get();
            bytes_ += left_;
        }
        left_ -= bytes;
        next_ += bytes;
        return next_ - bytes;
    }
    void clear() {
        blocks_.clear();
        left_ = 0;
        bytes_ = 0;
    }
    std::size_t bytes() const { return bytes_; }

private:
    static constexpr std::size_t block_bytes = std::size_t{64} << 10;

    std::vector<std::unique_ptr<std::byte[]>> blocks_;
    std::byte* next_ = nullptr;
    std::size_t left_ = 0;
    std::size_t bytes_ = 0;
};

}  // namespace gantry::lineprotocol::detail
