// SPDX-License-Identifier: Apache-2.0
#include "promql/labels.h"

#include <algorithm>

#include "promql/detail/lexer.h"

namespace gantry::promql {
namespace {

// FNV-1a over words would do for a table of ours; the keys are those of one answer.
std::uint64_t mix(std::uint64_t hash, std::string_view text) {
    const std::uint64_t word = std::hash<std::string_view>{}(text);
    hash ^= word + 0x9e3779b97f4a7c15 + (hash << 6) + (hash >> 2);
    return hash;
}

auto place_of(auto& labels, std::string_view name) {
    return std::ranges::lower_bound(
        labels, name, {}, [](const Label& label) -> std::string_view { return label.name; });
}

bool named(std::span<const std::string> names, std::string_view name) {
    return std::ranges::binary_search(names, name);
}

}  // namespace

Labels::Labels(std::vector<Label> labels) {
    const bool sorted = std::ranges::adjacent_find(labels, [](const Label& a, const Label& b) {
                            return a.name >= b.name;
                        }) == labels.end();
    if (sorted) {
        labels_ = std::move(labels);
        std::erase_if(labels_, [](const Label& label) { return label.value.empty(); });
        return;
    }
    for (const Label& label : labels) {
        set(label.name, label.value);
    }
}

std::string_view Labels::get(std::string_view name) const {
    const auto place = place_of(labels_, name);
    return place != labels_.end() && place->name == name ? std::string_view(place->value)
                                                         : std::string_view();
}

void Labels::set(std::string_view name, std::string_view value) {
    if (value.empty()) {
        erase(name);
        return;
    }
    const auto place = place_of(labels_, name);
    if (place != labels_.end() && place->name == name) {
        place->value = value;
    } else {
        labels_.insert(place, Label{std::string(name), std::string(value)});
    }
}

void Labels::erase(std::string_view name) {
    const auto place = place_of(labels_, name);
    if (place != labels_.end() && place->name == name) {
        labels_.erase(place);
    }
}

void Labels::keep(std::span<const std::string> names) {
    std::erase_if(labels_, [&](const Label& label) { return !named(names, label.name); });
}

void Labels::drop(std::span<const std::string> names) {
    std::erase_if(labels_, [&](const Label& label) { return named(names, label.name); });
}

std::uint64_t Labels::hash() const {
    std::uint64_t hash = labels_.size();
    for (const Label& label : labels_) {
        hash = mix(mix(hash, label.name), label.value);
    }
    return hash;
}

std::size_t Labels::bytes() const {
    std::size_t bytes = sizeof(Labels) + labels_.capacity() * sizeof(Label);
    for (const Label& label : labels_) {
        bytes += label.name.size() + label.value.size();
    }
    return bytes;
}

std::string to_text(const Labels& labels) {
    std::string out(labels.get(metric_name));
    const bool only_name = !out.empty() && labels.size() == 1;
    if (only_name) {
        return out;
    }
    std::string inside;
    for (const Label& label : labels) {
        if (label.name == metric_name) {
            continue;
        }
        inside += inside.empty() ? "" : ", ";
        inside += label.name + "=";
        inside += in_quotes(label.value);
    }
    return out + "{" + inside + "}";
}

bool is_label_name(std::string_view name) {
    const auto letter = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    };
    return !name.empty() && letter(name[0]) &&
           std::ranges::all_of(name, [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

}  // namespace gantry::promql
