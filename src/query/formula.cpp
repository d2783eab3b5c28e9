// SPDX-License-Identifier: Apache-2.0
#include "query/formula.h"

#include <algorithm>
#include <array>

#include "model/unit.h"

namespace gantry::query {
namespace {

constexpr std::array<std::string_view, 5> combine_names = {"avg", "sum", "min", "max", "count"};

std::string unit_of(const std::string& unit, AggregateKind aggregate) {
    if (aggregate == AggregateKind::Count || aggregate == AggregateKind::GoodCount) {
        return "1";
    }
    const auto parsed = parse_unit(unit);
    if (unit.empty() || !parsed) {
        return "";
    }
    const bool on_a_scale = parsed->offset != 0;
    if (aggregate == AggregateKind::Integral) {
        return on_a_scale ? "" : unit + ".s";
    }
    if (aggregate == AggregateKind::Deviation && on_a_scale) {
        return parsed->factor == 1 ? "K" : "";
    }
    return unit;
}

Quality worse(Quality left, Quality right) {
    return right.severity() > left.severity() ? right : left;
}

}  // namespace

expression::Variable variable_of(std::string name, const Property& property,
                                 AggregateKind aggregate) {
    const bool keeps = aggregate == AggregateKind::First || aggregate == AggregateKind::Last ||
                       aggregate == AggregateKind::Min || aggregate == AggregateKind::Max;
    return {.name = std::move(name),
            .type = property.type == ValueType::Bool && keeps ? expression::Type::Truth
                                                              : expression::Type::Number,
            .unit = unit_of(property.unit, aggregate)};
}

std::size_t Grid::size() const {
    if (range.empty() || every.count() <= 0) {
        return 0;
    }
    const auto wide = static_cast<std::uint64_t>(range.to) - static_cast<std::uint64_t>(range.from);
    const auto step = static_cast<std::uint64_t>(every.count());
    return static_cast<std::size_t>((wide + step - 1) / step);
}

Result<expression::Column> on_grid(const store::Store& store, const Operand& operand,
                                   const Grid& grid) {
    expression::Column out;
    out.value.resize(grid.size());
    out.present.resize(grid.size());
    if (!operand.point) {
        return out;
    }
    TRY_ASSIGN(const BucketHistory history,
               bucket_history(store, operand.point->series, grid.range, grid.every,
                              {operand.aggregate}, grid.fill));
    out.quality.resize(grid.size());
    for (std::size_t i = 0; i < history.time.size(); ++i) {
        const auto row =
            static_cast<std::size_t>((history.time[i] - grid.range.from) / grid.every.count());
        if (const auto& value = history.values[0][i]) {
            out.value[row] = *value;
            out.present[row] = 1;
            out.quality[row] = history.quality[i];
        }
    }
    return out;
}

std::optional<Combine> parse_combine(std::string_view name) {
    const auto found = std::ranges::find(combine_names, name);
    return found == combine_names.end()
               ? std::nullopt
               : std::optional(static_cast<Combine>(found - combine_names.begin()));
}

void Combination::add(const expression::Column& column) {
    for (std::size_t i = 0; i < totals_.size(); ++i) {
        if (column.present[i] == 0) {
            continue;
        }
        Total& total = totals_[i];
        const double value = column.value[i];
        const bool first = total.count++ == 0;
        switch (how_) {
            case Combine::Min: total.value = first ? value : std::min(total.value, value); break;
            case Combine::Max: total.value = first ? value : std::max(total.value, value); break;
            default: total.value += value;
        }
        total.quality =
            worse(total.quality, column.quality.empty() ? Quality{} : column.quality[i]);
    }
}

expression::Column Combination::result() const {
    expression::Column out;
    for (const Total& total : totals_) {
        const auto count = static_cast<double>(total.count);
        out.value.push_back(how_ == Combine::Count                        ? count
                            : how_ == Combine::Average && total.count > 0 ? total.value / count
                                                                          : total.value);
        out.present.push_back(how_ == Combine::Count || total.count > 0 ? 1 : 0);
        out.quality.push_back(total.quality);
    }
    return out;
}

}  // namespace gantry::query
