// SPDX-License-Identifier: Apache-2.0
#include "cli/credentials.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "cli/terminal.h"
#include "model/json.h"

namespace gantry::cli {
namespace {

json::object empty_state() { return {{"current", ""}, {"servers", json::object()}}; }

// The file's object; an absent file is an empty one.
Result<json::object> read_object(const std::string& path, bool secret) {
    struct stat status{};
    if (stat(path.c_str(), &status) != 0) {
        return json::object();
    }
    if (secret && (status.st_mode & 077) != 0) {
        return fail(Code::Forbidden,
                    "{} can be read by others (mode {:o}): chmod 600 it, sign out and in again",
                    path, status.st_mode & 0777);
    }
    TRY_ASSIGN(const std::string text, read_text(path));
    auto value = parse_json(text);
    if (!value || !value->is_object()) {
        return fail(Code::Corrupt, "{} is not a JSON object{}: correct or remove it", path,
                    value ? "" : ": " + value.error().message);
    }
    return std::move(value->as_object());
}

std::string text_of(const json::object& object, std::string_view name) {
    const json::value* value = object.if_contains(name);
    return value != nullptr && value->is_string() ? std::string(value->as_string()) : "";
}

Time time_of(const json::object& object, std::string_view name) {
    return parse_time(text_of(object, name)).value_or(0);
}

Result<> write_secret_file(const std::string& path, const std::string& text) {
    const std::string temporary = path + ".new";
    const int file = open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0) {
        return fail(Code::Io, "cannot write {}: {}", temporary, std::strerror(errno));
    }
    const bool written = fchmod(file, 0600) == 0 &&
                         write(file, text.data(), text.size()) == std::ssize(text) &&
                         fsync(file) == 0;
    const int reason = errno;
    close(file);
    if (!written || rename(temporary.c_str(), path.c_str()) != 0) {
        return fail(Code::Io, "cannot write {}: {}", path, std::strerror(written ? errno : reason));
    }
    return {};
}

Result<json::object> read_state(const std::string& path) {
    TRY_ASSIGN(json::object state, read_object(path, true));
    if (!state.contains("servers") || !state["servers"].is_object()) {
        return empty_state();
    }
    return state;
}

Result<> make_folder(const std::string& folder) {
    std::error_code error;
    std::filesystem::create_directories(std::filesystem::path(folder).parent_path(), error);
    if (mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
        return fail(Code::Io, "cannot make the folder {}: {}", folder, std::strerror(errno));
    }
    return {};
}

}  // namespace

std::string config_folder() {
    if (const char* folder = std::getenv("XDG_CONFIG_HOME"); folder != nullptr && *folder == '/') {
        return std::string(folder) + "/gantry";
    }
    const char* home = std::getenv("HOME");
    return std::string(home != nullptr ? home : "") + "/.config/gantry";
}

Result<std::string> Credentials::current() const {
    TRY_ASSIGN(const json::object state, read_state(file()));
    return text_of(state, "current");
}

Result<std::optional<SignIn>> Credentials::find(const std::string& url) const {
    TRY_ASSIGN(const json::object state, read_state(file()));
    const json::value* entry = state.at("servers").as_object().if_contains(url);
    if (entry == nullptr || !entry->is_object()) {
        return std::nullopt;
    }
    const json::object& in = entry->as_object();
    const json::value* plaintext = in.if_contains("plaintext");
    return SignIn{
        .url = url,
        .login = text_of(in, "login"),
        .access = Secret(text_of(in, "access_token")),
        .access_expires = time_of(in, "access_expires"),
        .refresh = Secret(text_of(in, "refresh_token")),
        .refresh_expires = time_of(in, "refresh_expires"),
        .ca_file = text_of(in, "ca"),
        .plaintext = plaintext != nullptr && plaintext->is_bool() && plaintext->as_bool()};
}

Result<Config> Credentials::config() const {
    TRY_ASSIGN(json::object object, read_object(folder_ + "/config.json", false));
    Config out;
    const json::value value(std::move(object));  // the reader keeps a reference
    ObjectReader in(value, "");
    in.optional("url", out.url);
    in.optional("ca", out.ca_file);
    if (auto read = in.finish(); !read) {
        return within(folder_ + "/config.json", read.error());
    }
    return out;
}

Credentials::Lock::~Lock() { close(file_); }

Result<std::unique_ptr<Credentials::Lock>> Credentials::try_lock() {
    TRY(make_folder(folder_));
    const std::string path = folder_ + "/credentials.lock";
    const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) {
        return fail(Code::Io, "cannot open {}: {}", path, std::strerror(errno));
    }
    auto lock = std::make_unique<Lock>(file);
    if (flock(file, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK) {
            return nullptr;
        }
        return fail(Code::Io, "cannot lock {}: {}", path, std::strerror(errno));
    }
    return lock;
}

Result<> Credentials::save(const SignIn& sign_in, bool make_current) {
    TRY_ASSIGN(json::object state, read_state(file()));
    if (make_current) {
        state["current"] = sign_in.url;
    }
    json::object entry = {{"login", sign_in.login},
                          {"access_token", sign_in.access.reveal()},
                          {"access_expires", format_time(sign_in.access_expires)},
                          {"refresh_token", sign_in.refresh.reveal()},
                          {"refresh_expires", format_time(sign_in.refresh_expires)}};
    if (!sign_in.ca_file.empty()) {
        entry["ca"] = sign_in.ca_file;
    }
    if (sign_in.plaintext) {
        entry["plaintext"] = true;
    }
    state["servers"].as_object()[sign_in.url] = std::move(entry);
    return write_secret_file(file(), json::serialize(state) + "\n");
}

Result<> Credentials::forget(const std::string& url) {
    TRY_ASSIGN(json::object state, read_state(file()));
    state["servers"].as_object().erase(url);
    if (text_of(state, "current") == url) {
        state["current"] = "";
    }
    return write_secret_file(file(), json::serialize(state) + "\n");
}

}  // namespace gantry::cli
