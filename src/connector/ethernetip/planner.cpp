// SPDX-License-Identifier: Apache-2.0
#include "connector/ethernetip/planner.h"

#include <algorithm>
#include <tuple>

#include "connector/ethernetip/convert.h"

namespace gantry::connector::ethernetip {
namespace {

constexpr std::size_t bytes_guess = 8;  // of what nobody knows yet

constexpr std::size_t answer_head = 4;
constexpr std::size_t kind_most = 4;  // that an answer needs to say what it is

bool is_before(const Item& one, const Item& other) {
    return std::tie(one.path, one.index, one.tag) < std::tie(other.path, other.index, other.tag);
}

std::optional<std::uint32_t> element_of(const Item& item, const std::optional<Kind>& kind) {
    if (!item.index) {
        return std::nullopt;
    }
    if (!kind) {
        return 0;
    }
    return is_packed(*kind, item.index) ? *item.index / packed_bits : *item.index;
}

}  // namespace

Plan::Plan(std::vector<Item> items, const PlanLimits& limits)
    : items_(std::move(items)), limits_(limits) {
    std::ranges::sort(items_, is_before);
    states_.resize(items_.size());
    rebuild();
}

void Plan::rebuild() {
    changed_ = false;
    for (State& state : states_) {
        if (state.caution == Caution::Alone && state.refusals == 1) {
            state.caution = Caution::None;
        }
    }
    stretches_.clear();
    append(stretches_, 0, items_.size());
}

void Plan::forget() {
    for (State& state : states_) {
        state.caution = Caution::None;
        state.refusals = 0;
        state.doubted = false;
    }
    refusals_ = false;
    rebuild();
}

void Plan::append(std::vector<Stretch>& out, std::size_t first, std::size_t last) const {
    bool open = false;  // whether the last stretch takes more
    for (std::size_t i = first; i < last; ++i) {
        const State& state = states_[i];
        if (state.caution == Caution::Aside) {
            open = false;
            continue;
        }
        if (open && join(out.back(), i)) {
            continue;
        }
        const std::size_t known = state.kind ? kind_bytes(state.kind->code) : bytes_guess;
        out.push_back({.first = i,
                       .last = i + 1,
                       .start = element_of(items_[i], state.kind),
                       .kind = state.kind,
                       .bytes = known != 0 ? known : state.bytes,
                       .in_fragments = state.in_fragments,
                       .alone = state.in_fragments});
        open = true;
    }
}

// The stretch ends with the item before.
bool Plan::join(Stretch& before, std::size_t i) const {
    const Item& item = items_[i];
    const State& state = states_[i];
    const std::optional<std::uint32_t> place = element_of(item, state.kind);
    if (items_[before.first].path != item.path || before.kind != state.kind ||
        before.start.has_value() != place.has_value()) {
        return false;
    }
    const std::uint32_t have = place ? *place - *before.start + 1 : 1;  // elements, with it
    if (have > before.count) {
        const std::size_t each = kind_bytes(state.kind->code);
        const std::uint64_t gap = std::uint64_t{have - before.count - 1} * each;
        if (each == 0 || gap > limits_.gap_max || std::uint64_t{have} * each > limits_.bytes_max ||
            state.caution != Caution::None || states_[i - 1].caution != Caution::None) {
            return false;
        }
        before.count = static_cast<std::uint16_t>(have);
        before.bytes = std::size_t{have} * each;
    }
    before.last = i + 1;
    return true;
}

std::vector<Stretch> Plan::learn(const Stretch& stretch, const Kind& kind, std::size_t bytes) {
    std::vector<Stretch> out;
    const bool known = stretch.kind == kind;
    for (std::size_t i = stretch.first; i < stretch.last; ++i) {
        State& state = states_[i];
        changed_ = changed_ || !known || (kind_bytes(kind.code) == 0 && state.bytes != bytes);
        state.kind = kind;
        state.bytes = bytes;
    }
    // Where its elements lie depends on it.
    if (!known && stretch.start) {
        append(out, stretch.first, stretch.last);
    }
    return out;
}

std::vector<Stretch> Plan::refuse(const Stretch& stretch) {
    changed_ = true;
    refusals_ = true;
    std::vector<Stretch> out;
    for (std::size_t i = stretch.first; i < stretch.last; ++i) {
        State& state = states_[i];
        if (stretch.count > 1) {
            state.caution = Caution::Alone;
            ++state.refusals;
        } else if (stretch.start && stretch.kind && !state.doubted) {
            state.doubted = true;
            state.kind.reset();
        } else {
            state.caution = Caution::Aside;
        }
    }
    append(out, stretch.first, stretch.last);
    return out;
}

Stretch Plan::lengthen(const Stretch& stretch) {
    changed_ = true;
    for (std::size_t i = stretch.first; i < stretch.last; ++i) {
        states_[i].in_fragments = true;
    }
    Stretch out = stretch;
    out.in_fragments = true;
    out.alone = true;
    return out;
}

std::optional<ByteView> Plan::part(const Stretch& stretch, const Item& item, ByteView bytes) const {
    const std::size_t each = kind_bytes(stretch.kind->code);
    if (each == 0) {
        return bytes;
    }
    const auto place = element_of(item, stretch.kind);
    const std::size_t at = place ? (*place - *stretch.start) * each : 0;
    if (bytes.size() < each || bytes.size() - each < at) {
        return std::nullopt;
    }
    return bytes.subspan(at, each);
}

Bytes path_of(const Item& item, const Stretch& stretch) {
    Bytes out = item.path;
    if (stretch.start) {
        append_element(out, *stretch.start);
    }
    return out;
}

std::vector<std::vector<std::size_t>> pack(std::span<const Stretch> stretches,
                                           std::span<const Item> items, std::size_t message_bytes) {
    std::vector<std::vector<std::size_t>> out;
    std::size_t asked = message_bytes;
    std::size_t answered = message_bytes;
    for (std::size_t i = 0; i < stretches.size(); ++i) {
        const Stretch& stretch = stretches[i];
        if (stretch.alone) {
            out.push_back({i});
            asked = answered = message_bytes;
            continue;
        }
        const std::size_t request = multiple_each + 2 + items[stretch.first].path.size() +
                                    (stretch.start ? element_bytes(*stretch.start) : 0) + 2;
        const std::size_t answer =
            multiple_each + answer_head + kind_most + stretch.bytes + stretch.bytes % 2;
        if (asked + request > message_bytes || answered + answer > message_bytes) {
            out.emplace_back();
            asked = multiple_head;
            answered = answer_head + 2;
        }
        out.back().push_back(i);
        asked += request;
        answered += answer;
    }
    return out;
}

}  // namespace gantry::connector::ethernetip
