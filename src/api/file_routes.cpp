// SPDX-License-Identifier: Apache-2.0
// Files of a tenant for SQL.
#include "api/point_access.h"
#include "api/route.h"
#include "api/sample_export.h"

namespace gantry::api {
namespace {

constexpr std::size_t file_bytes_max = 64 * 1024 * 1024;
constexpr std::size_t piece_bytes = 256 * 1024;

json::object show(const files::FileInfo& file) {
    return {{"name", file.name}, {"bytes", file.bytes}};
}

Result<http::Response> list_files(Services& services, const Call& call) {
    TRY_ASSIGN(const auto all, services.files.list(call.tenant()));
    json::array items;
    for (const files::FileInfo& file : all) {
        if (call.context.may("files:read", file.name)) {
            items.push_back(show(file));
        }
    }
    return json_answer(json::object{{"items", std::move(items)}});
}

Result<http::Response> put_file(Services& services, const Call& call) {
    const std::string& name = call.part("file");
    TRY(call.require("files:write", name, "file"));
    const std::string& body = call.request.body;
    TRY(services.files.put(call.tenant(), name, std::as_bytes(std::span(body))));
    return json_answer(show({name, body.size()}));
}

// A file on its way out, as it was when that began.
class Reading {
public:
    Reading(OffloadPool& pool, std::unique_ptr<File> file) : pool_(pool), file_(std::move(file)) {}

    Async<std::string> next() {
        co_return co_await offload(pool_, [this] { return piece(); });
    }

private:
    Result<std::string> piece() {
        std::string out(piece_bytes, '\0');
        TRY_ASSIGN(const std::size_t size,
                   file_->read(at_, std::as_writable_bytes(std::span(out))));
        at_ += size;
        out.resize(size);
        return out;
    }

    OffloadPool& pool_;
    std::unique_ptr<File> file_;
    std::uint64_t at_ = 0;
};

Result<http::Response> send_file(Services& services, const Call& call) {
    const std::string& name = call.part("file");
    TRY(call.require("files:read", name, "file"));
    TRY_ASSIGN(auto file, services.files.open(call.tenant(), name));
    auto reading = std::make_shared<Reading>(services.offload, std::move(file));
    return stream_answer([reading] { return reading->next(); }, "application/octet-stream", name);
}

Result<http::Response> remove_file(Services& services, const Call& call) {
    const std::string& name = call.part("file");
    TRY(call.require("files:write", name, "file"));
    TRY(services.files.remove(call.tenant(), name));
    return no_content();
}

}  // namespace

void add_file_routes(std::vector<Route>& out) {
    out.push_back({.method = http::Method::Get,
                   .path = "/v1/files",
                   .id = "listFiles",
                   .tag = "SQL",
                   .summary = "Files that SQL reads",
                   .permission = "files:read",
                   .handle = list_files,
                   .response = "StoredFileList",
                   .about = "All of them, by name; SQL knows each as files/NAME."});
    out.push_back({.method = http::Method::Put,
                   .path = "/v1/files/{file}",
                   .id = "putFile",
                   .tag = "SQL",
                   .summary = "Bring a file, or replace it",
                   .permission = "files:write",
                   .handle = put_file,
                   .request = "FileContent",
                   .response = "StoredFile",
                   .body_max = file_bytes_max,
                   .audited = true,
                   .about = "Parquet, CSV or JSON, 64 MiB at most. It can be read, whole and "
                            "durable, when the answer comes; queries that run go on with the one "
                            "before. 403 quota_exceeded when the tenant has too many bytes."});
    out.push_back({.method = http::Method::Get,
                   .path = "/v1/files/{file}",
                   .id = "getFile",
                   .tag = "SQL",
                   .summary = "A file as it was brought",
                   .permission = "files:read",
                   .handle = send_file,
                   .response = "FileContent"});
    out.push_back({.method = http::Method::Delete,
                   .path = "/v1/files/{file}",
                   .id = "deleteFile",
                   .tag = "SQL",
                   .summary = "Remove a file",
                   .permission = "files:write",
                   .handle = remove_file,
                   .success = 204,
                   .audited = true});
}

}  // namespace gantry::api
