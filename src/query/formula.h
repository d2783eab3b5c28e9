// SPDX-License-Identifier: Apache-2.0
// Formulas over points: buckets of several series on one grid of times, a formula over each row,
// and results of several assets brought together.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "expression/expression.h"
#include "query/history.h"

namespace gantry::query {

// What a variable of a formula stands for: a point by one of its aggregates.
struct Operand {
    directory::PointRef point;  // null: this asset has none, and every value is missing
    AggregateKind aggregate = AggregateKind::Average;
};

// Unit and type of what the aggregate makes of the point: an integral of m3/h is in m3/h.s, a count
// has no unit, a deviation of Cel is in K.
expression::Variable variable_of(std::string name, const Property& property,
                                 AggregateKind aggregate);

struct Grid {
    TimeRange range;
    Duration every{0};
    Fill fill = Fill::None;

    std::size_t size() const;
    Time time(std::size_t index) const {
        return range.from + static_cast<Time>(index) * every.count();
    }
};

// The operand on every bucket of the grid; missing where the bucket has no row.
Result<expression::Column> on_grid(const store::Store& store, const Operand& operand,
                                   const Grid& grid);

enum class Combine : unsigned char { Average, Sum, Min, Max, Count };
std::optional<Combine> parse_combine(std::string_view name);

// Brings columns of one length together, row by row: of the values that are there; the quality is
// the worst of them. Nothing is there where none is; a count is 0 then.
class Combination {
public:
    Combination(Combine how, std::size_t rows) : how_(how), totals_(rows) {}
    void add(const expression::Column& column);
    expression::Column result() const;

private:
    struct Total {
        double value = 0;
        std::uint64_t count = 0;
        Quality quality;
    };

    Combine how_;
    std::vector<Total> totals_;
};

}  // namespace gantry::query
