// SPDX-License-Identifier: Apache-2.0
#include "cli/tenant_files.h"

#include <algorithm>
#include <filesystem>
#include <format>
#include <fstream>
#include <functional>
#include <map>
#include <set>

#include "cli/csv_import.h"
#include "cli/destination.h"
#include "cli/pack.h"
#include "cli/progress.h"
#include "model/json.h"

namespace gantry::cli {
namespace {

// Values of so many points go into one file.
constexpr std::size_t points_a_file = 64;

using Names = std::map<std::string, std::string>;  // keys or paths by id

// Without what only the server sets.
json::object plain(json::object item) {
    for (const char* name : {"id", "created", "updated", "version", "has_children", "status"}) {
        item.erase(name);
    }
    return item;
}

void name_field(json::object& item, std::string_view field, const Names& names) {
    if (json::value* id = item.if_contains(field); id != nullptr && id->is_string()) {
        const auto found = names.find(std::string(id->as_string()));
        if (found != names.end()) {
            *id = found->second;
        }
    }
}

Result<> write_file(Context& context, const std::string& path, std::string_view text) {
    Destination file(path);
    TRY(file.open(true));
    TRY(file.write(context.out, text));
    return file.finish();
}

Result<> write_items(Context& context, const std::string& path, json::array items) {
    return write_file(context, path, pretty(json::object{{"items", std::move(items)}}) + "\n");
}

// Those that others build on come first.
json::array in_order(const json::array& models) {
    json::array out;
    std::set<std::string> done;
    const std::function<void(const json::value&)> add = [&](const json::value& model) {
        const json::object& item = model.as_object();
        if (!done.insert(field_text(item, "key")).second) {
            return;
        }
        std::set<std::string> wanted = {field_text(item, "parent")};
        if (const json::value* aspects = item.if_contains("aspects")) {
            for (const json::value& aspect : aspects->as_array()) {
                wanted.insert(std::string(aspect.as_string()));
            }
        }
        for (const json::value& other : models) {
            if (wanted.contains(field_text(other.as_object(), "key"))) {
                add(other);
            }
        }
        out.push_back(model);
    };
    for (const json::value& model : models) {
        add(model);
    }
    return out;
}

class Exporter {
public:
    Exporter(Context& context, std::string folder)
        : context_(context), folder_(std::move(folder)) {}

    Result<> run() {
        std::error_code error;
        std::filesystem::create_directories(folder_ + "/samples", error);
        if (error) {
            return fail(Code::Io, "{}: {}", folder_, error.message());
        }
        TRY(write_models());
        TRY(write_assets());
        TRY(write_connections());
        TRY(write_roles());
        TRY(write_samples());
        return show_done(context_,
                         std::format("Wrote {} thing models, {} assets, {} points and {} files of "
                                     "values to {}",
                                     models_, assets_, points_.size(), files_, folder_),
                         {{"folder", folder_},
                          {"models", models_},
                          {"assets", assets_},
                          {"points", points_.size()},
                          {"sample_files", files_}});
    }

private:
    Result<> write_models() {
        TRY_ASSIGN(json::array items, context_.api.list("/v1/models", {}));
        for (const json::value& item : items) {
            model_keys_[field_text(item.as_object(), "id")] = field_text(item.as_object(), "key");
        }
        for (json::value& item : items) {
            json::object& model = item.as_object();
            model = plain(std::move(model));
            name_field(model, "parent", model_keys_);
            if (json::value* aspects = model.if_contains("aspects")) {
                for (json::value& aspect : aspects->as_array()) {
                    aspect = model_keys_[std::string(aspect.as_string())];
                }
            }
        }
        models_ = items.size();
        return write_items(context_, folder_ + "/models.json", in_order(items));
    }

    Result<> write_assets() {
        TRY_ASSIGN(json::array items, context_.api.list("/v1/assets", {}));
        for (json::value& item : items) {
            json::object& asset = item.as_object();
            asset_paths_[field_text(asset, "id")] = field_text(asset, "path");
            asset = plain(std::move(asset));
            asset.erase("key");
            asset.erase("parent");
            name_field(asset, "model", model_keys_);
        }
        assets_ = items.size();
        // In the order of their paths: parents first.
        TRY(write_items(context_, folder_ + "/assets.json", std::move(items)));
        TRY_ASSIGN(const json::array points, context_.api.list("/v1/points", {}));
        json::array own;
        for (const json::value& item : points) {
            json::object point = item.as_object();
            points_.push_back(field_text(point, "path"));
            if (point["from_model"] != json::value(true)) {
                point = plain(std::move(point));
                point.erase("path");
                point.erase("from_model");
                name_field(point, "asset", asset_paths_);
                own.push_back(std::move(point));
            }
        }
        std::ranges::sort(points_);
        return write_items(context_, folder_ + "/points.json", std::move(own));
    }

    Result<> write_connections() {
        TRY_ASSIGN(json::array items, context_.api.list("/v1/connections", {}));
        for (json::value& item : items) {
            json::object& connection = item.as_object();
            TRY_ASSIGN(
                const json::array tags,
                context_.api.list("/v1/tags", {{"connection", field_text(connection, "id")}}));
            json::array bound;
            for (const json::value& tag : tags) {
                bound.push_back(json::object{{"point", field_text(tag.as_object(), "point_path")},
                                             {"address", field_text(tag.as_object(), "address")}});
            }
            connection = plain(std::move(connection));
            connection["tags"] = std::move(bound);
        }
        return write_items(context_, folder_ + "/connections.json", std::move(items));
    }

    Result<> write_roles() {
        auto items = context_.api.list("/v1/roles", {});
        if (!items && items.error().code == Code::Forbidden) {
            context_.out.warn("roles are left out: they need the permission roles:read");
            return {};
        }
        TRY(items);
        for (json::value& item : *items) {
            item = plain(std::move(item.as_object()));
        }
        return write_items(context_, folder_ + "/roles.json", std::move(*items));
    }

    Result<> write_samples() {
        Progress progress(context_.out, context_.clock, "exporting", points_.size(), "points");
        for (std::size_t first = 0; first < points_.size(); first += points_a_file) {
            const std::string path = std::format("{}/samples/{:05}.csv", folder_, ++files_);
            const std::size_t end = std::min(first + points_a_file, points_.size());
            if (!std::filesystem::exists(path)) {
                TRY(write_values(path, first, end));
            }
            progress.at(end);
        }
        return {};
    }

    Result<> write_values(const std::string& path, std::size_t first, std::size_t end) {
        Query query = {{"from", "1678-01-01T00:00:00Z"}, {"to", "2261-12-31T00:00:00Z"}};
        for (std::size_t i = first; i < end; ++i) {
            query.emplace_back("point", points_[i]);
        }
        Destination file(path);
        TRY(file.open(true));
        TRY(context_.api.download(
            target_of("/v1/samples", query), "text/csv",
            [&](std::string_view piece) -> Result<> { return file.write(context_.out, piece); }));
        return file.finish();
    }

    Context& context_;
    const std::string folder_;
    Names model_keys_;
    Names asset_paths_;
    std::vector<std::string> points_;
    std::size_t models_ = 0;
    std::size_t assets_ = 0;
    std::size_t files_ = 0;
};

// Which files of values a server has: {"url": …, "files": […]}.
class Done {
public:
    Done(Context& context, std::string path) : context_(context), path_(std::move(path)) {
        const auto text = std::filesystem::exists(path_) ? read_text(path_) : std::string("{}");
        const auto parsed = text ? parse_json(*text) : Result<json::value>(json::object());
        const bool usable = parsed && parsed->is_object() &&
                            field_text(parsed->as_object(), "url") == context_.api.url().text();
        const json::value* files = usable ? parsed->as_object().if_contains("files") : nullptr;
        if (files != nullptr && files->is_array()) {
            for (const json::value& file : files->as_array()) {
                files_.insert(cell_text(&file));
            }
        }
    }
    bool has(const std::string& file) const { return files_.contains(file); }
    Result<> add(const std::string& file) {
        files_.insert(file);
        json::array files;
        for (const std::string& done : files_) {
            files.push_back(json::string(done));
        }
        return write_file(
            context_, path_,
            pretty(json::object{{"url", context_.api.url().text()}, {"files", std::move(files)}}) +
                "\n");
    }

private:
    Context& context_;
    const std::string path_;
    std::set<std::string> files_;
};

Result<std::vector<std::string>> sample_files(const std::string& folder) {
    std::vector<std::string> out;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
        if (entry.path().extension() == ".csv") {
            out.push_back(entry.path().filename().string());
        }
    }
    if (error) {
        return fail(Code::NotFound, "{}: {}", folder, error.message());
    }
    std::ranges::sort(out);
    return out;
}

// False when there is nothing in it but its header.
bool has_rows(const std::string& path) {
    std::ifstream file(path);
    std::string line;
    std::getline(file, line);
    return static_cast<bool>(std::getline(file, line));
}

}  // namespace

Result<> export_tenant(Context& context, const std::string& folder) {
    return Exporter(context, folder).run();
}

Result<> import_tenant(Context& context, const std::string& folder, bool dry_run) {
    TRY_ASSIGN(const Pack pack, read_pack(folder));
    TRY_ASSIGN(const auto files, sample_files(folder + "/samples"));
    TRY(load_pack(context, pack, dry_run));
    if (dry_run) {
        return {};
    }
    Done done(context, folder + "/imported.json");
    std::uint64_t values = 0;
    std::size_t skipped = 0;
    for (const std::string& file : files) {
        const std::string path = folder + "/samples/" + file;
        if (done.has(file)) {
            ++skipped;
            continue;
        }
        if (has_rows(path)) {
            TRY_ASSIGN(TimeFormat times, TimeFormat::make("auto", "UTC"));
            CsvImport import(context, path, ',', {}, std::move(times));
            if (auto checked = import.check(); !checked) {
                return within(path, checked.error());
            }
            if (auto sent = import.send(); !sent) {
                return within(path, sent.error());
            }
            values += import.report().accepted;
        }
        TRY(done.add(file));
    }
    context.out.say(
        std::format("{} values from {} files{}", grouped(values), files.size() - skipped,
                    skipped > 0 ? std::format("; {} were brought in before", skipped) : ""));
    return {};
}

}  // namespace gantry::cli
