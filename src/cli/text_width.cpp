// SPDX-License-Identifier: Apache-2.0
#include "cli/text_width.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <format>

namespace gantry::cli {
namespace {

struct Span {
    std::uint32_t first;
    std::uint32_t last;
};

// East Asian Width W and F (UAX #11), in blocks.
constexpr std::array<Span, 16> wide = {{{0x1100, 0x115f},
                                        {0x231a, 0x231b},
                                        {0x2e80, 0x303e},
                                        {0x3041, 0x33ff},
                                        {0x3400, 0x4dbf},
                                        {0x4e00, 0x9fff},
                                        {0xa000, 0xa4cf},
                                        {0xa960, 0xa97f},
                                        {0xac00, 0xd7a3},
                                        {0xf900, 0xfaff},
                                        {0xfe30, 0xfe6f},
                                        {0xff00, 0xff60},
                                        {0xffe0, 0xffe6},
                                        {0x1f300, 0x1f64f},
                                        {0x1f900, 0x1f9ff},
                                        {0x20000, 0x3fffd}}};

// Combining marks, zero-width joiners and variation selectors.
constexpr std::array<Span, 7> narrowest = {{{0x0300, 0x036f},
                                            {0x1ab0, 0x1aff},
                                            {0x1dc0, 0x1dff},
                                            {0x200b, 0x200f},
                                            {0x20d0, 0x20ff},
                                            {0xfe00, 0xfe0f},
                                            {0xfe20, 0xfe2f}}};

template <std::size_t count>
bool within_spans(const std::array<Span, count>& spans, std::uint32_t point) {
    return std::ranges::any_of(
        spans, [point](Span span) { return span.first <= point && point <= span.last; });
}

// The character that begins at `at`, which moves behind it. Broken bytes stand for themselves.
std::uint32_t next_point(std::string_view text, std::size_t& at) {
    const auto lead = static_cast<unsigned char>(text[at++]);
    const int more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : lead >= 0xc0 ? 1 : 0;
    std::uint32_t point = more == 0 ? lead : lead & (0x3fU >> more);
    for (int i = 0; i < more && at < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[at]);
        if ((byte & 0xc0) != 0x80) {
            break;
        }
        point = point << 6 | (byte & 0x3f);
        ++at;
    }
    return point;
}

std::size_t width_of(std::uint32_t point) {
    if (within_spans(narrowest, point)) {
        return 0;
    }
    return within_spans(wide, point) ? 2 : 1;
}

}  // namespace

std::size_t text_width(std::string_view text) {
    std::size_t width = 0;
    for (std::size_t at = 0; at < text.size();) {
        width += width_of(next_point(text, at));
    }
    return width;
}

std::string pad_right(std::string_view text, std::size_t columns) {
    const std::size_t width = text_width(text);
    return std::string(text) + std::string(columns > width ? columns - width : 0, ' ');
}

std::string pad_left(std::string_view text, std::size_t columns) {
    const std::size_t width = text_width(text);
    return std::string(columns > width ? columns - width : 0, ' ') + std::string(text);
}

std::string shorten(std::string_view text, std::size_t columns) {
    if (text_width(text) <= columns) {
        return std::string(text);
    }
    std::size_t width = 0;
    std::size_t end = 0;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t next_width = width_of(next_point(text, at));
        if (width + next_width + 1 > columns) {
            break;
        }
        width += next_width;
        end = at;
    }
    return std::string(text.substr(0, end)) + (columns > 0 ? "…" : "");
}

std::string printable(std::string_view text) {
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t begin = at;
        const std::uint32_t point = next_point(text, at);
        if (point == '\n' || point == '\t' || point == '\r') {
            out += ' ';
        } else if (point < 0x20 || (point >= 0x7f && point < 0xa0)) {
            out += std::format("\\x{:02x}", point);
        } else {
            out += text.substr(begin, at - begin);
        }
    }
    return out;
}

}  // namespace gantry::cli
