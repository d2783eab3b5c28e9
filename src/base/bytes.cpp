// SPDX-License-Identifier: Apache-2.0
#include "base/bytes.h"

#include <nmmintrin.h>

namespace gantry {
namespace {

// The instruction takes three cycles but a new one starts each cycle, so three streams run side by
// side; their results are joined by advancing a CRC over zero bytes, a linear map that the tables
// below hold for the fixed block length (Intel, "Fast CRC Computation for iSCSI Polynomial", 2011).
constexpr std::size_t stream_bytes = 1024;
constexpr std::uint32_t polynomial = 0x82f63b78;

struct ZeroAdvance {
    std::uint32_t table[4][256];

    constexpr ZeroAdvance() : table() {
        // The map of one zero byte for each single bit, then its repetition by squaring.
        std::uint32_t map[32] = {};
        for (unsigned bit = 0; bit < 32; ++bit) {
            std::uint32_t crc = 1U << bit;
            for (int step = 0; step < 8; ++step) {
                crc = (crc >> 1) ^ ((crc & 1) != 0 ? polynomial : 0);
            }
            map[bit] = crc;
        }
        for (std::size_t bytes = 1; bytes < stream_bytes; bytes *= 2) {
            std::uint32_t twice[32] = {};
            for (unsigned bit = 0; bit < 32; ++bit) {
                twice[bit] = apply(map, map[bit]);
            }
            for (unsigned bit = 0; bit < 32; ++bit) {
                map[bit] = twice[bit];
            }
        }
        for (unsigned byte = 0; byte < 4; ++byte) {
            for (std::uint32_t value = 0; value < 256; ++value) {
                table[byte][value] = apply(map, value << (8 * byte));
            }
        }
    }

    static constexpr std::uint32_t apply(const std::uint32_t (&map)[32], std::uint32_t vector) {
        std::uint32_t sum = 0;
        for (unsigned bit = 0; bit < 32; ++bit) {
            if ((vector >> bit & 1) != 0) {
                sum ^= map[bit];
            }
        }
        return sum;
    }

    std::uint32_t operator()(std::uint32_t crc) const {
        return table[0][crc & 0xff] ^ table[1][crc >> 8 & 0xff] ^ table[2][crc >> 16 & 0xff] ^
               table[3][crc >> 24];
    }
};

constexpr ZeroAdvance advance;

std::uint64_t load(const std::byte* at) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, sizeof(word));
    return word;
}

}  // namespace

std::uint32_t crc32c(ByteView bytes, std::uint32_t seed) {
    std::uint64_t crc = ~seed;
    const std::byte* at = bytes.data();
    std::size_t left = bytes.size();
    while (left >= 3 * stream_bytes) {
        std::uint64_t second = 0;
        std::uint64_t third = 0;
        for (std::size_t i = 0; i < stream_bytes; i += 8) {
            crc = _mm_crc32_u64(crc, load(at + i));
            second = _mm_crc32_u64(second, load(at + stream_bytes + i));
            third = _mm_crc32_u64(third, load(at + 2 * stream_bytes + i));
        }
        crc = advance(static_cast<std::uint32_t>(crc)) ^ second;
        crc = advance(static_cast<std::uint32_t>(crc)) ^ third;
        at += 3 * stream_bytes;
        left -= 3 * stream_bytes;
    }
    for (; left >= 8; left -= 8, at += 8) {
        crc = _mm_crc32_u64(crc, load(at));
    }
    auto narrow = static_cast<std::uint32_t>(crc);
    for (; left > 0; --left, ++at) {
        narrow = _mm_crc32_u8(narrow, static_cast<unsigned char>(*at));
    }
    return ~narrow;
}

}  // namespace gantry
