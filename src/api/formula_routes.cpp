// SPDX-License-Identifier: Apache-2.0
// POST /v1/query: formulas over points, asset by asset or in groups.
#include <map>

#include "api/formula_question.h"
#include "api/history_request.h"
#include "api/point_access.h"
#include "api/route.h"
#include "model/unit.h"

namespace gantry::api {
namespace {

constexpr std::size_t assets_max = 10'000;
constexpr std::size_t cells_max = 1'000'000;

// The assets that are asked about, and what is above them, for grouping.
class AssetSet {
public:
    static Result<AssetSet> read(Services& services, const Call& call,
                                 const FormulaQuestion& question) {
        AssetSet out;
        auto& assets = services.registry.assets();
        registry::PageRequest page;
        page.limit = registry::page_limit_max;
        do {
            TRY_ASSIGN(auto items, assets.list(call.tenant(), {}, page));
            for (auto& item : items.items) {
                out.all_.emplace(item.asset.path, std::move(item.asset));
            }
            page.after = items.next;
        } while (!page.after.empty());
        TRY(out.name_models(services, call));
        for (const auto& [path, asset] : out.all_) {
            const bool below =
                question.under.empty() || security::path_covers(question.under, path);
            const bool of_model = question.model.empty() || asset.model.text() == question.model ||
                                  out.model_of(asset) == question.model;
            if (below && of_model && call.context.may("samples:read", path)) {
                out.chosen_.push_back(&asset);
            }
        }
        return out;
    }

    const std::vector<const Asset*>& chosen() const { return chosen_; }

    // Empty: it belongs to no such group.
    std::string group_of(const Asset& asset, const std::string& by) const {
        if (by == "asset") {
            return asset.path;
        }
        if (by == "all") {
            return "all";
        }
        if (by == "model") {
            return model_of(asset);
        }
        const std::size_t slash = asset.path.rfind('/');
        if (by == "parent") {
            return slash == std::string::npos ? "" : asset.path.substr(0, slash);
        }
        const auto level = parse_asset_level(by);
        for (std::string path = asset.path; !path.empty();) {
            const auto found = all_.find(path);
            if (found != all_.end() && found->second.level == *level) {
                return path;
            }
            const std::size_t last = path.rfind('/');
            path.resize(last == std::string::npos ? 0 : last);
        }
        return "";
    }

private:
    Result<> name_models(Services& services, const Call& call) {
        for (const auto& [path, asset] : all_) {
            const std::string& id = asset.model.text();
            if (!id.empty() && !models_.contains(id)) {
                TRY_ASSIGN(const auto model, services.registry.models().get(call.tenant(), id));
                models_[id] = model.key;
            }
        }
        return {};
    }
    std::string model_of(const Asset& asset) const {
        const auto found = models_.find(asset.model.text());
        return found == models_.end() ? "" : found->second;
    }

    std::map<std::string, Asset> all_;
    std::map<std::string, std::string> models_;  // key by id
    std::vector<const Asset*> chosen_;
};

struct BoundFormula {
    expression::Formula formula;
    std::string unit;  // of the answer
    double factor = 1;
    double offset = 0;
};

// To the unit that was asked for.
Result<BoundFormula> bind_formula(const WantedFormula& wanted,
                                  const expression::Expression& expression,
                                  std::span<const expression::Variable> variables,
                                  std::size_t number) {
    const std::string place = std::format("/formulas/{}/expression", number);
    auto formula = expression.bind(variables);
    if (!formula) {
        return bad_field(place, formula.error().message);
    }
    BoundFormula out{.formula = *formula, .unit = formula->unit()};
    if (wanted.unit.empty() || wanted.unit == out.unit) {
        return out;
    }
    const auto to = parse_unit(wanted.unit);
    if (!to) {
        return bad_field(std::format("/formulas/{}/unit", number), to.error().message);
    }
    if (!out.unit.empty()) {
        const auto from = parse_unit(out.unit);
        if (!from || !from->comparable(*to)) {
            return bad_field(std::format("/formulas/{}/unit", number),
                             std::format("the formula is in '{}', which is not comparable with "
                                         "'{}'",
                                         out.unit, wanted.unit));
        }
        out.factor = from->factor / to->factor;
        out.offset = (from->offset - to->offset) / to->factor;
    }
    out.unit = wanted.unit;
    return out;
}

class Evaluator {
public:
    Evaluator(Services& services, const Call& call, const FormulaQuestion& question)
        : services_(services), call_(call), question_(question), rows_(question.grid.size()) {}

    Result<> prepare() {
        for (std::size_t i = 0; i < question_.formulas.size(); ++i) {
            auto parsed = expression::Expression::parse(question_.formulas[i].text);
            if (!parsed) {
                return bad_field(std::format("/formulas/{}/expression", i), parsed.error().message);
            }
            expressions_.push_back(std::move(*parsed));
        }
        for (const WantedVariable& variable : question_.variables) {
            query::Operand& operand = fixed_.emplace_back();
            operand.aggregate = variable.aggregate;
            if (!variable.point.empty()) {
                TRY_ASSIGN(operand.point,
                           find_point(services_, call_, variable.point, "samples:read"));
            }
        }
        for (const query::Operand& operand : fixed_) {
            TRY_ASSIGN(fixed_columns_.emplace_back(),
                       query::on_grid(services_.store, operand, question_.grid));
        }
        return {};
    }

    // Results of all formulas for one asset; null: of none. Nothing when the asset has none of the
    // properties.
    Result<std::optional<std::vector<expression::Column>>> run(const Asset* asset) {
        std::vector<query::Operand> operands = fixed_;
        std::vector<expression::Variable> variables;
        bool any = asset == nullptr;
        for (std::size_t i = 0; i < operands.size(); ++i) {
            const WantedVariable& wanted = question_.variables[i];
            if (asset != nullptr && !wanted.property.empty()) {
                const std::string path = asset->path + "." + wanted.property;
                operands[i].point = services_.directory.find(call_.tenant(), path);
                const bool readable = operands[i].point && call_.context.may("samples:read", path);
                if (!readable) {
                    operands[i].point = nullptr;
                }
                any = any || readable;
            }
            const Property nothing;
            const Property& property =
                operands[i].point ? operands[i].point->point.property : nothing;
            if (property.type == ValueType::String) {
                return bad_field("/variables/" + wanted.name, "is text: formulas take numbers");
            }
            variables.push_back(query::variable_of(wanted.name, property, wanted.aggregate));
        }
        if (!any) {
            return std::nullopt;
        }
        std::vector<expression::Column> own(operands.size());
        std::vector<const expression::Column*> columns;
        for (std::size_t i = 0; i < operands.size(); ++i) {
            if (question_.variables[i].property.empty()) {
                columns.push_back(&fixed_columns_[i]);
            } else {
                TRY_ASSIGN(own[i], query::on_grid(services_.store, operands[i], question_.grid));
                columns.push_back(&own[i]);
            }
        }
        return evaluate(variables, columns);
    }

    const std::vector<std::string>& units() const { return units_; }

private:
    Result<std::optional<std::vector<expression::Column>>> evaluate(
        std::span<const expression::Variable> variables,
        std::span<const expression::Column* const> columns) {
        std::vector<expression::Column> out(expressions_.size());
        for (std::size_t i = 0; i < expressions_.size(); ++i) {
            TRY_ASSIGN(const BoundFormula bound,
                       bind_formula(question_.formulas[i], expressions_[i], variables, i));
            bound.formula.evaluate(columns, rows_, out[i]);
            if (bound.factor != 1 || bound.offset != 0) {
                for (double& value : out[i].value) {
                    value = value * bound.factor + bound.offset;
                }
            }
            TRY(agree_on_unit(i, bound.unit));
        }
        return out;
    }
    // Assets whose formula comes out in different units cannot stand side by side.
    Result<> agree_on_unit(std::size_t number, const std::string& unit) {
        if (units_.size() <= number) {
            units_.push_back(unit);
        } else if (units_[number] != unit) {
            return bad_field(std::format("/formulas/{}/unit", number),
                             std::format("comes out in '{}' for some assets and in '{}' for "
                                         "others: say the unit that is wanted",
                                         units_[number], unit));
        }
        return {};
    }

    Services& services_;
    const Call& call_;
    const FormulaQuestion& question_;
    const std::size_t rows_;
    std::vector<expression::Expression> expressions_;
    std::vector<query::Operand> fixed_;
    std::vector<expression::Column> fixed_columns_;
    std::vector<std::string> units_;
};

void write_column(JsonWriter& json, const expression::Column& column) {
    json.key("value").begin_array();
    for (std::size_t i = 0; i < column.size(); ++i) {
        if (column.present[i] == 0) {
            json.null();
        } else {
            json.value(column.value[i]);
        }
    }
    json.end_array().key("quality").begin_array();
    for (std::size_t i = 0; i < column.size(); ++i) {
        if (column.present[i] == 0) {
            json.null();
        } else {
            json.value(
                severity_name((column.quality.empty() ? Quality{} : column.quality[i]).severity()));
        }
    }
    json.end_array();
}

void write_item(JsonWriter& json, const FormulaQuestion& question, const std::string& group,
                const std::vector<expression::Column>& columns,
                const std::vector<std::string>& units) {
    json.begin_object();
    if (!group.empty()) {
        json.field("group", group);
    }
    json.key("formulas").begin_array();
    for (std::size_t i = 0; i < columns.size(); ++i) {
        json.begin_object().field("name", question.formulas[i].name);
        if (!units[i].empty()) {
            json.field("unit", units[i]);
        }
        write_column(json, columns[i]);
        json.end_object();
    }
    json.end_array().end_object();
}

// Columns of each group, in the order of their names.
Result<std::map<std::string, std::vector<expression::Column>>> grouped(
    Services& services, const Call& call, const FormulaQuestion& question, Evaluator& evaluator) {
    TRY_ASSIGN(const AssetSet assets, AssetSet::read(services, call, question));
    if (assets.chosen().size() > assets_max) {
        return fail(Code::TooLarge, "{} assets are asked for, at most {} at once: narrow 'under'",
                    assets.chosen().size(), assets_max);
    }
    const std::size_t rows = question.grid.size();
    const auto combine = question.group == "asset" ? query::Combine::Average : question.combine;
    std::map<std::string, std::vector<query::Combination>> groups;
    for (const Asset* asset : assets.chosen()) {
        const std::string name = assets.group_of(*asset, question.group);
        if (name.empty()) {
            continue;
        }
        TRY_ASSIGN(const auto columns, evaluator.run(asset));
        if (!columns) {
            continue;
        }
        auto& group = groups[name];
        for (std::size_t i = 0; i < columns->size(); ++i) {
            if (group.size() <= i) {
                group.emplace_back(combine, rows);
            }
            group[i].add((*columns)[i]);
        }
        if (groups.size() * rows * question.formulas.size() > cells_max) {
            return fail(Code::TooLarge,
                        "the answer has more than {} values: ask for fewer assets, a shorter range "
                        "or longer buckets",
                        cells_max);
        }
    }
    std::map<std::string, std::vector<expression::Column>> out;
    for (const auto& [name, combinations] : groups) {
        for (const query::Combination& combination : combinations) {
            out[name].push_back(combination.result());
        }
    }
    return out;
}

Result<http::Response> run_formulas(Services& services, const Call& call) {
    TRY_ASSIGN(const FormulaQuestion question, read_formula_question(call, services.clock.now()));
    Evaluator evaluator(services, call, question);
    TRY(evaluator.prepare());
    std::map<std::string, std::vector<expression::Column>> items;
    if (question.by_asset) {
        TRY_ASSIGN(items, grouped(services, call, question, evaluator));
    } else {
        TRY_ASSIGN(auto columns, evaluator.run(nullptr));
        items[""] = std::move(*columns);
    }
    std::string body;
    JsonWriter json(body);
    json.begin_object().key("time").begin_array();
    for (std::size_t i = 0; i < question.grid.size(); ++i) {
        json.value(format_time(question.grid.time(i)));
    }
    json.end_array().key("items").begin_array();
    for (const auto& [group, columns] : items) {
        write_item(json, question, group, columns, evaluator.units());
    }
    json.end_array().end_object();
    return http::Response::text(200, "application/json", std::move(body));
}

}  // namespace

void add_formula_routes(std::vector<Route>& out) {
    out.push_back({.method = http::Method::Post,
                   .path = "/v1/query",
                   .id = "runFormulas",
                   .tag = "Samples",
                   .summary = "Formulas over points, asset by asset or in groups",
                   .permission = "samples:read",
                   .handle = run_formulas,
                   .request = "FormulaQuestion",
                   .response = "FormulaAnswer",
                   .about = "Variables are points, or a property of each asset; units and quality "
                            "are carried through: docs/guide/formulas.md.",
                   .in_turn = true});
}

}  // namespace gantry::api
