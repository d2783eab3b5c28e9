// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace gantry::store {

// Numbers by the hash of what they stand for, which is kept elsewhere: open addressing, linear
// probing, eight bytes a slot, three of four slots in use at most. Nothing is ever taken out. The
// hash must be one that its users cannot steer.
class SlotTable {
public:
    static constexpr std::uint32_t none = UINT32_MAX;  // cannot be kept

    // Of the numbers with that hash the one for which `is_it` holds.
    template <class Predicate>
    std::optional<std::uint32_t> find(std::uint32_t hash, const Predicate& is_it) const {
        if (slots_.empty()) {
            return std::nullopt;
        }
        for (std::size_t at = hash & mask();; at = (at + 1) & mask()) {
            const Slot slot = slots_[at];
            if (slot.number == none) {
                return std::nullopt;
            }
            if (slot.hash == hash && is_it(slot.number)) {
                return slot.number;
            }
        }
    }

    // Begins to fetch what find() will look at first.
    void prefetch(std::uint32_t hash) const {
        if (!slots_.empty()) {
            __builtin_prefetch(&slots_[hash & mask()]);
        }
    }

    // It must not be there yet.
    void insert(std::uint32_t hash, std::uint32_t number) {
        if ((used_ + 1) * 4 > slots_.size() * 3) {
            grow();
        }
        place({hash, number});
        ++used_;
    }

    std::size_t size() const { return used_; }
    std::uint64_t bytes() const { return slots_.capacity() * sizeof(Slot); }

private:
    struct Slot {
        std::uint32_t hash = 0;
        std::uint32_t number = none;
    };
    static constexpr std::size_t slots_min = 16;

    std::size_t mask() const { return slots_.size() - 1; }

    void place(Slot slot) {
        std::size_t at = slot.hash & mask();
        while (slots_[at].number != none) {
            at = (at + 1) & mask();
        }
        slots_[at] = slot;
    }

    void grow() {
        const std::vector<Slot> before = std::move(slots_);
        slots_ = std::vector<Slot>(before.empty() ? slots_min : before.size() * 2);
        for (const Slot slot : before) {
            if (slot.number != none) {
                place(slot);
            }
        }
    }

    std::vector<Slot> slots_;  // a power of two, or none
    std::size_t used_ = 0;
};

}  // namespace gantry::store
