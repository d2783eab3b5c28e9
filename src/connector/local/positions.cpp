// SPDX-License-Identifier: Apache-2.0
#include "connector/local/positions.h"

namespace gantry::connector {

std::string Positions::path_of(const std::string& connection) const {
    return folder_ + "/" + connection + ".json";
}

Result<std::optional<json::object>> Positions::load(const std::string& connection) const {
    const std::string path = path_of(connection);
    TRY_ASSIGN(const bool there, disk_.exists(path));
    if (!there) {
        return std::nullopt;
    }
    TRY_ASSIGN(const Bytes bytes, read_file(disk_, path, bytes_max));
    auto read =
        parse_json(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
    if (!read || !read->is_object()) {
        return fail(Code::Corrupt,
                    "{} is not a position: remove it to have everything read once more", path);
    }
    return std::move(read->as_object());
}

Result<> Positions::save(const std::string& connection, const json::object& position) const {
    const std::string text = json::serialize(position);
    if (text.size() > bytes_max) {
        return fail(Code::TooLarge, "the position of the connection has more than {} bytes",
                    bytes_max);
    }
    return replace_file(disk_, path_of(connection), std::as_bytes(std::span(text)));
}

}  // namespace gantry::connector
