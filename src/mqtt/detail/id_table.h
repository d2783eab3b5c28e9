// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

namespace gantry::mqtt::detail {

// Numbers by hashes: open addressing, at most three quarters full, eight bytes a place. What a
// number stands for the caller knows.
class IdTable {
public:
    static constexpr std::uint32_t none = UINT32_MAX;

    // The number of that hash that is the one meant; none.
    template <class IsMeant>
    std::uint32_t find(std::uint32_t hash, IsMeant is_meant) const {
        if (places_.empty()) {
            return none;
        }
        for (std::size_t at = hash & mask(); places_[at].id != none; at = (at + 1) & mask()) {
            if (places_[at].hash == hash && is_meant(places_[at].id)) {
                return places_[at].id;
            }
        }
        return none;
    }
    // One that is not there yet.
    void add(std::uint32_t hash, std::uint32_t id) {
        if (4 * (size_ + 1) > 3 * places_.size()) {
            grow();
        }
        put({hash, id});
        ++size_;
    }
    // One that is there.
    void remove(std::uint32_t hash, std::uint32_t id) {
        std::size_t hole = hash & mask();
        while (places_[hole].id != id) {
            hole = (hole + 1) & mask();
        }
        // What stands behind it moves up, unless it would come before the place it belongs to.
        for (std::size_t at = (hole + 1) & mask(); places_[at].id != none; at = (at + 1) & mask()) {
            const std::size_t home = places_[at].hash & mask();
            if (((at - home) & mask()) >= ((at - hole) & mask())) {
                places_[hole] = places_[at];
                hole = at;
            }
        }
        places_[hole] = {};
        --size_;
    }
    std::size_t size() const { return size_; }
    std::size_t bytes() const { return places_.capacity() * sizeof(Place); }

private:
    struct Place {
        std::uint32_t hash = 0;
        std::uint32_t id = none;
    };
    static constexpr std::size_t size_first = 16;

    std::size_t mask() const { return places_.size() - 1; }
    void put(const Place& place) {
        std::size_t at = place.hash & mask();
        while (places_[at].id != none) {
            at = (at + 1) & mask();
        }
        places_[at] = place;
    }
    void grow() {
        std::vector<Place> old(places_.empty() ? size_first : 2 * places_.size());
        old.swap(places_);
        for (const Place& place : old) {
            if (place.id != none) {
                put(place);
            }
        }
    }

    std::vector<Place> places_;
    std::size_t size_ = 0;
};

}  // namespace gantry::mqtt::detail
