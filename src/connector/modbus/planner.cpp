// SPDX-License-Identifier: Apache-2.0
#include "connector/modbus/planner.h"

#include <algorithm>
#include <tuple>

#include "base/assert.h"

namespace gantry::connector::modbus {

Request Block::request() const {
    Request out;
    switch (area) {
        case Area::Coils: out.function = Function::ReadCoils; break;
        case Area::DiscreteInputs: out.function = Function::ReadDiscreteInputs; break;
        case Area::InputRegisters: out.function = Function::ReadInputRegisters; break;
        case Area::HoldingRegisters: out.function = Function::ReadHoldingRegisters; break;
    }
    out.address = start;
    out.count = count;
    return out;
}

void Forbidden::add(std::uint8_t unit, Area area, std::uint32_t from, std::uint32_t to) {
    auto& addresses = addresses_[{unit, area}];
    for (std::uint32_t address = from; address < to; ++address) {
        addresses.insert(address);
    }
}

void Forbidden::remove(std::uint8_t unit, Area area, std::uint32_t from, std::uint32_t to) {
    const auto found = addresses_.find({unit, area});
    if (found == addresses_.end()) {
        return;
    }
    auto& addresses = found->second;
    addresses.erase(addresses.lower_bound(from), addresses.lower_bound(to));
    if (addresses.empty()) {
        addresses_.erase(found);
    }
}

bool Forbidden::touches(std::uint8_t unit, Area area, std::uint32_t from, std::uint32_t to) const {
    const auto found = addresses_.find({unit, area});
    if (found == addresses_.end()) {
        return false;
    }
    const auto next = found->second.lower_bound(from);
    return next != found->second.end() && *next < to;
}

Plan::Plan(std::vector<Item> items, const PlanLimits& limits)
    : items_(std::move(items)), aside_(items_.size()), split_(items_.size()), limits_(limits) {
    std::ranges::sort(items_, {}, [](const Item& item) {
        return std::tuple(item.unit, item.area, item.start, item.count, item.tag);
    });
    rebuild();
}

Block Plan::block_of(std::size_t first, std::size_t last) const {
    while (first < last && aside_[first]) {
        ++first;
    }
    while (first < last && aside_[last - 1]) {
        --last;
    }
    ASSERT(first < last && last <= items_.size());
    const Item& head = items_[first];
    std::uint32_t end = head.end();
    for (std::size_t i = first; i < last; ++i) {
        ASSERT(items_[i].unit == head.unit && items_[i].area == head.area);
        if (!aside_[i]) {
            end = std::max(end, items_[i].end());
        }
    }
    return {.unit = head.unit,
            .area = head.area,
            .start = head.start,
            .count = static_cast<std::uint16_t>(end - head.start),
            .first = first,
            .last = last};
}

void Plan::put_aside(std::size_t item) {
    if (!aside_[item]) {
        aside_[item] = true;
        ++aside_count_;
        changed_ = has_learnt_ = true;
        const Item& what = items_[item];
        forbidden_.add(what.unit, what.area, what.start, what.end());
    }
}

void Plan::split_at(std::size_t item) {
    split_[item] = true;
    changed_ = has_learnt_ = true;
}

void Plan::note_readable(const Block& block) {
    if (!forbidden_.empty()) {
        forbidden_.remove(block.unit, block.area, block.start,
                          std::uint32_t{block.start} + block.count);
    }
}

void Plan::rebuild() {
    changed_ = false;
    blocks_.clear();
    std::uint32_t end = 0;  // of the block that is being made
    bool open = false;
    for (std::size_t i = 0; i < items_.size(); ++i) {
        if (aside_[i]) {
            continue;
        }
        const Item& item = items_[i];
        const bool bits = is_bits(item.area);
        const std::uint32_t most = bits ? limits_.bits_max : limits_.registers_max;
        ASSERT(item.count >= 1 && item.count <= most);
        if (open) {
            Block& block = blocks_.back();
            const std::uint32_t gap_max = limits_.gap_max * (bits ? 16 : 1);
            const std::uint32_t new_end = std::max(end, item.end());
            if (block.unit == item.unit && block.area == item.area && !split_[i] &&
                item.start <= end + gap_max && new_end - block.start <= most &&
                (item.start <= end || !forbidden_.touches(item.unit, item.area, end, item.start))) {
                end = new_end;
                block.count = static_cast<std::uint16_t>(end - block.start);
                block.last = i + 1;
                continue;
            }
        }
        open = true;
        end = item.end();
        blocks_.push_back({.unit = item.unit,
                           .area = item.area,
                           .start = item.start,
                           .count = item.count,
                           .first = i,
                           .last = i + 1});
    }
}

void Plan::forget() {
    std::ranges::fill(aside_, false);
    std::ranges::fill(split_, false);
    aside_count_ = 0;
    forbidden_ = {};
    has_learnt_ = false;
    rebuild();
}

}  // namespace gantry::connector::modbus
