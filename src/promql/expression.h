// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "promql/function.h"
#include "promql/matcher.h"
#include "promql/source.h"

namespace gantry::promql {

// An expression as it was read: a tree whose types fit. Nothing of it changes afterwards.
struct Expr;
using ExprPtr = std::unique_ptr<Expr>;

// Bytes of the text, [from, to).
struct Place {
    std::uint32_t from = 0;
    std::uint32_t to = 0;
};

// The words `offset` and `@` behind a selector or a subquery.
struct When {
    enum class At : unsigned char { Step, Time, Start, End };

    Millis offset = 0;
    At at = At::Step;
    Millis time = 0;  // of At::Time

    bool operator==(const When&) const = default;
};

struct Number {
    double value = 0;
};

struct Text {
    std::string value;
};

// An instant selector, or with a range a range selector.
struct Selector {
    std::vector<Matcher> matchers;
    When when;
    Millis range = 0;  // 0: none
};

struct Subquery {
    ExprPtr inner;
    When when;
    Millis range = 0;
    Millis step = 0;  // 0: what the options say
};

struct Bracketed {
    ExprPtr inner;
};

struct Sign {
    bool minus = false;
    ExprPtr inner;
};

enum class BinaryKind : unsigned char {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
    Power,
    Atan2,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    And,
    Or,
    Unless
};

std::string_view binary_sign(BinaryKind kind);
inline bool is_comparison(BinaryKind kind) {
    return kind >= BinaryKind::Equal && kind <= BinaryKind::GreaterOrEqual;
}
inline bool is_set_operator(BinaryKind kind) { return kind >= BinaryKind::And; }

// Which series of the two sides belong together.
struct Matching {
    enum class Cardinality : unsigned char { OneToOne, ManyToOne, OneToMany };

    Cardinality cardinality = Cardinality::OneToOne;
    bool on = false;                   // else ignoring
    std::vector<std::string> labels;   // sorted
    std::vector<std::string> include;  // of group_left and group_right, as they were written
    bool written = false;              // `on` or `ignoring` stands there
};

struct Binary {
    BinaryKind kind = BinaryKind::Add;
    ExprPtr left;
    ExprPtr right;
    bool as_bool = false;
    Matching matching;
};

enum class AggregateKind : unsigned char {
    Sum,
    Avg,
    Min,
    Max,
    Count,
    Stddev,
    Stdvar,
    Group,
    Topk,
    Bottomk,
    Quantile,
    CountValues
};

std::string_view aggregate_name(AggregateKind kind);

struct Aggregation {
    AggregateKind kind = AggregateKind::Sum;
    ExprPtr inner;
    ExprPtr parameter;                // of topk, bottomk, quantile, count_values
    bool without = false;             // else by
    std::vector<std::string> labels;  // sorted
};

struct Call {
    const Function* function = nullptr;
    std::vector<ExprPtr> arguments;
};

struct Expr {
    std::variant<Number, Text, Selector, Subquery, Bracketed, Sign, Binary, Aggregation, Call> node;
    Type type = Type::Scalar;
    Place place;
    std::uint32_t depth = 1;
    bool varies = false;  // may differ from step to step
    bool reads = false;   // has a selector in it

    // The same at every step, though it reads: whatever it reads is pinned by `@`.
    bool pinned() const { return reads && !varies; }
};

// Without the brackets around it.
const Expr& unwrapped(const Expr& expr);

// As an expression that reads the same.
std::string to_text(const Expr& expr);

// "1h30m"; 0 is "0s".
std::string duration_text(Millis duration);

}  // namespace gantry::promql
