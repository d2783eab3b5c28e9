// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <numbers>

#include "expression/node.h"

namespace gantry::expression::detail {
namespace {

using NodePtr = std::shared_ptr<const Node>;
using Units = FunctionRow::Units;

double sign_of(double x) { return x > 0 ? 1 : x < 0 ? -1 : x; }
// Half away from zero, as people round.
double round_to(double x, double digits) {
    const double scale = std::pow(10.0, std::clamp(digits, -15.0, 15.0));
    return std::round(x * scale) / scale;
}
double least(double x, double y) { return std::min(x, y); }
double greatest(double x, double y) { return std::max(x, y); }

constexpr std::array functions = {
    FunctionRow{"abs", 1, 1, Units::Same, [](double x) { return std::abs(x); }, nullptr},
    FunctionRow{"ceil", 1, 1, Units::Same, [](double x) { return std::ceil(x); }, nullptr},
    FunctionRow{"floor", 1, 1, Units::Same, [](double x) { return std::floor(x); }, nullptr},
    FunctionRow{"round", 1, 2, Units::Same, [](double x) { return std::round(x); }, round_to},
    FunctionRow{"sign", 1, 1, Units::Free, sign_of, nullptr},
    FunctionRow{"sqrt", 1, 1, Units::Square, [](double x) { return std::sqrt(x); }, nullptr},
    FunctionRow{"exp", 1, 1, Units::Plain, [](double x) { return std::exp(x); }, nullptr},
    FunctionRow{"ln", 1, 1, Units::Plain, [](double x) { return std::log(x); }, nullptr},
    FunctionRow{"log10", 1, 1, Units::Plain, [](double x) { return std::log10(x); }, nullptr},
    FunctionRow{"sin", 1, 1, Units::Angle, [](double x) { return std::sin(x); }, nullptr},
    FunctionRow{"cos", 1, 1, Units::Angle, [](double x) { return std::cos(x); }, nullptr},
    FunctionRow{"tan", 1, 1, Units::Angle, [](double x) { return std::tan(x); }, nullptr},
    FunctionRow{"asin", 1, 1, Units::Plain, [](double x) { return std::asin(x); }, nullptr},
    FunctionRow{"acos", 1, 1, Units::Plain, [](double x) { return std::acos(x); }, nullptr},
    FunctionRow{"atan", 1, 1, Units::Plain, [](double x) { return std::atan(x); }, nullptr},
    FunctionRow{"atan2", 2, 2, Units::Plain, nullptr,
                [](double y, double x) { return std::atan2(y, x); }},
    FunctionRow{"pow", 2, 2, Units::Plain, nullptr,
                [](double x, double y) { return std::pow(x, y); }},
    FunctionRow{"min", 1, 16, Units::Same, [](double x) { return x; }, least},
    FunctionRow{"max", 1, 16, Units::Same, [](double x) { return x; }, greatest},
};

enum class Kind : unsigned char { End, Number, Name, Text, Unit, Mark };

struct Token {
    Kind kind = Kind::End;
    std::size_t column = 1;
    std::string text;  // of a Mark too: "<="
    double number = 0;
};

bool begins_name(unsigned char c) { return std::isalpha(c) != 0 || c == '_' || c >= 0x80; }
bool in_name(unsigned char c) { return begins_name(c) || std::isdigit(c) != 0 || c == '.'; }

class Lexer {
public:
    explicit Lexer(std::string_view text) : text_(text) {}

    Result<Token> next() {
        while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_])) != 0) {
            step();
        }
        Token out;
        out.column = column_;
        if (at_ == text_.size()) {
            return out;
        }
        const auto c = static_cast<unsigned char>(text_[at_]);
        if (std::isdigit(c) != 0 ||
            (c == '.' && at_ + 1 < text_.size() && std::isdigit(text_[at_ + 1]) != 0)) {
            return number(out);
        }
        if (begins_name(c)) {
            out.kind = Kind::Name;
            while (at_ < text_.size() && in_name(static_cast<unsigned char>(text_[at_]))) {
                out.text += text_[at_];
                step();
            }
            return out;
        }
        switch (c) {
            case '`': return enclosed(out, Kind::Name, '`', "a name in backticks");
            case '"': return enclosed(out, Kind::Text, '"', "a text");
            case '[': return enclosed(out, Kind::Unit, ']', "a unit");
            default: return mark(out);
        }
    }

private:
    // Columns count characters: a continuation byte of UTF-8 is none.
    void step() {
        ++at_;
        const bool inside =
            at_ < text_.size() && (static_cast<unsigned char>(text_[at_]) & 0xC0) == 0x80;
        column_ += inside ? 0 : 1;
    }

    Result<Token> number(Token out) {
        out.kind = Kind::Number;
        const char* from = text_.data() + at_;
        const auto [end, error] = std::from_chars(from, text_.data() + text_.size(), out.number);
        if (error != std::errc() || !std::isfinite(out.number)) {
            return fail_at(out.column, "the number is too large");
        }
        for (const char* c = from; c != end; ++c) {
            step();
        }
        return out;
    }

    Result<Token> enclosed(Token out, Kind kind, char close, std::string_view what) {
        out.kind = kind;
        step();
        // Units may have brackets of their own: [[degF]].
        int depth = 0;
        while (at_ < text_.size() && (text_[at_] != close || depth > 0)) {
            depth += kind == Kind::Unit ? (text_[at_] == '[' ? 1 : text_[at_] == ']' ? -1 : 0) : 0;
            out.text += text_[at_];
            step();
        }
        if (at_ == text_.size()) {
            return fail_at(out.column, std::format("{} does not end: add {}", what, close));
        }
        step();
        return out;
    }

    Result<Token> mark(Token out) {
        out.kind = Kind::Mark;
        static constexpr std::array<std::string_view, 18> marks = {
            "<=", ">=", "!=", "==", "<>", "&&", "||", "<", ">",
            "=",  "+",  "-",  "*",  "/",  "%",  "^",  "(", ")"};
        const std::string_view rest = text_.substr(at_);
        const auto found = std::ranges::find_if(
            marks, [rest](std::string_view candidate) { return rest.starts_with(candidate); });
        if (found != marks.end()) {
            out.text = *found;
        } else if (rest[0] == ',' || rest[0] == '!') {
            out.text = rest.substr(0, 1);
        } else {
            return fail_at(out.column, std::format("'{}' means nothing here", rest[0]));
        }
        for (std::size_t i = 0; i < out.text.size(); ++i) {
            step();
        }
        return out;
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::size_t column_ = 1;
};

struct Level {
    std::string_view mark;
    Operation operation;
};

constexpr std::array comparisons = {
    Level{"=", Operation::Equal},     Level{"==", Operation::Equal},
    Level{"!=", Operation::NotEqual}, Level{"<>", Operation::NotEqual},
    Level{"<", Operation::Less},      Level{"<=", Operation::LessEqual},
    Level{">", Operation::Greater},   Level{">=", Operation::GreaterEqual}};
constexpr std::array sums = {Level{"+", Operation::Add}, Level{"-", Operation::Subtract}};
constexpr std::array products = {Level{"*", Operation::Multiply}, Level{"/", Operation::Divide},
                                 Level{"%", Operation::Remainder}};
constexpr std::array disjunctions = {Level{"or", Operation::Or}, Level{"||", Operation::Or}};
constexpr std::array conjunctions = {Level{"and", Operation::And}, Level{"&&", Operation::And}};

class Parser {
public:
    Parser(std::string_view text, const Limits& limits, std::vector<std::string>& names)
        : lexer_(text), limits_(limits), names_(names) {}

    Result<NodePtr> parse() {
        TRY(advance());
        TRY_ASSIGN(NodePtr root, disjunction());
        if (token_.kind != Kind::End) {
            return fail_at(token_.column,
                           std::format("'{}' is too much: an operator is missing before it, or a "
                                       "bracket is closed that was not opened",
                                       token_.text.empty() ? "the number" : token_.text));
        }
        return root;
    }

private:
    using Rule = Result<NodePtr> (Parser::*)();

    Result<> advance() {
        TRY_ASSIGN(token_, lexer_.next());
        return {};
    }
    bool is(std::string_view mark) const {
        return (token_.kind == Kind::Mark || token_.kind == Kind::Name) && token_.text == mark;
    }
    Result<> expect(std::string_view mark) {
        if (token_.kind != Kind::Mark || token_.text != mark) {
            return fail_at(token_.column, std::format("'{}' is missing", mark));
        }
        return advance();
    }

    Result<NodePtr> make(Operation operation, std::size_t column, std::vector<NodePtr> operands,
                         std::string name = {}, double number = 0) {
        if (++nodes_ > limits_.nodes_max) {
            return fail_at(column,
                           std::format("the expression has more than {} parts", limits_.nodes_max));
        }
        auto node = std::make_shared<Node>();
        node->operation = operation;
        node->column = column;
        node->operands = std::move(operands);
        node->name = std::move(name);
        node->number = number;
        return node;
    }

    // Left to right: a - b - c is (a - b) - c.
    template <std::size_t size>
    Result<NodePtr> chain(const std::array<Level, size>& levels, Rule below) {
        TRY_ASSIGN(NodePtr left, (this->*below)());
        while (true) {
            const auto level = std::ranges::find_if(
                levels, [this](const Level& candidate) { return is(candidate.mark); });
            if (level == levels.end()) {
                return left;
            }
            const std::size_t column = token_.column;
            TRY(advance());
            TRY_ASSIGN(NodePtr right, (this->*below)());
            TRY_ASSIGN(left, make(level->operation, column, {std::move(left), std::move(right)}));
        }
    }

    Result<NodePtr> disjunction() { return nested(&Parser::plain_disjunction); }
    Result<NodePtr> plain_disjunction() { return chain(disjunctions, &Parser::conjunction); }
    Result<NodePtr> conjunction() { return chain(conjunctions, &Parser::negation); }
    Result<NodePtr> negation() {
        if (is("not") || is("!")) {
            return nested(&Parser::plain_negation);
        }
        return comparison();
    }
    Result<NodePtr> plain_negation() {
        const std::size_t column = token_.column;
        TRY(advance());
        TRY_ASSIGN(NodePtr operand, negation());
        return make(Operation::Not, column, {std::move(operand)});
    }
    Result<NodePtr> comparison() {
        TRY_ASSIGN(NodePtr left, chain(sums, &Parser::product));
        const auto level = std::ranges::find_if(
            comparisons, [this](const Level& candidate) { return is(candidate.mark); });
        if (level == comparisons.end()) {
            return left;
        }
        const std::size_t column = token_.column;
        TRY(advance());
        TRY_ASSIGN(NodePtr right, chain(sums, &Parser::product));
        return make(level->operation, column, {std::move(left), std::move(right)});
    }
    Result<NodePtr> product() { return chain(products, &Parser::signed_value); }
    Result<NodePtr> signed_value() {
        if (is("-") || is("+")) {
            return nested(&Parser::plain_signed_value);
        }
        return power();
    }
    Result<NodePtr> plain_signed_value() {
        const bool negative = is("-");
        const std::size_t column = token_.column;
        TRY(advance());
        TRY_ASSIGN(NodePtr operand, signed_value());
        return negative ? make(Operation::Negate, column, {std::move(operand)})
                        : Result<NodePtr>(std::move(operand));
    }
    // -a ^ -b ^ c is -(a ^ (-(b ^ c))).
    Result<NodePtr> power() {
        TRY_ASSIGN(NodePtr base, primary());
        if (!is("^")) {
            return base;
        }
        const std::size_t column = token_.column;
        TRY(advance());
        TRY_ASSIGN(NodePtr exponent, nested(&Parser::signed_value));
        return make(Operation::Power, column, {std::move(base), std::move(exponent)});
    }

    Result<NodePtr> nested(Rule rule) {
        if (++depth_ > limits_.depth_max) {
            return fail_at(token_.column, std::format("brackets and operators are nested deeper "
                                                      "than {}: split the expression",
                                                      limits_.depth_max));
        }
        auto out = (this->*rule)();
        --depth_;
        return out;
    }

    Result<NodePtr> primary() {
        const Token token = token_;
        switch (token.kind) {
            case Kind::Number: {
                TRY(advance());
                std::string unit;
                if (token_.kind == Kind::Unit) {
                    unit = token_.text;
                    TRY(advance());
                }
                return make(Operation::Number, token.column, {}, std::move(unit), token.number);
            }
            case Kind::Name: {
                TRY(advance());
                return is("(") ? call(token) : name(token);
            }
            case Kind::Mark:
                if (token.text == "(") {
                    TRY(advance());
                    TRY_ASSIGN(NodePtr inner, disjunction());
                    TRY(expect(")"));
                    return inner;
                }
                break;
            default: break;
        }
        return fail_at(token.column,
                       token.kind == Kind::End
                           ? "the expression ends where a value is to follow"
                           : std::format("a value is to stand here, not '{}'", token.text));
    }

    Result<NodePtr> name(const Token& token) {
        if (token.text == "true" || token.text == "false") {
            return make(Operation::Truth, token.column, {}, {}, token.text == "true" ? 1 : 0);
        }
        if (token.text == "pi") {
            return make(Operation::Number, token.column, {}, {}, std::numbers::pi);
        }
        if (std::ranges::find(names_, token.text) == names_.end()) {
            names_.push_back(token.text);
        }
        return make(Operation::Variable, token.column, {}, token.text);
    }

    Result<NodePtr> call(const Token& token) {
        TRY(advance());
        if (token.text == "to") {
            return conversion(token);
        }
        std::vector<NodePtr> operands;
        while (!is(")")) {
            if (!operands.empty()) {
                TRY(expect(","));
            }
            TRY_ASSIGN(operands.emplace_back(), disjunction());
        }
        TRY(expect(")"));
        const auto count = [&](std::size_t least, std::size_t most) -> Result<> {
            if (operands.size() >= least && operands.size() <= most) {
                return {};
            }
            return fail_at(token.column,
                           least == most ? std::format("{} takes {} values, not {}", token.text,
                                                       least, operands.size())
                                         : std::format("{} takes {} to {} values, not {}",
                                                       token.text, least, most, operands.size()));
        };
        if (token.text == "if") {
            TRY(count(3, 3));
            return make(Operation::If, token.column, std::move(operands));
        }
        if (token.text == "or_else") {
            TRY(count(2, 2));
            return make(Operation::OrElse, token.column, std::move(operands));
        }
        if (token.text == "is_missing") {
            TRY(count(1, 1));
            return make(Operation::IsMissing, token.column, std::move(operands));
        }
        if (token.text == "clamp") {
            TRY(count(3, 3));
            TRY_ASSIGN(NodePtr low, function("max", token.column, {operands[0], operands[1]}));
            return function("min", token.column, {std::move(low), operands[2]});
        }
        std::size_t index = 0;
        const FunctionRow* row = find_function(token.text, index);
        if (row == nullptr) {
            return fail_at(token.column, std::format("there is no function '{}': there are {}",
                                                     token.text, function_names()));
        }
        TRY(count(row->least, row->most));
        return function(token.text, token.column, std::move(operands));
    }

    Result<NodePtr> function(std::string_view name, std::size_t column,
                             std::vector<NodePtr> operands) {
        TRY_ASSIGN(NodePtr made,
                   make(Operation::Function, column, std::move(operands), std::string(name)));
        auto node = std::make_shared<Node>(*made);
        find_function(name, node->index);
        return node;
    }

    Result<NodePtr> conversion(const Token& token) {
        TRY_ASSIGN(NodePtr operand, disjunction());
        TRY(expect(","));
        if (token_.kind != Kind::Text) {
            return fail_at(token_.column, R"(write the unit as a text: to(x, "m3/h"))");
        }
        std::string unit = token_.text;
        TRY(advance());
        TRY(expect(")"));
        return make(Operation::Convert, token.column, {std::move(operand)}, std::move(unit), 1);
    }

    Lexer lexer_;
    const Limits& limits_;
    std::vector<std::string>& names_;
    Token token_;
    std::size_t depth_ = 0;
    std::size_t nodes_ = 0;
};

}  // namespace

std::unexpected<Error> fail_at(std::size_t column, const std::string& message) {
    return fail(Code::InvalidArgument, "column {}: {}", column, message);
}

const FunctionRow* find_function(std::string_view name, std::size_t& index) {
    const auto found = std::ranges::find(functions, name, &FunctionRow::name);
    if (found == functions.end()) {
        return nullptr;
    }
    index = static_cast<std::size_t>(found - functions.begin());
    return found;
}

const FunctionRow& function_at(std::size_t index) { return functions[index]; }

std::string function_names() {
    std::string out;
    for (const FunctionRow& row : functions) {
        out += std::string(row.name) + ", ";
    }
    return out + "clamp, if, or_else, is_missing, to";
}

Result<std::shared_ptr<const Node>> parse_tree(std::string_view text, const Limits& limits,
                                               std::vector<std::string>& names) {
    if (text.size() > limits.bytes_max) {
        return fail(Code::TooLarge, "the expression has {} bytes, at most {}", text.size(),
                    limits.bytes_max);
    }
    return Parser(text, limits, names).parse();
}

}  // namespace gantry::expression::detail
