// SPDX-License-Identifier: Apache-2.0
#include "api/formula_question.h"

#include "api/history_request.h"

namespace gantry::api {
namespace {

constexpr std::size_t variables_max = 32;
constexpr std::size_t formulas_max = 16;

Result<WantedVariable> read_variable(const std::string& name, const json::value& value) {
    WantedVariable out;
    out.name = name;
    std::string aggregate = "avg";
    const std::string place = "/variables/" + name;
    ObjectReader in(value, place);
    in.optional("point", out.point);
    in.optional("property", out.property);
    in.optional("agg", aggregate);
    TRY(in.finish());
    if (out.point.empty() == out.property.empty()) {
        return bad_field(place, "name a point, or the property of each asset");
    }
    const auto kind = query::parse_aggregate(aggregate);
    if (!kind) {
        return bad_field(place + "/agg", "there is no aggregate '" + aggregate + "'");
    }
    out.aggregate = *kind;
    return out;
}

Result<> read_grid(query::Grid& grid, const std::string& from, const std::string& to,
                   const std::string& every, const std::string& fill, Time now) {
    const auto begin = parse_time_or_relative(from, now);
    const auto end = parse_time_or_relative(to, now);
    if (!begin || !end) {
        return bad_field(begin ? "/to" : "/from", (begin ? end : begin).error().message);
    }
    grid.range = {*begin, *end};
    if (grid.range.from > grid.range.to) {
        return bad_field("/from", "is after 'to'");
    }
    const auto length = parse_duration(every);
    if (!length || *length <= Duration{0}) {
        return bad_field("/every", length ? "must be longer than nothing" : length.error().message);
    }
    grid.every = *length;
    const auto kind = query::parse_fill(fill);
    if (!kind) {
        return bad_field("/fill", "must be none, previous or linear");
    }
    grid.fill = *kind;
    if (grid.size() > query::buckets_max) {
        return bad_field("/every",
                         std::format("the range has {} buckets of {}, at most {}: ask for "
                                     "a shorter range or longer buckets",
                                     grid.size(), every, query::buckets_max));
    }
    return {};
}

Result<> read_variables(FormulaQuestion& out, const json::value* variables) {
    if (variables == nullptr || !variables->is_object() || variables->as_object().empty() ||
        variables->as_object().size() > variables_max) {
        return bad_field("/variables",
                         std::format("must be an object of 1 to {} variables", variables_max));
    }
    for (const auto& [name, value] : variables->as_object()) {
        TRY_ASSIGN(out.variables.emplace_back(), read_variable(std::string(name), value));
        out.by_asset = out.by_asset || !out.variables.back().property.empty();
    }
    return {};
}

Result<> read_formulas(FormulaQuestion& out, const json::value* formulas) {
    if (formulas == nullptr || !formulas->is_array() || formulas->as_array().empty() ||
        formulas->as_array().size() > formulas_max) {
        return bad_field("/formulas",
                         std::format("must be an array of 1 to {} formulas", formulas_max));
    }
    for (const json::value& value : formulas->as_array()) {
        WantedFormula& formula = out.formulas.emplace_back();
        ObjectReader in(value, std::format("/formulas/{}", out.formulas.size() - 1));
        in.required("expression", formula.text);
        in.optional("name", formula.name);
        in.optional("unit", formula.unit);
        TRY(in.finish());
        if (formula.name.empty()) {
            formula.name = formula.text;
        }
    }
    return {};
}

}  // namespace

Result<FormulaQuestion> read_formula_question(const Call& call, Time now) {
    TRY_ASSIGN(const json::value body, call.body());
    FormulaQuestion out;
    std::string from = "-1h";
    std::string to = "now";
    std::string every;
    std::string fill = "none";
    ObjectReader in(body, "");
    in.optional("from", from);
    in.optional("to", to);
    in.required("every", every);
    in.optional("fill", fill);
    const json::value* variables = in.take("variables");
    const json::value* formulas = in.take("formulas");
    const json::value* assets = in.take("assets");
    const json::value* group = in.take("group");
    TRY(in.finish());
    TRY(read_grid(out.grid, from, to, every, fill, now));
    TRY(read_variables(out, variables));
    TRY(read_formulas(out, formulas));
    if (assets != nullptr) {
        ObjectReader of(*assets, "/assets");
        of.optional("under", out.under);
        of.optional("model", out.model);
        TRY(of.finish());
    }
    if (group != nullptr) {
        std::string combine = "avg";
        ObjectReader of(*group, "/group");
        of.optional("by", out.group);
        of.optional("agg", combine);
        TRY(of.finish());
        const auto how = query::parse_combine(combine);
        if (!how) {
            return bad_field("/group/agg", "must be avg, sum, min, max or count");
        }
        out.combine = *how;
    }
    if (out.group != "asset" && out.group != "parent" && out.group != "model" &&
        out.group != "all" && !parse_asset_level(out.group)) {
        return bad_field("/group/by",
                         "must be asset, parent, model, all, or a level such as site or line");
    }
    return out;
}

}  // namespace gantry::api
