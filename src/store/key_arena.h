// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace gantry::store {

// Texts that stay where they are for the arena's life, each behind its length, in large chunks. One
// thread adds; any thread reads what was added before it was told of it.
class KeyArena {
public:
    // Where the text is; for view().
    const char* add(std::string_view text) {
        const std::size_t size = text.size() + length_bytes(text.size());
        if (size > free_) {
            free_ = size > chunk_bytes ? size : chunk_bytes;
            chunks_.push_back(std::make_unique_for_overwrite<char[]>(free_));
            next_ = chunks_.back().get();
            bytes_.fetch_add(free_, std::memory_order_relaxed);
        }
        char* const place = next_;
        std::size_t length = text.size();
        for (; length >= 0x80; length >>= 7) {
            *next_++ = static_cast<char>(length | 0x80);
        }
        *next_++ = static_cast<char>(length);
        if (!text.empty()) {
            std::memcpy(next_, text.data(), text.size());
        }
        next_ += text.size();
        free_ -= size;
        return place;
    }

    static std::string_view view(const char* place) {
        std::size_t length = 0;
        for (unsigned shift = 0;; shift += 7) {
            const auto byte = static_cast<unsigned char>(*place++);
            length |= static_cast<std::size_t>(byte & 0x7f) << shift;
            if ((byte & 0x80) == 0) {
                return {place, length};
            }
        }
    }

    std::uint64_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

private:
    static constexpr std::size_t chunk_bytes = std::size_t{1} << 20;

    static std::size_t length_bytes(std::size_t length) {
        std::size_t bytes = 1;
        for (; length >= 0x80; length >>= 7) {
            ++bytes;
        }
        return bytes;
    }

    std::vector<std::unique_ptr<char[]>> chunks_;
    char* next_ = nullptr;
    std::size_t free_ = 0;  // bytes from next_ to the end of its chunk
    std::atomic<std::uint64_t> bytes_ = 0;
};

}  // namespace gantry::store
