// SPDX-License-Identifier: Apache-2.0
#include "opcua/address_space.h"

#include <algorithm>
#include <chrono>

#include "opcua/units.h"
#include "opcua/values.h"

namespace gantry::opcua {
namespace {

UA_NodeId standard(UA_UInt32 number) { return UA_NODEID_NUMERIC(0, number); }

UA_LocalizedText lend_text(const char* locale, std::string_view text) {
    return {lend(locale), lend(text)};
}

// What an attribute starts with: the English text, or the other one if that is all there is.
UA_LocalizedText first_text(const LocalizedText& text, std::string_view otherwise) {
    if (!text.en.empty()) {
        return lend_text("en", text.en);
    }
    return text.zh.empty() ? lend_text("", otherwise) : lend_text("zh", text.zh);
}

bool is_number(ValueType type) { return type == ValueType::Int64 || type == ValueType::Float64; }

bool has_range(const Property& property) {
    return is_number(property.type) && property.range.min && property.range.max;
}

bool has_unit(const Property& property) {
    return is_number(property.type) && !property.unit.empty();
}

// OPC 10000-8, 5.3.2: what fits what is known of the values.
UA_UInt32 variable_type(const Property& property) {
    return has_range(property)  ? UA_NS0ID_ANALOGITEMTYPE
           : has_unit(property) ? UA_NS0ID_ANALOGUNITTYPE
                                : UA_NS0ID_BASEDATAVARIABLETYPE;
}

// Whether clients see the same of both.
bool same(const Property& one, const Property& other) {
    return one.key == other.key && one.name == other.name && one.description == other.description &&
           one.type == other.type && one.unit == other.unit && one.range == other.range &&
           one.access == other.access;
}

std::string model_name(std::string_view key) { return "model:" + std::string(key); }

}  // namespace

AddressSpace::AddressSpace(UA_Server* server, const std::string& namespace_uri,
                           UA_DataSource source, Duration interval_least, Log& log)
    : server_(server),
      source_(source),
      interval_least_(std::chrono::duration<double, std::milli>(interval_least).count()),
      log_(log) {
    name_space_ = UA_Server_addNamespace(server, namespace_uri.c_str());
    add_standard_types();
}

UA_NodeId AddressSpace::id(std::string_view name) const {
    UA_NodeId out;
    out.namespaceIndex = name_space_;
    out.identifierType = UA_NODEIDTYPE_STRING;
    out.identifier.string = lend(name);
    return out;
}

UA_QualifiedName AddressSpace::browse_name(std::string_view name) const {
    return {name_space_, lend(name)};
}

UA_VariableAttributes AddressSpace::attributes_of(const Property& property) const {
    UA_VariableAttributes out = UA_VariableAttributes_default;
    out.displayName = first_text(property.name, property.key);
    out.description = first_text(property.description, "");
    out.dataType = ua_type(property.type).typeId;
    out.valueRank = UA_VALUERANK_SCALAR;
    out.accessLevel = UA_ACCESSLEVELMASK_READ | UA_ACCESSLEVELMASK_HISTORYREAD;
    if (property.access == Access::ReadWrite) {
        out.accessLevel |= UA_ACCESSLEVELMASK_WRITE;
    }
    out.historizing = true;
    out.minimumSamplingInterval = interval_least_;
    return out;
}

bool AddressSpace::ok(UA_StatusCode status, std::string_view what, const std::string& path) {
    if (status == UA_STATUSCODE_GOOD) {
        return true;
    }
    log_.error("opcua_server", "node cannot be made",
               {{"node", path}, {"what", what}, {"detail", connector::opcua::status_name(status)}});
    return false;
}

// Types of OPC 10000-8 and OPC 10000-13 that the library's reduced namespace zero lacks.
void AddressSpace::add_standard_types() {
    struct Type {
        UA_UInt32 id;
        UA_UInt32 parent;
        const char* name;
    };
    for (const Type& type :
         {Type{UA_NS0ID_BASEANALOGTYPE, UA_NS0ID_DATAITEMTYPE, "BaseAnalogType"},
          Type{UA_NS0ID_ANALOGUNITTYPE, UA_NS0ID_BASEANALOGTYPE, "AnalogUnitType"}}) {
        UA_VariableTypeAttributes attributes = UA_VariableTypeAttributes_default;
        attributes.displayName = lend_text("", type.name);
        attributes.dataType = standard(UA_NS0ID_NUMBER);
        attributes.valueRank = UA_VALUERANK_ANY;
        ok(UA_Server_addVariableTypeNode(server_, standard(type.id), standard(type.parent),
                                         standard(UA_NS0ID_HASSUBTYPE), {0, lend(type.name)},
                                         UA_NODEID_NULL, attributes, nullptr, nullptr),
           "type", type.name);
    }
    UA_ObjectTypeAttributes function = UA_ObjectTypeAttributes_default;
    function.displayName = lend_text("", "AggregateFunctionType");
    ok(UA_Server_addObjectTypeNode(server_, standard(UA_NS0ID_AGGREGATEFUNCTIONTYPE),
                                   standard(UA_NS0ID_BASEOBJECTTYPE), standard(UA_NS0ID_HASSUBTYPE),
                                   {0, lend("AggregateFunctionType")}, function, nullptr, nullptr),
       "type", "AggregateFunctionType");
    struct Function {
        UA_UInt32 id;
        const char* name;
    };
    for (const Function& each : {Function{UA_NS0ID_AGGREGATEFUNCTION_AVERAGE, "Average"},
                                 Function{UA_NS0ID_AGGREGATEFUNCTION_MINIMUM, "Minimum"},
                                 Function{UA_NS0ID_AGGREGATEFUNCTION_MAXIMUM, "Maximum"},
                                 Function{UA_NS0ID_AGGREGATEFUNCTION_RANGE, "Range"},
                                 Function{UA_NS0ID_AGGREGATEFUNCTION_COUNT, "Count"}}) {
        UA_ObjectAttributes attributes = UA_ObjectAttributes_default;
        attributes.displayName = lend_text("", each.name);
        ok(UA_Server_addObjectNode(server_, standard(each.id),
                                   standard(UA_NS0ID_HISTORYSERVERCAPABILITIES_AGGREGATEFUNCTIONS),
                                   standard(UA_NS0ID_ORGANIZES), {0, lend(each.name)},
                                   standard(UA_NS0ID_AGGREGATEFUNCTIONTYPE), attributes, nullptr,
                                   nullptr),
           "aggregate", each.name);
    }
}

void AddressSpace::aim(Picture picture) { aim_ = std::move(picture); }

bool AddressSpace::work(Duration budget) {
    const auto end = std::chrono::steady_clock::now() + budget;
    while (true) {
        if (plan_.empty()) {
            if (!aim_) {
                return true;
            }
            Picture next = std::move(*aim_);
            aim_.reset();
            plan(std::move(next));
        } else {
            const auto step = std::move(plan_.front());
            plan_.pop_front();
            step();
        }
        if (std::chrono::steady_clock::now() >= end) {
            return plan_.empty() && !aim_;
        }
    }
}

// First what goes, then types, then what comes, from the roots on.
void AddressSpace::plan(Picture picture) {
    const auto shown = std::make_shared<Picture>(std::move(picture));
    std::map<std::string_view, const directory::PointRef*> points;
    for (const directory::PointRef& point : shown->points) {
        points.emplace(point->point.path, &point);
    }
    std::map<std::string_view, const Asset*> assets;
    for (const Asset& asset : shown->assets) {
        assets.emplace(asset.path, &asset);
    }
    std::map<ModelId, const Picture::Model*> models;
    for (const Picture::Model& model : shown->models) {
        models.emplace(model.model.id, &model);
    }
    for (const auto& [path, nodes] : points_) {
        const auto found = points.find(path);
        const PointNodes& have = *nodes;
        if (found == points.end() || (*found->second)->point.id != have.variable.point->point.id ||
            !same((*found->second)->point.property, have.variable.point->point.property)) {
            plan_.emplace_back([this, path] { remove_point(path); });
        }
    }
    for (auto at = assets_.rbegin(); at != assets_.rend(); ++at) {
        const auto found = assets.find(at->first);
        if (found == assets.end() || found->second->model != at->second->model) {
            plan_.emplace_back([this, path = at->first] { remove_asset(path); });
        }
    }
    for (const auto& [model, node] : models_) {
        const auto found = models.find(model);
        if (found == models.end() || found->second->model.key != node->key) {
            plan_.emplace_back([this, model] { remove_model(model); });
        }
    }
    for (const Picture::Model& model : shown->models) {
        plan_.emplace_back([this, shown, &model] { add_model(model); });
    }
    for (const Asset& asset : shown->assets) {
        const auto have = assets_.find(asset.path);
        if (have == assets_.end() || have->second->version != asset.stamp.version ||
            have->second->model != asset.model) {
            plan_.emplace_back([this, shown, &asset] { add_asset(asset); });
        }
    }
    for (const directory::PointRef& point : shown->points) {
        const auto have = points_.find(point->point.path);
        if (have == points_.end() || have->second->variable.point != point) {
            plan_.emplace_back([this, shown, &point] { add_point(point); });
        }
    }
}

void AddressSpace::remove_node(const std::string& name) {
    const UA_StatusCode status = UA_Server_deleteNode(server_, id(name), true);
    // Gone already with the asset that it belonged to.
    if (status != UA_STATUSCODE_BADNODEIDUNKNOWN) {
        ok(status, "remove", name);
    }
}

// Both languages; a client says which it wants.
void AddressSpace::set_names(const UA_NodeId& node, const LocalizedText& name,
                             const LocalizedText& description) {
    for (const auto& [locale, text, about] :
         {std::tuple{"en", &name.en, &description.en}, {"zh", &name.zh, &description.zh}}) {
        if (!text->empty()) {
            UA_Server_writeDisplayName(server_, node, lend_text(locale, *text));
        }
        if (!about->empty()) {
            UA_Server_writeDescription(server_, node, lend_text(locale, *about));
        }
    }
}

void AddressSpace::add_model(const Picture::Model& model) {
    std::unique_ptr<ModelNode>& node = models_[model.model.id];
    if (node && node->version == model.model.stamp.version &&
        std::ranges::equal(node->declared, model.own, {}, {}, &Property::key)) {
        return;
    }
    const std::string name = model_name(model.model.key);
    if (!node) {
        node = std::make_unique<ModelNode>();
        node->node = {Node::Kind::Model, model.model.key, nullptr};
        node->key = model.model.key;
        const auto parent = models_.find(model.model.parent);
        const std::string parent_name =
            parent == models_.end() ? "" : model_name(parent->second->key);
        UA_ObjectTypeAttributes attributes = UA_ObjectTypeAttributes_default;
        attributes.displayName = first_text(model.model.name, model.model.key);
        attributes.description = first_text(model.model.description, "");
        attributes.isAbstract = model.model.is_aspect;
        ok(UA_Server_addObjectTypeNode(
               server_, id(name),
               parent_name.empty() ? standard(UA_NS0ID_BASEOBJECTTYPE) : id(parent_name),
               standard(UA_NS0ID_HASSUBTYPE), browse_name(model.model.key), attributes, &node->node,
               nullptr),
           "model", name);
    }
    node->version = model.model.stamp.version;
    set_names(id(name), model.model.name, model.model.description);
    for (const std::string& key : node->declared) {
        remove_node(name + "." + key);
    }
    node->declared.clear();
    for (const Property& property : model.own) {
        declare(*node, property);
        node->declared.push_back(property.key);
    }
}

void AddressSpace::declare(const ModelNode& model, const Property& property) {
    const std::string type = model_name(model.key);
    const std::string name = type + "." + property.key;
    UA_VariableAttributes attributes = attributes_of(property);
    attributes.accessLevel = UA_ACCESSLEVELMASK_READ;
    attributes.historizing = false;
    if (!ok(UA_Server_addVariableNode(server_, id(name), id(type), standard(UA_NS0ID_HASCOMPONENT),
                                      browse_name(property.key),
                                      standard(UA_NS0ID_BASEDATAVARIABLETYPE), attributes,
                                      const_cast<Node*>(&model.node), nullptr),
            "property of a model", name)) {
        return;
    }
    // Every asset has it; whether one sees it depends on who looks.
    ok(UA_Server_addReference(server_, id(name), standard(UA_NS0ID_HASMODELLINGRULE),
                              {standard(UA_NS0ID_MODELLINGRULE_OPTIONAL), UA_STRING_NULL, 0}, true),
       "modelling rule", name);
    set_names(id(name), property.name, property.description);
}

void AddressSpace::remove_model(const ModelId& model) {
    const auto found = models_.find(model);
    if (found != models_.end()) {
        remove_node(model_name(found->second->key));
        models_.erase(found);
    }
}

void AddressSpace::add_asset(const Asset& asset) {
    std::unique_ptr<AssetNode>& node = assets_[asset.path];
    if (node) {
        rename_asset(asset);
        return;
    }
    node = std::make_unique<AssetNode>();
    node->node = {Node::Kind::Asset, asset.path, nullptr};
    node->model = asset.model;
    node->version = asset.stamp.version;
    const std::size_t slash = asset.path.rfind('/');
    const std::string parent = slash == std::string::npos ? "" : asset.path.substr(0, slash);
    const auto model = models_.find(asset.model);
    const std::string type = model == models_.end() ? "" : model_name(model->second->key);
    UA_ObjectAttributes attributes = UA_ObjectAttributes_default;
    attributes.displayName = first_text(asset.name, asset.key);
    attributes.description = first_text(asset.description, "");
    ok(UA_Server_addObjectNode(
           server_, id(asset.path), parent.empty() ? standard(UA_NS0ID_OBJECTSFOLDER) : id(parent),
           standard(parent.empty() ? UA_NS0ID_ORGANIZES : UA_NS0ID_HASCOMPONENT),
           browse_name(asset.key), type.empty() ? standard(UA_NS0ID_BASEOBJECTTYPE) : id(type),
           attributes, &node->node, nullptr),
       "asset", asset.path);
    set_names(id(asset.path), asset.name, asset.description);
}

void AddressSpace::rename_asset(const Asset& asset) {
    assets_[asset.path]->version = asset.stamp.version;
    set_names(id(asset.path), asset.name, asset.description);
}

void AddressSpace::remove_asset(const std::string& path) {
    remove_node(path);
    assets_.erase(path);
}

void AddressSpace::add_point(const directory::PointRef& point) {
    std::unique_ptr<PointNodes>& nodes = points_[point->point.path];
    if (nodes) {
        nodes->variable.point = point;
        nodes->detail.point = point;
        return;
    }
    nodes = std::make_unique<PointNodes>();
    const std::string& path = point->point.path;
    const Property& property = point->point.property;
    nodes->variable = {Node::Kind::Point, path, point};
    nodes->detail = {Node::Kind::Detail, path, point};
    const std::string asset = path.substr(0, path.rfind('.'));
    const UA_VariableAttributes attributes = attributes_of(property);
    if (!ok(UA_Server_addNode_begin(server_, UA_NODECLASS_VARIABLE, id(path), id(asset),
                                    standard(UA_NS0ID_HASCOMPONENT), browse_name(property.key),
                                    standard(variable_type(property)), &attributes,
                                    &UA_TYPES[UA_TYPES_VARIABLEATTRIBUTES], &nodes->variable,
                                    nullptr),
            "point", path)) {
        return;
    }
    add_details(*nodes);
    if (ok(UA_Server_addNode_finish(server_, id(path)), "point", path)) {
        ok(UA_Server_setVariableNode_dataSource(server_, id(path), source_), "values", path);
        set_names(id(path), property.name, property.description);
    }
}

void AddressSpace::add_details(PointNodes& nodes) {
    const Property& property = nodes.detail.point->point.property;
    const std::string& path = nodes.detail.path;
    if (has_range(property)) {
        const UA_Range range{*property.range.min, *property.range.max};
        add_property(path, "EURange", UA_TYPES[UA_TYPES_RANGE], &range, UA_NS0ID_RANGE,
                     &nodes.detail);
    }
    if (has_unit(property)) {
        const EngineeringUnit unit = engineering_unit(property.unit);
        UA_EUInformation information;
        UA_EUInformation_init(&information);
        information.namespaceUri = lend(unit.name_space);
        information.unitId = unit.id;
        information.displayName = lend_text("", unit.symbol);
        information.description = lend_text("en", unit.name);
        add_property(path, "EngineeringUnits", UA_TYPES[UA_TYPES_EUINFORMATION], &information,
                     UA_NS0ID_EUINFORMATION, &nodes.detail);
    }
}

void AddressSpace::add_property(const std::string& of, const char* name, const UA_DataType& type,
                                const void* value, UA_UInt32 type_id, Node* context) {
    UA_VariableAttributes attributes = UA_VariableAttributes_default;
    attributes.displayName = lend_text("", name);
    attributes.dataType = standard(type_id);
    attributes.valueRank = UA_VALUERANK_SCALAR;
    attributes.accessLevel = UA_ACCESSLEVELMASK_READ;
    UA_Variant_setScalar(&attributes.value, const_cast<void*>(value), &type);
    const std::string path = of + "#" + name;
    ok(UA_Server_addVariableNode(server_, id(path), id(of), standard(UA_NS0ID_HASPROPERTY),
                                 {0, lend(name)}, standard(UA_NS0ID_PROPERTYTYPE), attributes,
                                 context, nullptr),
       "property", path);
}

void AddressSpace::remove_point(const std::string& path) {
    remove_node(path);
    points_.erase(path);
}

const Node* AddressSpace::find_point(const UA_NodeId& node) const {
    if (node.namespaceIndex != name_space_ || node.identifierType != UA_NODEIDTYPE_STRING) {
        return nullptr;
    }
    const auto found = points_.find(view(node.identifier.string));
    return found == points_.end() ? nullptr : &found->second->variable;
}

}  // namespace gantry::opcua
