// SPDX-License-Identifier: Apache-2.0
// Operators between two expressions: a vector and a number, or two vectors whose series are
// matched.
#include <algorithm>
#include <format>

#include "promql/detail/evaluation.h"
#include "promql/detail/numbers.h"
#include "promql/detail/occupancy.h"

namespace gantry::promql {
namespace {

using Cardinality = Matching::Cardinality;

// What an operator makes of two values; `kept` is what a comparison lets pass.
double combined(const Binary& node, double left, double right, double kept) {
    if (!is_comparison(node.kind)) {
        return calculated(node.kind, left, right);
    }
    const bool holds = compares(node.kind, left, right);
    return node.as_bool ? (holds ? 1 : 0) : holds ? kept : absent;
}

bool drops_name(const Binary& node) { return !is_comparison(node.kind) || node.as_bool; }

// Rows by the labels that decide who belongs to whom.
using ByKey = std::unordered_map<Labels, std::vector<std::size_t>, LabelsHash>;

}  // namespace

// Of two vectors. "Many" is the side of which several series may belong to one of the other side.
class BinaryEvaluation {
public:
    BinaryEvaluation(Evaluation& evaluation, const Binary& node, const Grid& grid,
                     const RowSink& sink)
        : evaluation_(evaluation),
          work_(evaluation.work()),
          node_(node),
          grid_(grid),
          sink_(sink) {}

    Result<> run() {
        switch (node_.kind) {
            case BinaryKind::And: return with_others(true);
            case BinaryKind::Unless: return with_others(false);
            case BinaryKind::Or: return either();
            default: return matched();
        }
    }

private:
    Labels key_of(const Labels& labels) const {
        return group_of(labels, !node_.matching.on, node_.matching.labels);
    }

    // `and`, `unless`: what there is on the left, where the right has a partner, or none.
    Result<> with_others(bool wanted) {
        Occupancy right(work_, grid_.count);
        TRY(evaluation_.vector(*node_.right, grid_, [&](Labels& labels, Row row) {
            return right.mark(key_of(labels), row);
        }));
        return evaluation_.vector(*node_.left, grid_, [&](Labels& labels, Row row) -> Result<> {
            const std::vector<bool>* partners = right.steps_of(key_of(labels));
            for (std::size_t k = 0; k < row.size(); ++k) {
                if ((partners != nullptr && (*partners)[k]) != wanted) {
                    row[k] = absent;
                }
            }
            return sink_(labels, row);
        });
    }

    Result<> either() {
        Occupancy left(work_, grid_.count);
        const RowSink take_left = [&](Labels& labels, Row row) -> Result<> {
            TRY(left.mark(key_of(labels), row));
            return sink_(labels, row);
        };
        TRY(evaluation_.vector(*node_.left, grid_, take_left));
        return evaluation_.vector(*node_.right, grid_, [&](Labels& labels, Row row) -> Result<> {
            if (const std::vector<bool>* taken = left.steps_of(key_of(labels))) {
                for (std::size_t k = 0; k < row.size(); ++k) {
                    row[k] = (*taken)[k] ? absent : row[k];
                }
            }
            return sink_(labels, row);
        });
    }

    Result<> matched() {
        many_on_the_left_ = node_.matching.cardinality != Cardinality::OneToMany;
        TRY_ASSIGN(Rows left, evaluation_.collect(*node_.left, grid_));
        TRY_ASSIGN(Rows right, evaluation_.collect(*node_.right, grid_));
        std::vector<HeldRow>& many = many_on_the_left_ ? left.all() : right.all();
        std::vector<HeldRow>& one = many_on_the_left_ ? right.all() : left.all();
        ByKey one_by_key;
        for (std::size_t i = 0; i < one.size(); ++i) {
            one_by_key[key_of(one[i].labels)].push_back(i);
        }
        TRY(check_one_side(one_by_key, one, many));
        Occupancy taken(work_, grid_.count);
        for (HeldRow& row : many) {
            Labels key = key_of(row.labels);
            const auto partners = one_by_key.find(key);
            if (partners == one_by_key.end()) {
                continue;
            }
            for (const std::size_t partner : partners->second) {
                TRY(pair(row, one[partner], key, taken));
            }
        }
        return {};
    }

    // No two series of the one side may have the same key at a step at which the other side has
    // anything at all.
    Result<> check_one_side(const ByKey& by_key, std::span<const HeldRow> one,
                            std::span<const HeldRow> many) {
        std::vector<bool> asked(grid_.count);
        for (std::size_t i = 0; i < one.size(); ++i) {
            const Labels key = key_of(one[i].labels);
            const std::vector<std::size_t>& rows = by_key.at(key);
            if (rows.size() < 2 || rows[0] != i) {
                continue;
            }
            if (!asked_known_) {
                note_steps(many, asked);
            }
            for (std::size_t k = 0; k < grid_.count; ++k) {
                TRY(work_.spend_or_fail(rows.size()));
                const HeldRow* first = nullptr;
                for (const std::size_t index : rows) {
                    if (!asked[k] || is_absent(one[index].values[k])) {
                        continue;
                    }
                    if (first != nullptr) {
                        return duplicate(key, one[index], *first);
                    }
                    first = &one[index];
                }
            }
        }
        return {};
    }

    void note_steps(std::span<const HeldRow> rows, std::vector<bool>& steps) {
        asked_known_ = true;
        for (const HeldRow& row : rows) {
            for (std::size_t k = 0; k < grid_.count; ++k) {
                if (!is_absent(row.values[k])) {
                    steps[k] = true;
                }
            }
        }
    }

    std::unexpected<Error> duplicate(const Labels& key, const HeldRow& a, const HeldRow& b) const {
        const auto shown = [](const Labels& labels) {
            const std::string text = to_text(labels);
            return text.empty() ? "{}" : text;
        };
        return fail(Code::Conflict,
                    "found duplicate series for the match group {} on the {} hand-side of the "
                    "operation: [{}, {}];many-to-many matching not allowed: matching labels must "
                    "be unique on one side",
                    shown(key), many_on_the_left_ ? "right" : "left", shown(a.labels),
                    shown(b.labels));
    }

    Result<> pair(const HeldRow& many, const HeldRow& one, const Labels& key, Occupancy& taken) {
        TRY(work_.spend_or_fail(grid_.count * 2));
        const bool one_to_one = node_.matching.cardinality == Cardinality::OneToOne;
        std::vector<double> out(grid_.count, absent);
        bool any = false;
        for (std::size_t k = 0; k < grid_.count; ++k) {
            if (is_absent(many.values[k]) || is_absent(one.values[k])) {
                continue;
            }
            const double left = many_on_the_left_ ? many.values[k] : one.values[k];
            const double right = many_on_the_left_ ? one.values[k] : many.values[k];
            out[k] = combined(node_, left, right, left);
            any |= !is_absent(out[k]);
        }
        if (!any) {
            return {};
        }
        Labels labels = result_labels(many.labels, one.labels);
        TRY_ASSIGN(const bool free, taken.claim(one_to_one ? key : labels, out));
        if (!free) {
            return one_to_one ? fail(Code::Conflict,
                                     "multiple matches for labels: many-to-one matching must be "
                                     "explicit (group_left/group_right)")
                              : fail(Code::Conflict,
                                     "multiple matches for labels: grouping labels must ensure "
                                     "unique matches");
        }
        return sink_(labels, out);
    }

    Labels result_labels(const Labels& many, const Labels& one) const {
        const Matching& matching = node_.matching;
        Labels labels = many;
        if (drops_name(node_)) {
            labels.erase(metric_name);
        }
        if (matching.cardinality == Cardinality::OneToOne) {
            if (matching.on) {
                labels.keep(matching.labels);
            } else {
                labels.drop(matching.labels);
            }
        }
        for (const std::string& name : matching.include) {
            labels.set(name, one.get(name));
        }
        return labels;
    }

    Evaluation& evaluation_;
    Work& work_;
    const Binary& node_;
    const Grid& grid_;
    const RowSink& sink_;
    bool many_on_the_left_ = true;
    bool asked_known_ = false;
};

Result<> Evaluation::binary(const Binary& node, const Grid& grid, const RowSink& sink) {
    if (node.left->type == Type::Scalar || node.right->type == Type::Scalar) {
        return with_scalar(node, grid, sink);
    }
    return BinaryEvaluation(*this, node, grid, sink).run();
}

Result<> Evaluation::with_scalar(const Binary& node, const Grid& grid, const RowSink& sink) {
    const bool number_left = node.left->type == Type::Scalar;
    std::vector<double> number(grid.count);
    TRY(scalar(number_left ? *node.left : *node.right, grid, number));
    const Expr& rows = number_left ? *node.right : *node.left;
    const RowSink checked = distinct(rows, grid, sink, false);
    return vector(rows, grid, [&](Labels& labels, Row row) -> Result<> {
        TRY(work_.spend_or_fail(row.size() * 2));
        for (std::size_t k = 0; k < row.size(); ++k) {
            if (is_absent(row[k])) {
                continue;
            }
            const double left = number_left ? number[k] : row[k];
            const double right = number_left ? row[k] : number[k];
            row[k] = combined(node, left, right, row[k]);
        }
        if (!drops_name(node)) {
            return sink(labels, row);
        }
        labels.erase(metric_name);
        return checked(labels, row);
    });
}

}  // namespace gantry::promql
