// SPDX-License-Identifier: Apache-2.0
// Which requests read a set of tags. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <vector>

#include "connector/modbus/address.h"
#include "connector/modbus/frame.h"

namespace gantry::connector::modbus {

// What one tag takes up in a device. `tag` is whatever the caller knows it by.
struct Item {
    std::uint8_t unit = 0;
    Area area = Area::HoldingRegisters;
    std::uint16_t start = 0;
    std::uint16_t count = 1;
    std::uint32_t tag = 0;

    std::uint32_t end() const { return std::uint32_t{start} + count; }
    bool operator==(const Item&) const = default;
};

// One read request: a stretch of one area, and the items in it.
struct Block {
    std::uint8_t unit = 0;
    Area area = Area::HoldingRegisters;
    std::uint16_t start = 0;
    std::uint16_t count = 0;
    std::size_t first = 0;  // items [first, last) of the plan
    std::size_t last = 0;

    Request request() const;
};

struct PlanLimits {
    // Registers that are read although nobody wants them, to save a request; for bits 16 times
    // that, which costs the same number of bytes.
    std::uint32_t gap_max = 16;
    std::uint32_t registers_max = read_registers_max;
    std::uint32_t bits_max = read_bits_max;
};

// Addresses that a device has refused to give out; no gap may reach over them.
class Forbidden {
public:
    void add(std::uint8_t unit, Area area, std::uint32_t from, std::uint32_t to);
    void remove(std::uint8_t unit, Area area, std::uint32_t from, std::uint32_t to);
    // Whether one of [from, to) is forbidden.
    bool touches(std::uint8_t unit, Area area, std::uint32_t from, std::uint32_t to) const;
    bool empty() const { return addresses_.empty(); }

private:
    using Key = std::pair<std::uint8_t, Area>;
    std::map<Key, std::set<std::uint32_t>> addresses_;
};

// The requests of one poll group, and what is learnt about them. Items that a device refuses are
// put aside one by one, so that they never fail their neighbours:
//
//     read the block; if the device refuses it:
//         one item?  put_aside(item)
//         several?   do the same with each half; if each can be read as a whole, split_at(middle)
//     and in the end rebuild().
class Plan {
public:
    Plan(std::vector<Item> items, const PlanLimits& limits);

    std::span<const Item> items() const { return items_; }
    std::span<const Block> blocks() const { return blocks_; }
    // The stretch that covers those of the items [first, last) of one block that are not aside.
    Block block_of(std::size_t first, std::size_t last) const;

    // An item that the device refuses by itself; no block holds it after rebuild().
    void put_aside(std::size_t item);
    bool is_aside(std::size_t item) const { return aside_[item]; }
    std::size_t aside_count() const { return aside_count_; }
    // The items before and from that one can be read, but not together.
    void split_at(std::size_t item);
    // The device has answered: none of these addresses is forbidden.
    void note_readable(const Block& block);

    // Whether something was learnt that the blocks do not show yet.
    bool changed() const { return changed_; }
    // Makes the blocks anew from what has been learnt. Items keep their numbers.
    void rebuild();
    // Whether there is anything to forget.
    bool has_learnt() const { return has_learnt_; }
    // Forgets what was learnt: every item gets another chance.
    void forget();

private:
    std::vector<Item> items_;
    std::vector<bool> aside_;
    std::vector<bool> split_;
    std::size_t aside_count_ = 0;
    Forbidden forbidden_;
    PlanLimits limits_;
    std::vector<Block> blocks_;
    bool changed_ = false;
    bool has_learnt_ = false;
};

}  // namespace gantry::connector::modbus
