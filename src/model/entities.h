// SPDX-License-Identifier: Apache-2.0
// What the control plane knows about: plain data, without behaviour. Names as in the glossary.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "model/localized.h"
#include "model/sample_batch.h"
#include "model/value.h"

namespace gantry {

// clang-format off
struct TenantTag     { static constexpr std::string_view prefix = "ten"; };
struct PrincipalTag  { static constexpr std::string_view prefix = "prn"; };
struct RoleTag       { static constexpr std::string_view prefix = "rol"; };
struct TokenTag      { static constexpr std::string_view prefix = "tok"; };
struct ModelTag      { static constexpr std::string_view prefix = "mdl"; };
struct AssetTag      { static constexpr std::string_view prefix = "ast"; };
struct PointTag      { static constexpr std::string_view prefix = "pt"; };
struct ConnectionTag { static constexpr std::string_view prefix = "con"; };
struct TagTag        { static constexpr std::string_view prefix = "tag"; };
struct JobTag        { static constexpr std::string_view prefix = "job"; };
struct CommandTag    { static constexpr std::string_view prefix = "cmd"; };
// clang-format on

using TenantId = Id<TenantTag>;
using PrincipalId = Id<PrincipalTag>;
using RoleId = Id<RoleTag>;
using TokenId = Id<TokenTag>;
using ModelId = Id<ModelTag>;
using AssetId = Id<AssetTag>;
using PointId = Id<PointTag>;
using ConnectionId = Id<ConnectionTag>;
using TagId = Id<TagTag>;
using JobId = Id<JobTag>;
using CommandId = Id<CommandTag>;

// Every stored entity has these; the version is what ETag shows and If-Match asks for.
struct Stamp {
    Time created = 0;
    Time updated = 0;
    std::int64_t version = 0;

    bool operator==(const Stamp&) const = default;
};

struct ValueRange {
    std::optional<double> min;
    std::optional<double> max;

    bool contains(double value) const { return (!min || value >= *min) && (!max || value <= *max); }
    bool operator==(const ValueRange&) const = default;
};

enum class Access : unsigned char { Read, ReadWrite };

// What one thing of a model measures or can be set to.
struct Property {
    std::string key;  // last part of a point's path: letters, digits, underscore
    LocalizedText name;
    LocalizedText description;
    ValueType type = ValueType::Float64;
    std::string unit;  // UCUM, empty for none
    ValueRange range;  // engineering range; outside it a value is kept and marked uncertain
    Access access = Access::Read;
    Duration retention{0};  // how long samples are kept; 0 is as the store keeps all

    bool operator==(const Property&) const = default;
};

struct Parameter {
    std::string key;
    LocalizedText name;
    ValueType type = ValueType::Float64;
    std::string unit;
    ValueRange range;

    bool operator==(const Parameter&) const = default;
};

struct CommandDefinition {
    std::string key;
    LocalizedText name;
    std::vector<Parameter> parameters;

    bool operator==(const CommandDefinition&) const = default;
};

struct EventDefinition {
    std::string key;
    LocalizedText name;
    std::string severity = "info";  // info, warning, critical
    std::vector<Parameter> fields;

    bool operator==(const EventDefinition&) const = default;
};

// 物模型: the type of a thing. Inherits one parent and mixes in aspects, which are models too.
struct ThingModel {
    ModelId id;
    std::string key;  // unique in the tenant
    LocalizedText name;
    LocalizedText description;
    ModelId parent;                // may be empty
    std::vector<ModelId> aspects;  // each adds its own properties, commands and events
    bool is_aspect = false;        // cannot be the model of an asset by itself
    std::vector<Property> properties;
    std::vector<CommandDefinition> commands;
    std::vector<EventDefinition> events;
    Stamp stamp;
};

// The levels of ISA-95 part 1 (equipment hierarchy), and `thing` for what hangs below a unit.
enum class AssetLevel : unsigned char { Site, Area, Line, Cell, Unit, Thing };
std::string_view asset_level_name(AssetLevel level);
std::optional<AssetLevel> parse_asset_level(std::string_view name);

struct Asset {
    AssetId id;
    AssetId parent;    // empty at the root
    std::string key;   // one segment of the path
    std::string path;  // "plant/line2/pump3"
    LocalizedText name;
    LocalizedText description;
    AssetLevel level = AssetLevel::Thing;
    ModelId model;                                                // may be empty
    std::vector<std::pair<std::string, std::string>> attributes;  // nameplate and the like
    Stamp stamp;
};

// 测点: one property of one asset.
struct Point {
    PointId id;
    AssetId asset;
    std::string path;  // "plant/line2/pump3.discharge_pressure"
    Property property;
    bool from_model = false;  // made with the asset; goes with it
    Stamp stamp;
};

enum class DesiredState : unsigned char { Enabled, Disabled };

// A configured device or server.
struct Connection {
    ConnectionId id;
    std::string key;
    LocalizedText name;
    std::string protocol;  // "modbus_tcp"
    DesiredState desired = DesiredState::Enabled;
    std::string settings;  // JSON object; its keys are the protocol's
    Stamp stamp;
};

// An address at a connection bound to a point.
struct Tag {
    TagId id;
    ConnectionId connection;
    PointId point;
    std::string address;  // the protocol's notation, options included
    Stamp stamp;
};

}  // namespace gantry
