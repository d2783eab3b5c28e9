// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gantry::promql {

inline constexpr std::string_view metric_name = "__name__";

struct Label {
    std::string name;
    std::string value;

    auto operator<=>(const Label&) const = default;
};

// The labels of a series, sorted by name, each name once. A label with an empty value is one that
// is not there, as in Prometheus.
class Labels {
public:
    Labels() = default;
    // In any order; of two with one name the later counts.
    explicit Labels(std::vector<Label> labels);

    // Empty when there is no such label.
    std::string_view get(std::string_view name) const;
    void set(std::string_view name, std::string_view value);
    void erase(std::string_view name);
    // Only those named, or all but those named; the names must be sorted.
    void keep(std::span<const std::string> names);
    void drop(std::span<const std::string> names);

    std::size_t size() const { return labels_.size(); }
    bool empty() const { return labels_.empty(); }
    auto begin() const { return labels_.begin(); }
    auto end() const { return labels_.end(); }

    std::uint64_t hash() const;
    // Bytes in memory, for budgets.
    std::size_t bytes() const;
    // The order in which Prometheus lists series.
    auto operator<=>(const Labels&) const = default;

private:
    std::vector<Label> labels_;
};

// [a-zA-Z_][a-zA-Z0-9_]*: what needs no quotes in an expression.
bool is_label_name(std::string_view name);

// As an expression: metric{a="b", c="d"}.
std::string to_text(const Labels& labels);

struct LabelsHash {
    std::size_t operator()(const Labels& labels) const { return labels.hash(); }
};

}  // namespace gantry::promql
