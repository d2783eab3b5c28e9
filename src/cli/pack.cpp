// SPDX-License-Identifier: Apache-2.0
#include "cli/pack.h"

#include <charconv>
#include <filesystem>
#include <format>
#include <map>

#include "base/embedded.h"
#include "model/json.h"

EMBEDDED_FILE(embedded_models, gantry_demo_models)
EMBEDDED_FILE(embedded_assets, gantry_demo_assets)
EMBEDDED_FILE(embedded_connections, gantry_demo_connections)

namespace gantry::cli {
namespace {

Result<json::array> items_of(std::string_view text, const std::string& name) {
    auto parsed = parse_json(text);
    if (!parsed) {
        return within(name, parsed.error());
    }
    json::value* items = parsed->is_object() ? parsed->as_object().if_contains("items") : nullptr;
    if (items == nullptr || !items->is_array()) {
        return fail(Code::InvalidArgument, "{}: is to be {{\"items\": [ … ]}}", name);
    }
    for (const json::value& item : items->as_array()) {
        if (!item.is_object()) {
            return fail(Code::InvalidArgument, "{}: an item is not an object", name);
        }
    }
    return std::move(items->as_array());
}

Result<json::array> optional_items(const std::string& folder, const std::string& name) {
    const std::string path = folder + "/" + name;
    if (folder.empty() || !std::filesystem::exists(path)) {
        return json::array();
    }
    TRY_ASSIGN(const std::string text, read_text(path));
    return items_of(text, name);
}

constexpr std::size_t tags_a_request = 1000;

struct Counts {
    std::size_t made = 0;
    std::size_t there = 0;
};

class Loader {
public:
    Loader(Context& context, bool dry_run) : context_(context), dry_run_(dry_run) {}

    Result<> load(const Pack& pack) {
        for (const json::value& model : pack.models) {
            const std::string key = field_text(model.as_object(), "key");
            TRY(make("/v1/models", key, model.as_object(), models_, "model"));
        }
        for (const json::value& asset : pack.assets) {
            json::object body = asset.as_object();
            const std::string path = field_text(body, "path");
            const std::size_t slash = path.rfind('/');
            body.erase("path");
            body["key"] = slash == std::string::npos ? path : path.substr(slash + 1);
            if (slash != std::string::npos) {
                body["parent"] = path.substr(0, slash);
            }
            TRY(make("/v1/assets", path, body, assets_, "asset"));
        }
        for (const json::value& point : pack.points) {
            const json::object& body = point.as_object();
            const std::string path = field_text(body, "asset") + "." + field_text(body, "key");
            TRY(make("/v1/points", path, body, points_, "point"));
        }
        for (const json::value& role : pack.roles) {
            const std::string key = field_text(role.as_object(), "key");
            TRY(make("/v1/roles", key, role.as_object(), roles_, "role"));
        }
        for (const json::value& connection : pack.connections) {
            json::object body = connection.as_object();
            const json::value tags = body.contains("tags") ? body["tags"] : json::array();
            body.erase("tags");
            const std::string key = field_text(body, "key");
            if (body.contains("protocol")) {
                TRY(make("/v1/connections", key, body, connections_, "connection"));
            } else if (auto there = context_.api.get(item_target("/v1/connections", key)); !there) {
                return std::unexpected(there.error());
            }
            TRY(bind_tags(key, tags.as_array()));
        }
        return {};
    }

    Result<> tell() const {
        const std::string_view verb = dry_run_ ? "Would make" : "Made";
        const auto shown = [](Counts counts, std::string_view one) {
            return std::format("{} {}{}", counts.made, one, counts.made == 1 ? "" : "s");
        };
        const std::size_t there = models_.there + assets_.there + points_.there +
                                  connections_.there + tags_.there + roles_.there;
        std::string text = std::format("{} {}, {}, {} and {}", verb, shown(models_, "thing model"),
                                       shown(assets_, "asset"), shown(connections_, "connection"),
                                       shown(tags_, "tag"));
        if (points_.made > 0) {
            text += ", " + shown(points_, "point") + " of their own";
        }
        if (roles_.made > 0) {
            text += ", " + shown(roles_, "role");
        }
        if (changed_tags_ > 0) {
            text +=
                std::format(", {} new address{}", changed_tags_, changed_tags_ == 1 ? "" : "es");
        }
        if (there > 0) {
            text += std::format("; {} were there already", there);
        }
        const auto document = [](Counts counts) {
            return json::object{{"made", counts.made}, {"there", counts.there}};
        };
        json::object tag_counts = document(tags_);
        tag_counts["changed"] = changed_tags_;
        return show_done(context_, text,
                         {{"dry_run", dry_run_},
                          {"models", document(models_)},
                          {"assets", document(assets_)},
                          {"connections", document(connections_)},
                          {"tags", tag_counts},
                          {"points", document(points_)},
                          {"roles", document(roles_)}});
    }

private:
    Result<bool> is_there(std::string_view collection, const std::string& key) {
        const auto found = context_.api.get(item_target(collection, key));
        if (!found && found.error().code != Code::NotFound) {
            return std::unexpected(found.error());
        }
        return found.has_value();
    }

    Result<> make(std::string_view collection, const std::string& key, const json::object& body,
                  Counts& counts, std::string_view what) {
        TRY_ASSIGN(const bool there, is_there(collection, key));
        if (there) {
            ++counts.there;
            return {};
        }
        ++counts.made;
        if (dry_run_) {
            return {};
        }
        if (auto made = context_.api.post(std::string(collection), body); !made) {
            return within(std::format("{} {}", what, key), made.error());
        }
        return {};
    }

    // Those that are there with another address get this one.
    Result<> bind_tags(const std::string& connection, const json::array& tags) {
        const auto listed = context_.api.list("/v1/tags", {{"connection", connection}});
        if (!listed && listed.error().code != Code::NotFound) {
            return std::unexpected(listed.error());
        }
        std::map<std::string, const json::object*> known;
        if (listed) {
            for (const json::value& tag : *listed) {
                known[field_text(tag.as_object(), "point_path")] = &tag.as_object();
            }
        }
        json::array missing;
        for (const json::value& tag : tags) {
            json::object item = tag.as_object();
            const auto found = known.find(field_text(item, "point"));
            if (found == known.end()) {
                item["connection"] = connection;
                missing.push_back(std::move(item));
            } else if (field_text(*found->second, "address") == field_text(item, "address")) {
                ++tags_.there;
            } else {
                TRY(change_tag(*found->second, item));
            }
        }
        return add_tags(connection, std::move(missing));
    }

    Result<> change_tag(const json::object& before, const json::object& tag) {
        ++changed_tags_;
        if (dry_run_) {
            return {};
        }
        auto changed = context_.api.patch(item_target("/v1/tags", field_text(before, "id")),
                                          json::object{{"address", field_text(tag, "address")}});
        return changed ? Result<>{} : within("tag of " + field_text(tag, "point"), changed.error());
    }

    Result<> add_tags(const std::string& connection, json::array missing) {
        tags_.made += missing.size();
        for (std::size_t first = 0; !dry_run_ && first < missing.size(); first += tags_a_request) {
            const std::size_t last = std::min(first + tags_a_request, missing.size());
            json::array items;
            for (std::size_t i = first; i < last; ++i) {
                items.push_back(missing[i]);
            }
            auto made = context_.api.post("/v1/tags", json::object{{"items", std::move(items)}});
            if (!made) {
                return within(place_of(made.error(), connection, missing, first), made.error());
            }
        }
        return {};
    }

    // Which tag an error is about: its field is "/items/3/address".
    static std::string place_of(const Error& error, const std::string& connection,
                                const json::array& tags, std::size_t first) {
        constexpr std::string_view items = "/items/";
        std::size_t index = 0;
        if (error.field.starts_with(items)) {
            const std::string_view number = std::string_view(error.field).substr(items.size());
            const auto [end, wrong] =
                std::from_chars(number.data(), number.data() + number.size(), index);
            if (wrong == std::errc() && first + index < tags.size()) {
                return "tag of " + field_text(tags[first + index].as_object(), "point");
            }
        }
        return "tags of " + connection;
    }

    Context& context_;
    bool dry_run_;
    Counts models_;
    Counts assets_;
    Counts connections_;
    Counts tags_;
    std::size_t changed_tags_ = 0;
    Counts points_;
    Counts roles_;
};

}  // namespace

void Pack::set_device(const std::string& host, std::int64_t port) {
    for (json::value& connection : connections) {
        json::object& settings = connection.as_object()["settings"].as_object();
        if (!host.empty()) {
            settings["host"] = host;
        }
        if (port > 0) {
            settings["port"] = port;
        }
    }
}

Result<Pack> read_pack(const std::string& folder) {
    std::string models(embedded_models());
    std::string assets(embedded_assets());
    std::string connections(embedded_connections());
    if (!folder.empty()) {
        TRY_ASSIGN(models, read_text(folder + "/models.json"));
        TRY_ASSIGN(assets, read_text(folder + "/assets.json"));
        TRY_ASSIGN(connections, read_text(folder + "/connections.json"));
    }
    Pack out;
    TRY_ASSIGN(out.models, items_of(models, "models.json"));
    TRY_ASSIGN(out.assets, items_of(assets, "assets.json"));
    TRY_ASSIGN(out.connections, items_of(connections, "connections.json"));
    TRY_ASSIGN(out.points, optional_items(folder, "points.json"));
    TRY_ASSIGN(out.roles, optional_items(folder, "roles.json"));
    for (json::value& connection : out.connections) {
        json::object& object = connection.as_object();
        if (!object.contains("settings") || !object["settings"].is_object() ||
            (object.contains("tags") && !object["tags"].is_array())) {
            return fail(Code::InvalidArgument,
                        "connections.json: a connection wants \"settings\" and \"tags\"");
        }
    }
    return out;
}

Result<> load_pack(Context& context, const Pack& pack, bool dry_run) {
    Loader loader(context, dry_run);
    TRY(loader.load(pack));
    return loader.tell();
}

}  // namespace gantry::cli
