// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "base/random.h"

namespace gantry {

// An opaque id that sorts by its time of birth: a prefix that says what it names, an underscore,
// and a ULID (48 bits of milliseconds, 80 random bits, Crockford's base 32): "ast_01JD9W…". The
// type keeps an asset's id from being passed for a point's.
template <class Tag>
class Id {
public:
    Id() = default;
    explicit Id(std::string text) : text_(std::move(text)) {}

    const std::string& text() const { return text_; }
    bool empty() const { return text_.empty(); }
    auto operator<=>(const Id&) const = default;

private:
    std::string text_;
};

// A number that names something inside one process, as strong as Id.
template <class Tag, class Number>
struct Index {
    Number value = 0;
    auto operator<=>(const Index&) const = default;
};

std::string make_ulid(Time now, Random& random);

template <class Tag>
Id<Tag> make_id(const Clock& clock, Random& random) {
    return Id<Tag>(std::string(Tag::prefix) + "_" + make_ulid(clock.now(), random));
}

// Whether text has the form of an id with that prefix. Says nothing about existence.
bool has_id_form(std::string_view text, std::string_view prefix);

}  // namespace gantry

template <class Tag>
struct std::hash<gantry::Id<Tag>> {
    std::size_t operator()(const gantry::Id<Tag>& id) const noexcept {
        return std::hash<std::string>{}(id.text());
    }
};

template <class Tag, class Number>
struct std::hash<gantry::Index<Tag, Number>> {
    std::size_t operator()(const gantry::Index<Tag, Number>& index) const noexcept {
        return std::hash<Number>{}(index.value);
    }
};
