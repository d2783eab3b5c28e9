// SPDX-License-Identifier: Apache-2.0
#include "model/unit.h"

#include <charconv>
#include <cmath>
#include <numbers>
#include <optional>

#include "base/assert.h"

namespace gantry {
namespace {

struct Prefix {
    std::string_view code;
    double factor;
};

// UCUM table 1.
constexpr std::array prefixes = {
    Prefix{"Y", 1e24},    Prefix{"Z", 1e21},    Prefix{"E", 1e18},    Prefix{"P", 1e15},
    Prefix{"T", 1e12},    Prefix{"G", 1e9},     Prefix{"M", 1e6},     Prefix{"k", 1e3},
    Prefix{"h", 1e2},     Prefix{"da", 1e1},    Prefix{"d", 1e-1},    Prefix{"c", 1e-2},
    Prefix{"m", 1e-3},    Prefix{"u", 1e-6},    Prefix{"n", 1e-9},    Prefix{"p", 1e-12},
    Prefix{"f", 1e-15},   Prefix{"a", 1e-18},   Prefix{"Ki", 1024.0}, Prefix{"Mi", 1048576.0},
    Prefix{"Gi", 0x1p30}, Prefix{"Ti", 0x1p40},
};

using Exponents = std::array<int, Unit::dimensions>;

struct Atom {
    std::string_view code;
    bool metric;  // may carry a prefix
    double factor;
    Exponents exponents;  // m s g rad K C cd
    double offset = 0;
};

constexpr double pi = std::numbers::pi;
constexpr double inch = 0.0254;
constexpr double pound = 453.59237;
constexpr double gravity = 9.80665;

// The atoms that industry uses, with the values of UCUM tables 2 to 7 and 12.
constexpr std::array atoms = {
    Atom{"m", true, 1, {1}},
    Atom{"s", true, 1, {0, 1}},
    Atom{"g", true, 1, {0, 0, 1}},
    Atom{"rad", true, 1, {0, 0, 0, 1}},
    Atom{"K", true, 1, {0, 0, 0, 0, 1}},
    Atom{"C", true, 1, {0, 0, 0, 0, 0, 1}},
    Atom{"cd", true, 1, {0, 0, 0, 0, 0, 0, 1}},
    Atom{"10*", false, 10, {}},
    Atom{"10^", false, 10, {}},
    Atom{"%", false, 0.01, {}},
    Atom{"[ppth]", false, 1e-3, {}},
    Atom{"[ppm]", false, 1e-6, {}},
    Atom{"[ppb]", false, 1e-9, {}},
    Atom{"[pi]", false, pi, {}},
    Atom{"mol", true, 6.0221367e23, {}},
    Atom{"sr", true, 1, {0, 0, 0, 2}},
    Atom{"Hz", true, 1, {0, -1}},
    Atom{"N", true, 1e3, {1, -2, 1}},
    Atom{"Pa", true, 1e3, {-1, -2, 1}},
    Atom{"J", true, 1e3, {2, -2, 1}},
    Atom{"W", true, 1e3, {2, -3, 1}},
    Atom{"A", true, 1, {0, -1, 0, 0, 0, 1}},
    Atom{"V", true, 1e3, {2, -2, 1, 0, 0, -1}},
    Atom{"F", true, 1e-3, {-2, 2, -1, 0, 0, 2}},
    Atom{"Ohm", true, 1e3, {2, -1, 1, 0, 0, -2}},
    Atom{"S", true, 1e-3, {-2, 1, -1, 0, 0, 2}},
    Atom{"Wb", true, 1e3, {2, -1, 1, 0, 0, -1}},
    Atom{"T", true, 1e3, {0, -1, 1, 0, 0, -1}},
    Atom{"H", true, 1e3, {2, 0, 1, 0, 0, -2}},
    Atom{"Cel", true, 1, {0, 0, 0, 0, 1}, 273.15},
    Atom{"[degF]", false, 5.0 / 9.0, {0, 0, 0, 0, 1}, 459.67 * 5.0 / 9.0},
    Atom{"lm", true, 1, {0, 0, 0, 2, 0, 0, 1}},
    Atom{"lx", true, 1, {-2, 0, 0, 2, 0, 0, 1}},
    Atom{"Bq", true, 1, {0, -1}},
    Atom{"Gy", true, 1, {2, -2}},
    Atom{"Sv", true, 1, {2, -2}},
    Atom{"gon", false, pi / 200, {0, 0, 0, 1}},
    Atom{"deg", false, pi / 180, {0, 0, 0, 1}},
    Atom{"circ", false, 2 * pi, {0, 0, 0, 1}},
    Atom{"l", true, 1e-3, {3}},
    Atom{"L", true, 1e-3, {3}},
    Atom{"ar", true, 100, {2}},
    Atom{"min", false, 60, {0, 1}},
    Atom{"h", false, 3600, {0, 1}},
    Atom{"d", false, 86400, {0, 1}},
    Atom{"wk", false, 604800, {0, 1}},
    Atom{"mo", false, 2629800, {0, 1}},
    Atom{"a", false, 31557600, {0, 1}},
    Atom{"t", true, 1e6, {0, 0, 1}},
    Atom{"bar", true, 1e8, {-1, -2, 1}},
    Atom{"atm", false, 101325e3, {-1, -2, 1}},
    Atom{"gf", true, gravity, {1, -2, 1}},
    Atom{"eV", true, 1.60217733e-16, {2, -2, 1}},
    Atom{"cal", true, 4184, {2, -2, 1}},
    Atom{"G", true, 0.1, {0, -1, 1, 0, 0, -1}},
    Atom{"St", true, 1e-4, {2, -1}},
    Atom{"P", true, 100, {-1, -1, 1}},
    Atom{"m[H2O]", true, 9.80665e6, {-1, -2, 1}},
    Atom{"m[Hg]", true, 133.322e6, {-1, -2, 1}},
    Atom{"bit", true, 1, {}},
    Atom{"By", true, 8, {}},
    Atom{"Bd", true, 1, {0, -1}},
    Atom{"[pH]", false, 1, {}},
    Atom{"B", true, 1, {}},
    Atom{"[g]", true, gravity, {1, -2}},
    Atom{"[in_i]", false, inch, {1}},
    Atom{"[ft_i]", false, 12 * inch, {1}},
    Atom{"[yd_i]", false, 36 * inch, {1}},
    Atom{"[mi_i]", false, 63360 * inch, {1}},
    Atom{"[gal_us]", false, 231 * inch* inch* inch, {3}},
    Atom{"[cft_i]", false, 1728 * inch* inch* inch, {3}},
    Atom{"[lb_av]", false, pound, {0, 0, 1}},
    Atom{"[oz_av]", false, pound / 16, {0, 0, 1}},
    Atom{"[lbf_av]", false, pound* gravity, {1, -2, 1}},
    Atom{"[psi]", false, pound* gravity / (inch * inch), {-1, -2, 1}},
    Atom{"[HP]", false, 550 * 12 * inch* pound* gravity, {2, -3, 1}},
    Atom{"[Btu_IT]", false, 1055.05585262e3, {2, -2, 1}},
};

constexpr int nesting_max = 8;

// A parser of the grammar in UCUM section 2.
class Parser {
public:
    explicit Parser(std::string_view text) : rest_(text) {}

    std::optional<Unit> parse() {
        auto unit = term(0);
        if (!unit || !rest_.empty()) {
            return std::nullopt;
        }
        // An offset has no meaning inside a product: Cel/m is a gradient, not a temperature.
        if (components_ > 1) {
            unit->offset = 0;
        }
        return unit;
    }

private:
    std::optional<Unit> term(int depth) {
        if (depth > nesting_max) {
            return std::nullopt;
        }
        Unit out;
        int sign = 1;
        if (take('/')) {
            sign = -1;
            ++components_;
        }
        while (true) {
            const auto part = component(depth);
            if (!part) {
                return std::nullopt;
            }
            multiply(out, *part, sign);
            if (take('.')) {
                sign = 1;
            } else if (take('/')) {
                sign = -1;
            } else {
                return out;
            }
        }
    }

    std::optional<Unit> component(int depth) {
        ++components_;
        std::optional<Unit> out;
        if (take('(')) {
            out = term(depth + 1);
            if (!out || !take(')')) {
                return std::nullopt;
            }
            return out;
        }
        if (rest_.starts_with('{')) {
            return annotation() ? std::optional(Unit{}) : std::nullopt;
        }
        out = simple();
        if (out && rest_.starts_with('{') && !annotation()) {
            return std::nullopt;
        }
        return out;
    }

    // Text in braces says what is counted and does not change the unit.
    bool annotation() {
        const std::size_t end = rest_.find('}');
        if (end == std::string_view::npos) {
            return false;
        }
        rest_.remove_prefix(end + 1);
        return true;
    }

    std::optional<Unit> simple() {
        // The atom is the longest run that is one, since "10*" and "10^" begin like a number.
        Unit best;
        std::size_t taken = 0;
        for (const Atom& atom : atoms) {
            try_atom(atom, 1, 0, best, taken);
            for (const Prefix& prefix : prefixes) {
                if (atom.metric && rest_.starts_with(prefix.code)) {
                    try_atom(atom, prefix.factor, prefix.code.size(), best, taken);
                }
            }
        }
        if (taken == 0) {
            return number();
        }
        rest_.remove_prefix(taken);
        return with_exponent(best);
    }

    void try_atom(const Atom& atom, double prefix, std::size_t skip, Unit& best,
                  std::size_t& taken) const {
        // What stands alone wins over a prefix and an atom of the same length: "min", "cd", "Pa".
        const std::size_t length = skip + atom.code.size();
        const bool longer = length > taken || (length == taken && skip == 0);
        if (!rest_.substr(skip).starts_with(atom.code) || !longer) {
            return;
        }
        best = Unit{{}, atom.exponents, atom.factor * prefix, skip == 0 ? atom.offset : 0};
        taken = length;
    }

    std::optional<Unit> number() {
        unsigned value = 0;
        const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
        if (error != std::errc() || value == 0) {
            return std::nullopt;
        }
        rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
        Unit out;
        out.factor = value;
        return out;
    }

    std::optional<Unit> with_exponent(const Unit& unit) {
        std::string_view digits = rest_;
        if (digits.starts_with('+')) {
            digits.remove_prefix(1);
        }
        int exponent = 1;
        const auto [end, error] =
            std::from_chars(digits.data(), digits.data() + digits.size(), exponent);
        if (error != std::errc()) {
            return rest_.starts_with('+') ? std::nullopt : std::optional(unit);
        }
        if (exponent == 0 || std::abs(exponent) > 30) {
            return std::nullopt;
        }
        rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
        Unit out = unit;
        out.factor = std::pow(unit.factor, exponent);
        for (int& dimension : out.exponents) {
            dimension *= exponent;
        }
        components_ += exponent == 1 ? 0 : 1;
        return out;
    }

    static void multiply(Unit& into, const Unit& by, int sign) {
        into.factor *= sign > 0 ? by.factor : 1 / by.factor;
        into.offset = by.offset;
        for (std::size_t i = 0; i < Unit::dimensions; ++i) {
            into.exponents[i] += sign * by.exponents[i];
        }
    }

    bool take(char c) {
        if (!rest_.starts_with(c)) {
            return false;
        }
        rest_.remove_prefix(1);
        return true;
    }

    std::string_view rest_;
    int components_ = 0;
};

}  // namespace

Result<Unit> parse_unit(std::string_view code) {
    if (code.size() <= 64) {
        if (auto unit = Parser(code).parse()) {
            unit->code = code;
            return *unit;
        }
    }
    return fail(Code::InvalidArgument,
                "'{}' is not a UCUM unit: write codes such as bar, Cel, m3/h, mm/s, kW.h, %, "
                "/min or {{count}}",
                code.substr(0, 64));
}

double convert_unit(double value, const Unit& from, const Unit& to) {
    ASSERT(from.comparable(to));
    if (from.code == to.code) {
        return value;
    }
    return (value * from.factor + from.offset - to.offset) / to.factor;
}

}  // namespace gantry
