// SPDX-License-Identifier: Apache-2.0
#include "connector/http_json/address.h"

#include <algorithm>
#include <format>

namespace gantry::connector::http_json {
namespace {

constexpr std::string_view path_help =
    "begin with the path of a resource, as in /api/status or /api/status?unit=3; blanks in it are "
    "written as %20";
constexpr std::string_view options_help =
    "what may follow after a blank is json=$.value, time=$.ts, quality=$.quality, sparse, "
    "*scale+offset, db=0.5, max=30s, grp=fast, set=/path, setjson=$.value or put";

class Parser : private ValueText {
public:
    explicit Parser(std::string_view text) : ValueText(text) {}

    Result<Address> address() {
        if (text().size() > message_address_bytes_max) {
            return complain("the address is longer than 1024 bytes");
        }
        Address out;
        TRY(resource(out.path));
        TRY(options(options_help, [&] { return option(out); }));
        TRY(check_value(out));
        if (!out.set && (put_ || !set_json_.empty())) {
            return complain("put and setjson= belong to where a write goes: add set=/path");
        }
        if (out.set) {
            out.set->json = set_json_;
            out.set->put = put_;
        }
        return out;
    }

private:
    Result<> resource(std::string& out) {
        const std::size_t place = at_;
        out = take_until(" ");
        return is_path(out) ? Result<>{} : complain_at(place, path_help);
    }

    Result<> option(Address& out) {
        TRY_ASSIGN(const bool of_value, value_option(out));
        if (of_value) {
            return {};
        }
        const std::size_t place = at_;
        const std::string_view name = take_until("= ");
        if (name == "put" && !next_is('=')) {
            put_ = true;
            return {};
        }
        if (!take('=')) {
            return complain_at(place, options_help);
        }
        if (name == "set") {
            return resource(out.set.emplace().path);
        }
        if (name == "setjson") {
            return written_path(set_json_);
        }
        if (name == "grp") {
            const std::size_t value_place = at_;
            return read_group(take_until(" "), value_place, out.group);
        }
        return complain_at(place, options_help);
    }

    bool put_ = false;
    std::string set_json_;
};

}  // namespace

bool is_path(std::string_view text) {
    return text.starts_with('/') && !text.contains('#') && std::ranges::all_of(text, [](char c) {
               return static_cast<unsigned char>(c) > 0x20 && static_cast<unsigned char>(c) < 0x7f;
           });
}

Result<Address> parse_address(std::string_view text) { return Parser(text).address(); }

std::string format_address(const Address& address) {
    std::string out = address.path + format_value(address);
    if (address.group != "default") {
        out += " grp=" + address.group;
    }
    if (address.set) {
        out += " set=" + address.set->path;
        out += address.set->json.empty() ? "" : " setjson=" + address.set->json;
        out += address.set->put ? " put" : "";
    }
    return out;
}

}  // namespace gantry::connector::http_json
