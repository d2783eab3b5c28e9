// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>

#include "expression/node.h"

namespace gantry::expression {
namespace {

using detail::FunctionRow;
using detail::Node;
using detail::Operation;

// So many rows at a time: what lies between the operators stays small.
constexpr std::size_t lane_rows = 1024;

struct Lane {
    std::array<double, lane_rows> value;
    std::array<std::uint8_t, lane_rows> present;
    std::array<Quality, lane_rows> quality;
};
using LanePtr = std::unique_ptr<Lane>;

int rank(Quality quality) { return static_cast<int>(quality.severity()); }
Quality worse(Quality left, Quality right) { return rank(right) > rank(left) ? right : left; }

class Evaluation {
public:
    Evaluation(std::span<const Column* const> columns, std::size_t from, std::size_t rows)
        : columns_(columns), from_(from), rows_(rows) {}

    LanePtr run(const Node& node) {
        switch (node.operation) {
            case Operation::Number:
            case Operation::Truth: return constant(node.number);
            case Operation::Variable: return variable(*columns_[node.index]);
            case Operation::Or:
            case Operation::And: return logic(node);
            case Operation::Not: return one(node, [](double x) { return x == 0 ? 1.0 : 0.0; });
            case Operation::Equal: return two(node, [](double x, double y) { return of(x == y); });
            case Operation::NotEqual:
                return two(node, [](double x, double y) { return of(x != y); });
            case Operation::Less: return two(node, [](double x, double y) { return of(x < y); });
            case Operation::LessEqual:
                return two(node, [](double x, double y) { return of(x <= y); });
            case Operation::Greater: return two(node, [](double x, double y) { return of(x > y); });
            case Operation::GreaterEqual:
                return two(node, [](double x, double y) { return of(x >= y); });
            case Operation::Add: return two(node, [](double x, double y) { return x + y; });
            case Operation::Subtract: return two(node, [](double x, double y) { return x - y; });
            case Operation::Multiply: return two(node, [](double x, double y) { return x * y; });
            case Operation::Divide: return two(node, [](double x, double y) { return x / y; });
            // The sign of the divisor, so that hours and angles wrap.
            case Operation::Remainder:
                return two(node, [](double x, double y) { return x - y * std::floor(x / y); });
            case Operation::Negate: return one(node, [](double x) { return -x; });
            case Operation::Power:
                return two(node, [](double x, double y) { return std::pow(x, y); });
            case Operation::If: return choice(node);
            case Operation::OrElse: return or_else(node);
            case Operation::IsMissing: return is_missing(node);
            case Operation::Convert:
                return one(node, [&node](double x) { return x * node.number + node.offset; });
            case Operation::Function: return function(node);
        }
        return constant(0);
    }

private:
    static double of(bool truth) { return truth ? 1 : 0; }

    static LanePtr constant(double value) {
        auto out = std::make_unique<Lane>();
        out->value.fill(value);
        out->present.fill(1);
        return out;
    }

    LanePtr variable(const Column& column) const {
        auto out = std::make_unique<Lane>();
        std::copy_n(column.value.begin() + static_cast<std::ptrdiff_t>(from_), rows_,
                    out->value.begin());
        std::copy_n(column.present.begin() + static_cast<std::ptrdiff_t>(from_), rows_,
                    out->present.begin());
        if (!column.quality.empty()) {
            std::copy_n(column.quality.begin() + static_cast<std::ptrdiff_t>(from_), rows_,
                        out->quality.begin());
        }
        return out;
    }

    template <class F>
    LanePtr one(const Node& node, F f) {
        LanePtr out = run(*node.operands[0]);
        for (std::size_t i = 0; i < rows_; ++i) {
            set(*out, i, f(out->value[i]), out->present[i] != 0);
        }
        return out;
    }

    template <class F>
    LanePtr two(const Node& node, F f) {
        LanePtr left = run(*node.operands[0]);
        const LanePtr right = run(*node.operands[1]);
        merge(*left, *right, f);
        return left;
    }

    template <class F>
    void merge(Lane& left, const Lane& right, F f) {
        for (std::size_t i = 0; i < rows_; ++i) {
            set(left, i, f(left.value[i], right.value[i]),
                left.present[i] != 0 && right.present[i] != 0);
            left.quality[i] = worse(left.quality[i], right.quality[i]);
        }
    }

    // What is no number is missing.
    static void set(Lane& lane, std::size_t i, double value, bool present) {
        const bool there = present && std::isfinite(value);
        lane.present[i] = there ? 1 : 0;
        lane.value[i] = there ? value : 0;
    }

    static void take(Lane& to, const Lane& from, std::size_t i) {
        to.value[i] = from.value[i];
        to.present[i] = from.present[i];
        to.quality[i] = from.quality[i];
    }

    // One false is enough for `and`, one true for `or`, whatever the other is.
    LanePtr logic(const Node& node) {
        LanePtr left = run(*node.operands[0]);
        const LanePtr right = run(*node.operands[1]);
        const bool decides = node.operation == Operation::Or;
        for (std::size_t i = 0; i < rows_; ++i) {
            const auto decided = [&](const Lane& lane) {
                return lane.present[i] != 0 && (lane.value[i] != 0) == decides;
            };
            if (decided(*left) && decided(*right)) {
                if (rank(right->quality[i]) < rank(left->quality[i])) {
                    take(*left, *right, i);
                }
            } else if (decided(*right)) {
                take(*left, *right, i);
            } else if (!decided(*left)) {
                left->present[i] = left->present[i] != 0 && right->present[i] != 0 ? 1 : 0;
                left->value[i] = decides ? 0 : left->present[i];
                left->quality[i] = worse(left->quality[i], right->quality[i]);
            }
        }
        return left;
    }

    LanePtr choice(const Node& node) {
        const LanePtr condition = run(*node.operands[0]);
        LanePtr yes = run(*node.operands[1]);
        const LanePtr no = run(*node.operands[2]);
        for (std::size_t i = 0; i < rows_; ++i) {
            if (condition->value[i] == 0) {
                take(*yes, *no, i);
            }
            yes->present[i] = condition->present[i] != 0 ? yes->present[i] : 0;
            yes->quality[i] = worse(yes->quality[i], condition->quality[i]);
        }
        return yes;
    }

    LanePtr or_else(const Node& node) {
        LanePtr left = run(*node.operands[0]);
        const LanePtr right = run(*node.operands[1]);
        for (std::size_t i = 0; i < rows_; ++i) {
            if (left->present[i] == 0) {
                take(*left, *right, i);
            }
        }
        return left;
    }

    LanePtr is_missing(const Node& node) {
        LanePtr out = run(*node.operands[0]);
        for (std::size_t i = 0; i < rows_; ++i) {
            out->value[i] = of(out->present[i] == 0);
            out->present[i] = 1;
            out->quality[i] = {};
        }
        return out;
    }

    LanePtr function(const Node& node) {
        const FunctionRow& row = detail::function_at(node.index);
        if (node.operands.size() == 1) {
            return one(node, row.one);
        }
        LanePtr out = run(*node.operands[0]);
        for (std::size_t operand = 1; operand < node.operands.size(); ++operand) {
            merge(*out, *run(*node.operands[operand]), row.two);
        }
        return out;
    }

    std::span<const Column* const> columns_;
    std::size_t from_;
    std::size_t rows_;
};

}  // namespace

void Formula::evaluate(std::span<const Column* const> columns, std::size_t rows,
                       Column& out) const {
    out.value.resize(rows);
    out.present.resize(rows);
    out.quality.assign(rows, {});
    bool all_good = true;
    for (std::size_t from = 0; from < rows; from += lane_rows) {
        const std::size_t size = std::min(lane_rows, rows - from);
        const LanePtr lane = Evaluation(columns, from, size).run(*root_);
        std::copy_n(lane->value.begin(), size,
                    out.value.begin() + static_cast<std::ptrdiff_t>(from));
        std::copy_n(lane->present.begin(), size,
                    out.present.begin() + static_cast<std::ptrdiff_t>(from));
        for (std::size_t i = 0; i < size; ++i) {
            out.quality[from + i] = lane->quality[i];
            all_good = all_good && lane->quality[i] == Quality{};
        }
    }
    if (all_good) {
        out.quality.clear();
    }
}

}  // namespace gantry::expression
