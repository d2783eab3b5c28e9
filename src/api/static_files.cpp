// SPDX-License-Identifier: Apache-2.0
#include "api/static_files.h"

#include <charconv>

#include "base/assert.h"
#include "base/embedded.h"

EMBEDDED_FILE(console_pack, gantry_console_pack)

namespace gantry::api {
namespace {

constexpr std::string_view page = "/index.html";

// Only our own scripts, styles and connections; nothing inline, nothing from elsewhere.
constexpr std::string_view content_security_policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src "
    "'self'; "
    "connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types svelte-trusted-html";

std::string_view take_line(std::string_view& text, char end) {
    const std::size_t at = text.find(end);
    ASSERT(at != std::string_view::npos);
    const std::string_view line = text.substr(0, at);
    text.remove_prefix(at + 1);
    return line;
}

std::size_t number(std::string_view text) {
    std::size_t out = 0;
    ASSERT(std::from_chars(text.data(), text.data() + text.size(), out).ec == std::errc());
    return out;
}

}  // namespace

// The pack: a line a file, "path type etag plain-size gzip-size forever", tab-separated; an empty
// line; then for each file its plain and its gzip bytes.
StaticFiles::StaticFiles() {
    std::string_view index = console_pack();
    std::string_view data = index.substr(index.find("\n\n") + 2);
    while (!index.starts_with('\n')) {
        std::string_view line = take_line(index, '\n');
        const std::string path(take_line(line, '\t'));
        File file;
        file.type = take_line(line, '\t');
        file.tag = take_line(line, '\t');
        const std::size_t plain = number(take_line(line, '\t'));
        const std::size_t gzip = number(take_line(line, '\t'));
        file.forever = line == "1";
        file.plain = data.substr(0, plain);
        file.gzip = data.substr(plain, gzip);
        data.remove_prefix(plain + gzip);
        files_.emplace(path, std::move(file));
    }
    ASSERT(files_.contains(page));
}

std::optional<http::Response> StaticFiles::find(const http::Request& request) const {
    if (request.method != http::Method::Get && request.method != http::Method::Head) {
        return std::nullopt;
    }
    const std::string_view path = request.path();
    auto found = files_.find(path);
    if (found == files_.end()) {
        const bool of_api = path.starts_with("/v1/") || path == "/v1";
        if (of_api || path.find('.') != std::string_view::npos) {
            return std::nullopt;
        }
        found = files_.find(page);
    }
    const File& file = found->second;
    http::Response out;
    out.with("ETag", file.tag);
    out.with("Cache-Control", file.forever ? "public, max-age=31536000, immutable" : "no-cache");
    if (request.header("if-none-match") == file.tag) {
        out.status = 304;
        return out;
    }
    out.with("Content-Type", file.type);
    if (file.type.starts_with("text/html")) {
        out.with("Content-Security-Policy", std::string(content_security_policy));
        out.with("Cross-Origin-Opener-Policy", "same-origin");
    }
    const bool packed = !file.gzip.empty() &&
                        request.header("accept-encoding").find("gzip") != std::string_view::npos;
    if (packed) {
        out.with("Content-Encoding", "gzip");
    }
    out.with("Vary", "Accept-Encoding");
    out.body = packed ? file.gzip : file.plain;
    return out;
}

}  // namespace gantry::api
