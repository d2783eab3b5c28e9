// SPDX-License-Identifier: Apache-2.0
// Which requests read a set of tags of a device whose memory is read in stretches. Pure.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <span>
#include <tuple>
#include <vector>

namespace gantry::connector {

// What one tag takes up of an area, whatever the protocol's areas are. `tag` is whatever the caller
// knows it by.
template <class Area>
struct StretchItem {
    Area area{};
    std::uint32_t start = 0;
    std::uint32_t count = 0;  // elements: bytes, words, bits, as the area has them
    std::uint32_t tag = 0;

    std::uint32_t end() const { return start + count; }
    bool operator==(const StretchItem&) const = default;
};

// What is read as one, and the items in it.
template <class Area>
struct Stretch {
    Area area{};
    std::uint32_t start = 0;
    std::uint32_t count = 0;
    std::size_t first = 0;  // items [first, last) of the plan
    std::size_t last = 0;

    bool operator==(const Stretch&) const = default;
};

// In elements.
struct StretchLimits {
    std::uint32_t gap_max = 0;    // that nobody wants, to save a request
    std::uint32_t count_max = 0;  // of a stretch with several items
};

// The stretches of one poll group, and what is learnt about them: where the device refuses one with
// several items, these are read with nothing between them, and if that is refused too each by
// itself; an item that it refuses by itself is put aside and never fails its neighbours.
template <class Area>
class StretchPlan {
public:
    using Item = StretchItem<Area>;
    using Limits = std::function<StretchLimits(const Area&)>;

    StretchPlan(std::vector<Item> items, Limits limits)
        : items_(std::move(items)), limits_(std::move(limits)) {
        std::ranges::sort(items_, {}, [](const Item& item) {
            return std::tuple(item.area, item.start, item.end(), item.tag);
        });
        cautions_.resize(items_.size(), Caution::None);
        rebuild();
    }

    std::span<const Item> items() const { return items_; }
    const std::vector<Stretch<Area>>& stretches() const { return stretches_; }

    // The device has refused the stretch: what to read instead, at once and from now on. Nothing if
    // that was one item, which is aside now.
    std::vector<Stretch<Area>> refuse(const Stretch<Area>& stretch) {
        changed_ = true;
        learnt_ = true;
        std::vector<Stretch<Area>> out;
        if (stretch.last - stretch.first == 1) {
            cautions_[stretch.first] = Caution::Aside;
            return out;
        }
        // A stretch holds items of one caution, or of two where nothing lies between them.
        const bool gaps = cautions_[stretch.first] == Caution::None;
        std::uint32_t end = items_[stretch.first].end();
        bool has_gaps = false;
        for (std::size_t i = stretch.first; i < stretch.last; ++i) {
            has_gaps = has_gaps || items_[i].start > end;
            end = std::max(end, items_[i].end());
        }
        for (std::size_t i = stretch.first; i < stretch.last; ++i) {
            cautions_[i] = gaps && has_gaps ? Caution::NoGaps : Caution::Alone;
        }
        append(out, stretch.first, stretch.last);
        return out;
    }

    // Whether something was learnt; rebuild() makes the stretches of it.
    bool changed() const { return changed_; }
    void rebuild() {
        changed_ = false;
        stretches_.clear();
        append(stretches_, 0, items_.size());
    }
    // Everything is tried again: somebody may have changed the device's program.
    void forget() {
        std::ranges::fill(cautions_, Caution::None);
        learnt_ = false;
        rebuild();
    }
    bool has_learnt() const { return learnt_; }

private:
    enum class Caution : unsigned char { None, NoGaps, Alone, Aside };

    // Of the items [first, last), those that are not aside.
    void append(std::vector<Stretch<Area>>& out, std::size_t first, std::size_t last) const {
        bool open = false;  // whether the last stretch takes more
        for (std::size_t i = first; i < last; ++i) {
            const Item& item = items_[i];
            if (cautions_[i] == Caution::Aside) {
                open = false;
                continue;
            }
            if (open && cautions_[i] != Caution::Alone && out.back().area == item.area) {
                Stretch<Area>& before = out.back();
                const std::uint32_t end = before.start + before.count;
                const bool near =
                    cautions_[i] == Caution::None && cautions_[i - 1] == Caution::None;
                const std::uint32_t count = std::max(end, item.end()) - before.start;
                const StretchLimits limits = limits_(item.area);
                if (item.start <= end + (near ? limits.gap_max : 0) && count <= limits.count_max) {
                    before.count = count;
                    before.last = i + 1;
                    continue;
                }
            }
            out.push_back({.area = item.area,
                           .start = item.start,
                           .count = item.count,
                           .first = i,
                           .last = i + 1});
            open = cautions_[i] != Caution::Alone;
        }
    }

    std::vector<Item> items_;
    std::vector<Caution> cautions_;
    Limits limits_;
    std::vector<Stretch<Area>> stretches_;
    bool changed_ = false;
    bool learnt_ = false;
};

}  // namespace gantry::connector
