// SPDX-License-Identifier: Apache-2.0
// Numbers, eight digits at a time. Each function may read number_slack_bytes from where it begins,
// whatever stands there.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace gantry::lineprotocol::detail {

inline constexpr std::size_t number_slack_bytes = 64;

inline constexpr unsigned digits_max = 19;  // as many as every 64-bit number has room for
inline constexpr auto powers_of_ten = [] {
    std::array<std::uint64_t, digits_max + 1> powers{1};
    for (std::size_t i = 1; i < powers.size(); ++i) {
        powers[i] = powers[i - 1] * 10;
    }
    return powers;
}();

inline std::uint64_t load_word(const char* at) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, sizeof(word));
    return word;
}

// How many digits a word begins with.
inline unsigned count_digits(std::uint64_t word) {
    const std::uint64_t values = word ^ 0x3030303030303030U;
    const std::uint64_t others = (values | (values + 0x7676767676767676U)) & 0x8080808080808080U;
    return others == 0 ? 8 : static_cast<unsigned>(std::countr_zero(others)) / 8;
}

// The number that its first digits are; 0 of none.
inline std::uint64_t value_of_digits(std::uint64_t word, unsigned count) {
    if (count == 0) {
        return 0;
    }
    // Zeros before them: the last digit comes to stand in the highest byte.
    std::uint64_t x = (word ^ 0x3030303030303030U) << (64 - 8 * count);
    x = x * 10 + (x >> 8);
    constexpr std::uint64_t mask = 0x000000ff000000ff;
    constexpr std::uint64_t hundreds = 100 + (std::uint64_t{1'000'000} << 32);
    constexpr std::uint64_t ones = 1 + (std::uint64_t{10'000} << 32);
    return ((x & mask) * hundreds + (x >> 16 & mask) * ones) >> 32;
}

struct Digits {
    std::uint64_t value = 0;
    unsigned count = 0;  // more than digits_max: there are too many, and the value is nothing
};

inline Digits read_digits(const char* at) {
    const std::uint64_t word = load_word(at);
    Digits out{0, count_digits(word)};
    out.value = value_of_digits(word, out.count);
    while (out.count % 8 == 0 && out.count != 0) {
        const std::uint64_t next = load_word(at + out.count);
        const unsigned more = count_digits(next);
        if (more == 0 || out.count + more > digits_max) {
            out.count += more;
            break;
        }
        out.value = out.value * powers_of_ten[more] + value_of_digits(next, more);
        out.count += more;
    }
    return out;
}

// The decimal at `at`, and where it ends. Null when there is none, or when it has so many digits or
// such an exponent that std::from_chars has to decide. What is returned is what std::from_chars
// says: one exact whole number is multiplied with or divided by another, which rounds once.
inline const char* read_decimal(const char* at, double& out) {
    constexpr std::uint64_t whole_max = std::uint64_t{1} << 53;
    constexpr int exponent_max = 22;
    constexpr std::array<double, exponent_max + 1> powers = {
        1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
        1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    const bool negative = *at == '-';
    at += negative ? 1 : 0;
    Digits digits = read_digits(at);
    int exponent = 0;
    at += digits.count;
    if (*at == '.' && digits.count <= digits_max) {
        const Digits fraction = read_digits(at + 1);
        digits.count += fraction.count;
        if (digits.count <= digits_max) {
            digits.value = digits.value * powers_of_ten[fraction.count] + fraction.value;
            exponent = -static_cast<int>(fraction.count);
            at += 1 + fraction.count;
        }
    }
    if (digits.count == 0 || digits.count > digits_max) {
        return nullptr;
    }
    if (*at == 'e' || *at == 'E') {
        const bool down = at[1] == '-';
        at += down || at[1] == '+' ? 2 : 1;
        const std::uint64_t word = load_word(at);
        const unsigned count = count_digits(word);
        if (count == 0 || count > 3) {
            return nullptr;
        }
        const int power = static_cast<int>(value_of_digits(word, count));
        exponent += down ? -power : power;
        at += count;
    }
    if (digits.value > whole_max || exponent < -exponent_max || exponent > exponent_max) {
        return nullptr;
    }
    const auto whole = static_cast<double>(digits.value);
    const double value = exponent < 0 ? whole / powers[static_cast<std::size_t>(-exponent)]
                                      : whole * powers[static_cast<std::size_t>(exponent)];
    out = negative ? -value : value;
    return at;
}

}  // namespace gantry::lineprotocol::detail
