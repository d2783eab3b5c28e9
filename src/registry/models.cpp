// SPDX-License-Identifier: Apache-2.0
#include "registry/models.h"

#include <algorithm>

#include "model/json.h"
#include "registry/points.h"

namespace gantry::registry {
namespace {

constexpr int depth_max = 16;
constexpr std::string_view columns = "id, key, parent, doc, created, updated, version";

std::string document_of(const ThingModel& model) {
    json::object doc;
    doc["name"] = to_json(model.name);
    doc["description"] = to_json(model.description);
    doc["is_aspect"] = model.is_aspect;
    json::array aspects;
    for (const ModelId& aspect : model.aspects) {
        aspects.push_back(json::string(aspect.text()));
    }
    doc["aspects"] = std::move(aspects);
    doc["properties"] = to_json_array(model.properties);
    doc["commands"] = to_json_array(model.commands);
    doc["events"] = to_json_array(model.events);
    return json::serialize(doc);
}

Result<ThingModel> model_of(const SqlRow& row) {
    ThingModel out;
    out.id = ModelId(row.text(0));
    out.key = row.text(1);
    out.parent = ModelId(row.text(2));
    out.stamp = read_stamp(row, 4);
    TRY_ASSIGN(const json::value doc, parse_json(row.text(3)));
    std::vector<std::string> aspects;
    ObjectReader in(doc, "");
    in.optional("name", out.name);
    in.optional("description", out.description);
    in.optional("is_aspect", out.is_aspect);
    in.optional("aspects", aspects);
    in.optional("properties", out.properties);
    in.optional("commands", out.commands);
    in.optional("events", out.events);
    TRY(in.finish());
    for (std::string& aspect : aspects) {
        out.aspects.emplace_back(std::move(aspect));
    }
    return out;
}

// Adds what is inherited; an item that is there already counts more.
template <class T>
void inherit(std::vector<T>& into, const std::vector<T>& from) {
    for (const T& item : from) {
        if (std::ranges::find(into, item.key, &T::key) == into.end()) {
            into.push_back(item);
        }
    }
}

template <class T>
Result<> check_unique(const std::vector<T>& items, std::string_view field) {
    for (std::size_t i = 0; i < items.size(); ++i) {
        for (std::size_t k = 0; k < i; ++k) {
            if (items[k].key == items[i].key) {
                return bad_field("/" + std::string(field) + "/" + std::to_string(i) + "/key",
                                 "'" + items[i].key + "' is there twice");
            }
        }
    }
    return {};
}

// References by key become ids, and must be there.
Result<> settle_references(Sql& sql, const TenantId& tenant, ThingModel& model) {
    if (!model.parent.empty()) {
        const auto parent = Models::get(sql, tenant, model.parent.text());
        if (!parent) {
            return bad_field("/parent", parent.error().message);
        }
        model.parent = parent->id;
    }
    for (std::size_t i = 0; i < model.aspects.size(); ++i) {
        const std::string where = "/aspects/" + std::to_string(i);
        const auto aspect = Models::get(sql, tenant, model.aspects[i].text());
        if (!aspect) {
            return bad_field(where, aspect.error().message);
        }
        if (!aspect->is_aspect) {
            return bad_field(where, "model '" + aspect->key + "' is not an aspect");
        }
        model.aspects[i] = aspect->id;
    }
    return {};
}

Result<> check_model(Sql& sql, const TenantId& tenant, ThingModel& model) {
    TRY(check_key(model.key, "/key"));
    TRY(check_unique(model.properties, "properties"));
    TRY(check_unique(model.commands, "commands"));
    TRY(check_unique(model.events, "events"));
    TRY(settle_references(sql, tenant, model));
    TRY(Models::resolve(sql, tenant, model));
    return {};
}

Result<std::vector<ThingModel>> all_models(Sql& sql, const TenantId& tenant) {
    TRY_ASSIGN(const auto rows,
               sql.query(std::format("SELECT {} FROM models WHERE tenant = :tenant", columns),
                         {{"tenant", tenant.text()}}));
    std::vector<ThingModel> out;
    for (const SqlRow& row : rows) {
        TRY_ASSIGN(ThingModel model, model_of(row));
        out.push_back(std::move(model));
    }
    return out;
}

// The model itself and all that inherit from it or mix it in, however far.
Result<std::vector<ThingModel>> dependants(Sql& sql, const TenantId& tenant, const ModelId& id) {
    TRY_ASSIGN(const auto all, all_models(sql, tenant));
    std::vector<ThingModel> out;
    const auto is_in = [&out](const ModelId& candidate) {
        return std::ranges::find(out, candidate, &ThingModel::id) != out.end();
    };
    bool grew = true;
    while (grew) {
        grew = false;
        for (const ThingModel& model : all) {
            const bool builds_on =
                model.id == id || is_in(model.parent) || std::ranges::any_of(model.aspects, is_in);
            if (builds_on && !is_in(model.id)) {
                out.push_back(model);
                grew = true;
            }
        }
    }
    return out;
}

}  // namespace

Result<ThingModel> Models::get(Sql& sql, const TenantId& tenant, const std::string& reference) {
    TRY_ASSIGN(
        const auto row,
        sql.first(
            std::format("SELECT {} FROM models WHERE tenant = :tenant AND "
                        "(id = :reference OR key = :reference2)",
                        columns),
            {{"tenant", tenant.text()}, {"reference", reference}, {"reference2", reference}}));
    if (!row) {
        return fail(Code::NotFound, "there is no model '{}'", reference);
    }
    return model_of(*row);
}

Result<ResolvedModel> Models::resolve(Sql& sql, const TenantId& tenant, const ThingModel& model,
                                      int depth) {
    if (depth > depth_max) {
        return bad_field("/parent", "models inherit in a circle, or more than 16 deep");
    }
    ResolvedModel out{model.properties, model.commands, model.events};
    std::vector<ModelId> bases = model.aspects;
    if (!model.parent.empty()) {
        bases.insert(bases.begin(), model.parent);
    }
    for (const ModelId& base_id : bases) {
        if (base_id == model.id) {
            return bad_field("/parent", "a model cannot inherit from itself");
        }
        TRY_ASSIGN(const ThingModel base, get(sql, tenant, base_id.text()));
        TRY_ASSIGN(const ResolvedModel inherited, resolve(sql, tenant, base, depth + 1));
        for (const Property& property : inherited.properties) {
            const auto own = std::ranges::find(out.properties, property.key, &Property::key);
            if (own != out.properties.end() && own->type != property.type) {
                return bad_field("/properties",
                                 std::format("'{}' is {} here and {} in model '{}'", property.key,
                                             value_type_name(own->type),
                                             value_type_name(property.type), base.key));
            }
        }
        inherit(out.properties, inherited.properties);
        inherit(out.commands, inherited.commands);
        inherit(out.events, inherited.events);
    }
    return out;
}

Result<ThingModel> Models::create(const TenantId& tenant, ThingModel model) {
    return ground_.feed.write<ThingModel>([&](Sql& sql, ChangeSet& changes) -> Result<ThingModel> {
        model.id = make_id<ModelTag>(ground_.clock, ground_.random);
        model.stamp = new_stamp(ground_.clock);
        TRY(check_model(sql, tenant, model));
        if (get(sql, tenant, model.key)) {
            return fail(Code::Conflict, "there is a model '{}' already", model.key);
        }
        TRY(sql.execute(
            "INSERT INTO models (id, tenant, key, parent, doc, created, updated, version) VALUES "
            "(:id, :tenant, :key, :parent, :doc, :created, :updated, :version)",
            with_stamp({{"id", model.id.text()},
                        {"tenant", tenant.text()},
                        {"key", model.key},
                        {"parent", model.parent.text()},
                        {"doc", document_of(model)}},
                       model.stamp)));
        changes.add(tenant, EntityKind::Model, model.id.text(), ChangeAction::Created);
        return model;
    });
}

Result<ThingModel> Models::get(const TenantId& tenant, const std::string& reference) {
    return ground_.database.read<ThingModel>([&](Sql& sql) { return get(sql, tenant, reference); });
}

Result<Page<ThingModel>> Models::list(const TenantId& tenant, const PageRequest& request) {
    return ground_.database.read<Page<ThingModel>>([&](Sql& sql) -> Result<Page<ThingModel>> {
        TRY_ASSIGN(const auto rows,
                   sql.query(std::format("SELECT {} FROM models WHERE tenant = :tenant AND "
                                         "key > :after ORDER BY key LIMIT :limit",
                                         columns),
                             {{"tenant", tenant.text()},
                              {"after", request.after},
                              {"limit", request.limit + 1}}));
        std::vector<ThingModel> items;
        for (const SqlRow& row : rows) {
            TRY_ASSIGN(ThingModel model, model_of(row));
            items.push_back(std::move(model));
        }
        return make_page(std::move(items), request,
                         [](const ThingModel& model) { return model.key; });
    });
}

Result<ThingModel> Models::replace(const TenantId& tenant, ThingModel model,
                                   const ExpectedVersion& expected) {
    return ground_.feed.write<ThingModel>([&](Sql& sql, ChangeSet& changes) -> Result<ThingModel> {
        TRY_ASSIGN(const ThingModel before, get(sql, tenant, model.id.text()));
        TRY(check_version(before.stamp, expected));
        model.id = before.id;
        model.stamp = next_stamp(before.stamp, ground_.clock);
        TRY(check_model(sql, tenant, model));
        if (const auto other = get(sql, tenant, model.key); other && other->id != model.id) {
            return fail(Code::Conflict, "there is a model '{}' already", model.key);
        }
        TRY(sql.execute("UPDATE models SET key = :key, parent = :parent, doc = :doc, "
                        "created = :created, updated = :updated, version = :version WHERE id = :id",
                        with_stamp({{"key", model.key},
                                    {"parent", model.parent.text()},
                                    {"doc", document_of(model)},
                                    {"id", model.id.text()}},
                                   model.stamp)));
        changes.add(tenant, EntityKind::Model, model.id.text(), ChangeAction::Updated);
        TRY_ASSIGN(const auto affected, dependants(sql, tenant, model.id));
        for (const ThingModel& dependant : affected) {
            TRY_ASSIGN(const ResolvedModel resolved, resolve(sql, tenant, dependant));
            TRY(Points::follow_model(sql, ground_, tenant, dependant.id, resolved, changes));
        }
        return model;
    });
}

Result<> Models::remove(const TenantId& tenant, const std::string& reference,
                        const ExpectedVersion& expected) {
    const auto done = ground_.feed.write<bool>([&](Sql& sql, ChangeSet& changes) -> Result<bool> {
        TRY_ASSIGN(const ThingModel model, get(sql, tenant, reference));
        TRY(check_version(model.stamp, expected));
        TRY_ASSIGN(const auto affected, dependants(sql, tenant, model.id));
        for (const ThingModel& dependant : affected) {
            if (dependant.id != model.id) {
                return fail(Code::Conflict, "model '{}' builds on '{}'", dependant.key, model.key);
            }
        }
        TRY_ASSIGN(const auto asset,
                   sql.first("SELECT path FROM assets WHERE tenant = :tenant AND model = :model",
                             {{"tenant", tenant.text()}, {"model", model.id.text()}}));
        if (asset) {
            return fail(Code::Conflict, "asset '{}' is of model '{}'", asset->text(0), model.key);
        }
        TRY(sql.execute("DELETE FROM models WHERE id = :id", {{"id", model.id.text()}}));
        changes.add(tenant, EntityKind::Model, model.id.text(), ChangeAction::Deleted);
        return true;
    });
    return done ? Result<>{} : std::unexpected(done.error());
}

Result<ResolvedModel> Models::resolve(const TenantId& tenant, const ModelId& id) {
    return ground_.database.read<ResolvedModel>([&](Sql& sql) -> Result<ResolvedModel> {
        TRY_ASSIGN(const ThingModel model, get(sql, tenant, id.text()));
        return resolve(sql, tenant, model);
    });
}

}  // namespace gantry::registry
