// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace gantry::lineprotocol::detail {

// Where things are, by their hashes: open addressing, at most half full.
template <class Thing>
class Places {
public:
    // The thing of that hash that is the one meant; null when there is none.
    template <class IsMeant>
    Thing* find(std::uint64_t hash, IsMeant is_meant) const {
        if (places_.empty()) {
            return nullptr;
        }
        for (std::size_t at = hash & mask(); places_[at].thing != nullptr; at = (at + 1) & mask()) {
            if (places_[at].hash == hash && is_meant(*places_[at].thing)) {
                return places_[at].thing;
            }
        }
        return nullptr;
    }
    // One that is not there yet.
    void add(std::uint64_t hash, Thing* thing) {
        if (2 * (size_ + 1) > places_.size()) {
            grow();
        }
        put({hash, thing});
        ++size_;
    }
    void clear() {
        places_ = {};
        size_ = 0;
    }
    std::size_t size() const { return size_; }
    std::size_t bytes() const { return places_.size() * sizeof(Place); }

private:
    struct Place {
        std::uint64_t hash = 0;
        Thing* thing = nullptr;
    };
    static constexpr std::size_t size_first = 64;

    std::size_t mask() const { return places_.size() - 1; }
    void put(const Place& place) {
        std::size_t at = place.hash & mask();
        while (places_[at].thing != nullptr) {
            at = (at + 1) & mask();
        }
        places_[at] = place;
    }
    void grow() {
        std::vector<Place> old(places_.empty() ? size_first : 2 * places_.size());
        old.swap(places_);
        for (const Place& place : old) {
            if (place.thing != nullptr) {
                put(place);
            }
        }
    }

    std::vector<Place> places_;
    std::size_t size_ = 0;
};

}  // namespace gantry::lineprotocol::detail
