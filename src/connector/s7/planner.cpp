// SPDX-License-Identifier: Apache-2.0
#include "connector/s7/planner.h"

#include <algorithm>
#include <tuple>

namespace gantry::connector::s7 {
namespace {

auto order_of(const Item& item) {
    return std::tuple(item.area, item.block, item.start, item.end(), item.tag);
}

std::uint32_t element_bytes(Area area) { return is_numbered(area) ? 2 : 1; }

}  // namespace

Plan::Plan(std::vector<Item> items, const PlanLimits& limits)
    : items_(std::move(items)), limits_(limits) {
    std::ranges::sort(items_, {}, order_of);
    cautions_.resize(items_.size(), Caution::None);
    rebuild();
}

void Plan::rebuild() {
    changed_ = false;
    stretches_.clear();
    append(stretches_, 0, items_.size());
}

void Plan::forget() {
    std::ranges::fill(cautions_, Caution::None);
    learnt_ = false;
    rebuild();
}

// Of the items [first, last), those that are not aside.
void Plan::append(std::vector<Stretch>& out, std::size_t first, std::size_t last) const {
    bool open = false;  // whether the last stretch takes more
    for (std::size_t i = first; i < last; ++i) {
        const Item& item = items_[i];
        if (cautions_[i] == Caution::Aside) {
            open = false;
            continue;
        }
        if (open) {
            Stretch& before = out.back();
            const std::uint32_t end = before.start + before.count;
            const bool near = cautions_[i] == Caution::None && cautions_[i - 1] == Caution::None;
            const std::uint32_t count = std::max(end, item.end()) - before.start;
            if (before.area == item.area && before.block == item.block &&
                item.start <= end + (near ? limits_.gap_max : 0) &&
                count * element_bytes(item.area) <= limits_.bytes_max &&
                cautions_[i] != Caution::Alone) {
                before.count = count;
                before.last = i + 1;
                continue;
            }
        }
        out.push_back({.area = item.area,
                       .block = item.block,
                       .start = item.start,
                       .count = item.count,
                       .first = i,
                       .last = i + 1});
        open = cautions_[i] != Caution::Alone;
    }
}

std::vector<Stretch> Plan::refuse(const Stretch& stretch) {
    changed_ = true;
    learnt_ = true;
    std::vector<Stretch> out;
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

std::vector<std::vector<Piece>> pack(std::span<const Stretch> stretches, std::size_t pdu_bytes) {
    // Even, so that no piece but the last of an answer is filled up.
    const std::size_t piece_most = (pdu_bytes - answer_head - answer_item) / 2 * 2;
    std::vector<std::vector<Piece>> out;
    std::size_t asked = 0;
    std::size_t answered = 0;
    for (std::size_t i = 0; i < stretches.size(); ++i) {
        const Stretch& stretch = stretches[i];
        const std::uint32_t each = element_bytes(stretch.area);
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
                                  .place = {.area = stretch.area,
                                            .block = stretch.block,
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
