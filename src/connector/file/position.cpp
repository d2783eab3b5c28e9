// SPDX-License-Identifier: Apache-2.0
#include "connector/file/position.h"

#include "base/encoding.h"

namespace gantry::connector::file {

json::object to_json(const std::vector<FilePosition>& positions) {
    json::array files;
    for (const FilePosition& one : positions) {
        json::object file;
        file["name"] = to_hex(std::as_bytes(std::span(one.entry.name)));
        file["device"] = one.entry.id.device;
        file["number"] = one.entry.id.number;
        file["size"] = one.entry.size;
        file["modified"] = one.entry.modified;
        file["offset"] = one.offset;
        file["line"] = one.line;
        file["head"] = to_hex(std::as_bytes(std::span(one.head)));
        json::array columns;
        for (const std::string& name : one.columns) {
            columns.emplace_back(name);
        }
        file["columns"] = std::move(columns);
        file["done"] = one.done;
        file["stamp"] = one.stamp;
        file["stamped"] = one.stamped;
        files.push_back(std::move(file));
    }
    return {{"files", std::move(files)}};
}

Result<std::vector<FilePosition>> positions_of(const json::object& object) {
    try {
        std::vector<FilePosition> out;
        const auto text = [](const json::value& value) {
            const auto bytes = from_hex(std::string_view(value.as_string()));
            return bytes ? std::string(reinterpret_cast<const char*>(bytes->data()), bytes->size())
                         : std::string();
        };
        for (const json::value& item : object.at("files").as_array()) {
            const json::object& file = item.as_object();
            FilePosition& one = out.emplace_back();
            one.entry.name = text(file.at("name"));
            one.entry.id = {file.at("device").to_number<std::uint64_t>(),
                            file.at("number").to_number<std::uint64_t>()};
            one.entry.size = file.at("size").to_number<std::uint64_t>();
            one.entry.modified = file.at("modified").to_number<std::int64_t>();
            one.offset = file.at("offset").to_number<std::uint64_t>();
            one.line = file.at("line").to_number<std::uint64_t>();
            one.head = text(file.at("head"));
            for (const json::value& name : file.at("columns").as_array()) {
                one.columns.emplace_back(name.as_string());
            }
            one.done = file.at("done").as_bool();
            one.stamp = file.at("stamp").to_number<std::int64_t>();
            one.stamped = file.at("stamped").to_number<std::uint64_t>();
        }
        return out;
    } catch (const std::exception& error) {
        return fail(Code::Corrupt, "the position of the connection cannot be read: {}",
                    error.what());
    }
}

}  // namespace gantry::connector::file
