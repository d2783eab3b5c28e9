// SPDX-License-Identifier: Apache-2.0
// Any text: it is an expression or a clear complaint, and what is one can be evaluated.
#include "base/assert.h"
#include "expression/expression.h"

using namespace gantry;
using namespace gantry::expression;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto parsed = Expression::parse(text);
    if (!parsed) {
        ASSERT(!parsed.error().message.empty());
        return 0;
    }
    std::vector<Variable> variables;
    std::vector<Column> columns;
    const char* units[] = {"", "bar", "Cel", "m3/h", "1"};
    for (const std::string& name : parsed->names()) {
        const std::size_t kind = variables.size() % 6;
        variables.push_back({name, kind == 5 ? Type::Truth : Type::Number, units[kind % 5]});
        columns.push_back({.value = {1, 0, -2.5},
                           .present = {1, 0, 1},
                           .quality = {quality::good, quality::bad, quality::uncertain}});
    }
    const auto formula = parsed->bind(variables);
    if (!formula) {
        ASSERT(formula.error().code == Code::InvalidArgument);
        return 0;
    }
    std::vector<const Column*> given;
    for (const Column& column : columns) {
        given.push_back(&column);
    }
    Column out;
    formula->evaluate(given, 3, out);
    ASSERT(out.size() == 3);
    return 0;
}
