// SPDX-License-Identifier: Apache-2.0
// Which requests read a set of tags. Pure.
#pragma once

#include <span>
#include <vector>

#include "connector/ethernetip/cip.h"

namespace gantry::connector::ethernetip {

// What one tag takes up. `tag` is whatever the caller knows it by.
struct Item {
    Bytes path;  // without the index
    std::optional<std::uint32_t> index;
    bool text = false;  // whoever asks wants one
    std::uint32_t tag = 0;
};

// What is read as one, and the items in it.
struct Stretch {
    std::size_t first = 0;  // items [first, last) of the plan
    std::size_t last = 0;
    std::optional<std::uint32_t> start;  // the first element; none: the path alone is meant
    std::uint16_t count = 1;             // of elements
    std::optional<Kind> kind;            // none: not known yet
    std::size_t bytes = 0;               // that are expected
    bool in_fragments = false;           // it is longer than an answer
    bool alone = false;                  // to be in a request of its own

    bool operator==(const Stretch&) const = default;
};

struct PlanLimits {
    std::uint32_t gap_max = 32;     // bytes that nobody wants, to save a request
    std::uint32_t bytes_max = 480;  // of a stretch with several elements
};

// The stretches of one poll group, and what is learnt about them. Elements of an array that lie
// together are read as one. Before that the array's first element is read, to learn how long they
// are, and whether they are BOOL, which lie packed. What the controller refuses is read by itself,
// and what it refuses by itself is put aside and never fails its neighbours. These are read
// together again, unless they are refused once more.
class Plan {
public:
    Plan(std::vector<Item> items, const PlanLimits& limits);

    std::span<const Item> items() const { return items_; }
    const std::vector<Stretch>& stretches() const { return stretches_; }

    // What the controller says that a stretch is. What to read now, if it was another than known.
    std::vector<Stretch> learn(const Stretch& stretch, const Kind& kind, std::size_t bytes);
    // The controller has refused the stretch: what to read instead, at once and from now on.
    // Nothing if that was one place, whose items are aside now. Before an element is, its array is
    // looked at once more: a program with other types has its elements elsewhere.
    std::vector<Stretch> refuse(const Stretch& stretch);
    // It is longer than an answer, and is read in fragments from now on.
    Stretch lengthen(const Stretch& stretch);

    // Whether something was learnt; rebuild() makes the stretches of it.
    bool changed() const { return changed_; }
    void rebuild();
    // What is aside is tried again: somebody may have changed the controller's program.
    void forget();
    bool has_learnt() const { return refusals_; }

    // Where an item's bytes begin in those of its stretch, and how many they are; nothing if the
    // answer is too short.
    std::optional<ByteView> part(const Stretch& stretch, const Item& item, ByteView bytes) const;

private:
    enum class Caution : unsigned char { None, Alone, Aside };
    struct State {
        Caution caution = Caution::None;
        std::optional<Kind> kind;
        std::size_t bytes = 0;
        bool in_fragments = false;
        unsigned refusals = 0;  // together with others
        bool doubted = false;   // its type was looked at again after a refusal
    };

    void append(std::vector<Stretch>& out, std::size_t first, std::size_t last) const;
    bool join(Stretch& before, std::size_t i) const;

    std::vector<Item> items_;
    std::vector<State> states_;
    PlanLimits limits_;
    std::vector<Stretch> stretches_;
    bool changed_ = false;
    bool refusals_ = false;
};

// The path of a stretch's first element.
Bytes path_of(const Item& item, const Stretch& stretch);

// Which stretches go into one request, so that it and its answer fit so many bytes. What may be
// longer than one answer is alone.
std::vector<std::vector<std::size_t>> pack(std::span<const Stretch> stretches,
                                           std::span<const Item> items, std::size_t message_bytes);

}  // namespace gantry::connector::ethernetip
