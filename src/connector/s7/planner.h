// SPDX-License-Identifier: Apache-2.0
// Which requests read a set of tags. Pure.
#pragma once

#include <span>
#include <vector>

#include "connector/s7/frame.h"

namespace gantry::connector::s7 {

// What one tag takes up. `tag` is whatever the caller knows it by.
struct Item {
    Area area = Area::DataBlock;
    std::uint16_t block = 0;
    std::uint32_t start = 0;
    std::uint32_t count = 0;  // bytes, or elements of timers and counters
    std::uint32_t tag = 0;

    std::uint32_t end() const { return start + count; }
    bool operator==(const Item&) const = default;
};

// What is read as one, and the items in it.
struct Stretch {
    Area area = Area::DataBlock;
    std::uint16_t block = 0;
    std::uint32_t start = 0;
    std::uint32_t count = 0;
    std::size_t first = 0;  // items [first, last) of the plan
    std::size_t last = 0;

    std::size_t bytes() const { return is_numbered(area) ? std::size_t{2} * count : count; }
    bool operator==(const Stretch&) const = default;
};

struct PlanLimits {
    std::uint32_t gap_max = 16;     // bytes that nobody wants, to save an item
    std::uint32_t bytes_max = 222;  // of a stretch with several items
};

// The stretches of one poll group, and what is learnt about them: where the controller refuses one
// with several items, these are read with nothing between them, and if that is refused too each by
// itself; an item that it refuses by itself is put aside and never fails its neighbours.
class Plan {
public:
    Plan(std::vector<Item> items, const PlanLimits& limits);

    std::span<const Item> items() const { return items_; }
    const std::vector<Stretch>& stretches() const { return stretches_; }

    // The controller has refused the stretch: what to read instead, at once and from now on.
    // Nothing if that was one item, which is aside now.
    std::vector<Stretch> refuse(const Stretch& stretch);

    // Whether something was learnt; rebuild() makes the stretches of it.
    bool changed() const { return changed_; }
    void rebuild();
    // Everything is tried again: somebody may have changed the controller's program.
    void forget();
    bool has_learnt() const { return learnt_; }

private:
    enum class Caution : unsigned char { None, NoGaps, Alone, Aside };

    void append(std::vector<Stretch>& out, std::size_t first, std::size_t last) const;

    std::vector<Item> items_;
    std::vector<Caution> cautions_;
    PlanLimits limits_;
    std::vector<Stretch> stretches_;
    bool changed_ = false;
    bool learnt_ = false;
};

// A piece of a stretch that fits one answer.
struct Piece {
    std::size_t stretch = 0;
    Place place;
    std::size_t at = 0;  // of the stretch's bytes
};

// The requests that read the stretches, each as long as a PDU allows.
std::vector<std::vector<Piece>> pack(std::span<const Stretch> stretches, std::size_t pdu_bytes);

}  // namespace gantry::connector::s7
