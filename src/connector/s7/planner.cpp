// SPDX-License-Identifier: Apache-2.0
#include "connector/s7/planner.h"

#include <algorithm>

namespace gantry::connector::s7 {
namespace {

std::uint32_t element_bytes(Area area) { return is_numbered(area) ? 2 : 1; }

}  // namespace

std::size_t bytes_of(const Stretch& stretch) {
    return std::size_t{stretch.count} * element_bytes(stretch.area.area);
}

Plan::Limits stretch_limits(std::size_t gap_max, std::size_t bytes_max) {
    return [gap_max, bytes_max](const Memory& memory) {
        return StretchLimits{
            .gap_max = static_cast<std::uint32_t>(gap_max),
            .count_max = static_cast<std::uint32_t>(bytes_max / element_bytes(memory.area))};
    };
}

std::vector<std::vector<Piece>> pack(std::span<const Stretch> stretches, std::size_t pdu_bytes) {
    // Even, so that no piece but the last of an answer is filled up.
    const std::size_t piece_most = (pdu_bytes - answer_head - answer_item) / 2 * 2;
    std::vector<std::vector<Piece>> out;
    std::size_t asked = 0;
    std::size_t answered = 0;
    for (std::size_t i = 0; i < stretches.size(); ++i) {
        const Stretch& stretch = stretches[i];
        const std::uint32_t each = element_bytes(stretch.area.area);
        for (std::uint32_t done = 0; done < stretch.count;) {
            const auto count = static_cast<std::uint16_t>(
                std::min<std::size_t>(stretch.count - done, piece_most / each));
            const std::size_t room = answer_item + (std::size_t{count} * each + 1) / 2 * 2;
            if (out.empty() || out.back().size() == items_max || asked + request_item > pdu_bytes ||
                answered + room > pdu_bytes) {
                out.emplace_back();
                asked = request_head;
                answered = answer_head;
            }
            out.back().push_back({.stretch = i,
                                  .place = {.area = stretch.area.area,
                                            .block = stretch.area.block,
                                            .start = stretch.start + done,
                                            .count = count},
                                  .at = std::size_t{done} * each});
            asked += request_item;
            answered += room;
            done += count;
        }
    }
    return out;
}

}  // namespace gantry::connector::s7
