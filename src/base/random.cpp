// SPDX-License-Identifier: Apache-2.0
#include "base/random.h"

#include <sys/random.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>

#include "base/assert.h"

namespace gantry {
namespace {

__extension__ typedef unsigned __int128 Wide;

}  // namespace

std::uint64_t Random::number() {
    std::uint64_t value = 0;
    fill(std::as_writable_bytes(std::span(&value, 1)));
    return value;
}

std::uint64_t Random::below(std::uint64_t bound) {
    ASSERT(bound > 0);
    // Lemire's multiply-and-reject: without the rejection small values would be favoured.
    const std::uint64_t threshold = (0 - bound) % bound;
    while (true) {
        const auto wide = static_cast<Wide>(number()) * bound;
        if (static_cast<std::uint64_t>(wide) >= threshold) {
            return static_cast<std::uint64_t>(wide >> 64);
        }
    }
}

double Random::fraction() { return static_cast<double>(number() >> 11) * 0x1.0p-53; }

bool Random::chance(double probability) { return fraction() < probability; }

void SystemRandom::fill(std::span<std::byte> out) {
    while (!out.empty()) {
        const ssize_t got = getrandom(out.data(), out.size(), 0);
        if (got < 0) {
            ASSERT(errno == EINTR);
            continue;
        }
        out = out.subspan(static_cast<std::size_t>(got));
    }
}

SeededRandom::SeededRandom(std::uint64_t seed) {
    for (std::uint64_t& word : state_) {
        seed += 0x9e3779b97f4a7c15;
        std::uint64_t mixed = seed;
        mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
        word = mixed ^ (mixed >> 31);
    }
}

std::uint64_t SeededRandom::next() {
    const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
    const std::uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
}

void SeededRandom::fill(std::span<std::byte> out) {
    while (!out.empty()) {
        const std::uint64_t word = next();
        const std::size_t size = std::min(out.size(), sizeof(word));
        std::memcpy(out.data(), &word, size);
        out = out.subspan(size);
    }
}

}  // namespace gantry
