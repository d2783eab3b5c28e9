// SPDX-License-Identifier: Apache-2.0
// Which requests read a set of tags. Pure.
#pragma once

#include <compare>

#include "connector/s7/frame.h"
#include "connector/stretch_plan.h"

namespace gantry::connector::s7 {

// What has addresses of its own.
struct Memory {
    Area area = Area::DataBlock;
    std::uint16_t block = 0;

    auto operator<=>(const Memory&) const = default;
};

// Of bytes, or of elements of timers and counters.
using Item = StretchItem<Memory>;
using Stretch = connector::Stretch<Memory>;
using Plan = StretchPlan<Memory>;

std::size_t bytes_of(const Stretch& stretch);

// The most bytes that nobody wants, to save an item, and the most of a stretch with several items.
Plan::Limits stretch_limits(std::size_t gap_max, std::size_t bytes_max);

// A piece of a stretch that fits one answer.
struct Piece {
    std::size_t stretch = 0;
    Place place;
    std::size_t at = 0;  // of the stretch's bytes
};

// The requests that read the stretches, each as long as a PDU allows.
std::vector<std::vector<Piece>> pack(std::span<const Stretch> stretches, std::size_t pdu_bytes);

}  // namespace gantry::connector::s7
