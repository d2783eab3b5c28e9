// SPDX-License-Identifier: Apache-2.0
// The nodes of a tenant. Only for the .cpp files of this folder.
#pragma once

#include <open62541/server.h>

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/log.h"
#include "opcua/picture.h"

namespace gantry::opcua {

// What a node of ours stands for: its context in the server.
struct Node {
    enum class Kind : unsigned char {
        Model,   // an ObjectType, or what it declares
        Asset,   // an Object
        Point,   // a Variable with values
        Detail,  // a property of a point, as its unit
    };
    Kind kind = Kind::Asset;
    std::string path;
    directory::PointRef point;
};

// Keeps the nodes of a server equal to a picture of what there is. A change touches the nodes that
// it is about, so that what clients hold of others goes on. On the server's thread.
//
// Node ids are paths: ns=2;s=plant/pump3 and ns=2;s=plant/pump3.flow; properties of points follow
// after '#', models after "model:".
class AddressSpace {
public:
    // `source` reads and writes the values of points, which may be sampled each `interval_least`.
    AddressSpace(UA_Server* server, const std::string& namespace_uri, UA_DataSource source,
                 Duration interval_least, Log& log);
    AddressSpace(const AddressSpace&) = delete;
    AddressSpace& operator=(const AddressSpace&) = delete;

    // From now on it is to be like this.
    void aim(Picture picture);
    // Works towards that for about so long. True: it is there.
    bool work(Duration budget);

    // The point of a node id; null if there is none.
    const Node* find_point(const UA_NodeId& id) const;
    std::uint16_t name_space() const { return name_space_; }

private:
    struct PointNodes {
        Node variable;
        Node detail;
    };
    struct ModelNode {
        Node node;
        std::string key;
        std::int64_t version = 0;
        std::vector<std::string> declared;  // keys
    };
    struct AssetNode {
        Node node;
        ModelId model;
        std::int64_t version = 0;
    };

    void plan(Picture picture);
    void add_standard_types();
    void add_model(const Picture::Model& model);
    void remove_model(const ModelId& id);
    void declare(const ModelNode& model, const Property& property);
    void add_asset(const Asset& asset);
    void rename_asset(const Asset& asset);
    void remove_asset(const std::string& path);
    void add_point(const directory::PointRef& point);
    void add_details(PointNodes& nodes);
    void add_property(const std::string& of, const char* name, const UA_DataType& type,
                      const void* value, UA_UInt32 type_id, Node* context);
    void remove_point(const std::string& path);

    UA_NodeId id(std::string_view name) const;
    UA_QualifiedName browse_name(std::string_view name) const;
    UA_VariableAttributes attributes_of(const Property& property) const;
    bool ok(UA_StatusCode status, std::string_view what, const std::string& path);
    void remove_node(const std::string& name);
    void set_names(const UA_NodeId& node, const LocalizedText& name,
                   const LocalizedText& description);

    UA_Server* server_;
    UA_DataSource source_;
    const double interval_least_;  // milliseconds
    Log& log_;
    std::uint16_t name_space_ = 0;
    std::map<std::string, std::unique_ptr<PointNodes>, std::less<>> points_;  // by path
    std::map<std::string, std::unique_ptr<AssetNode>, std::less<>> assets_;
    std::map<ModelId, std::unique_ptr<ModelNode>> models_;
    std::optional<Picture> aim_;
    std::deque<std::function<void()>> plan_;
};

}  // namespace gantry::opcua
