// SPDX-License-Identifier: Apache-2.0
#include "connector/record/address.h"

namespace gantry::connector::record {
namespace {

constexpr std::string_view help =
    "write a column or a path and, after a blank each, where=column:value, quality=column, sparse, "
    "*scale+offset, db=0.5, max=30s";
constexpr std::size_t conditions_max = 8;

class Parser : private ValueText {
public:
    explicit Parser(std::string_view text) : ValueText(text) {}

    Result<Address> address() {
        if (text().size() > message_address_bytes_max) {
            return complain("the address is longer than 1024 bytes");
        }
        Address out;
        TRY(column(out.column));
        ValueAddress value;
        TRY(options(help, [&] { return option(out, value); }));
        out.sparse = value.sparse;
        out.scaling = value.scaling;
        out.deadband = value.deadband;
        out.silence_max = value.silence_max;
        return out;
    }

private:
    Result<> column(std::string& out) {
        const std::size_t place = at_;
        TRY_ASSIGN(out, source());
        const auto path = path_to(out);
        if (out.empty()) {
            return complain_at(place, help);
        }
        return path ? Result<>{} : complain_at(place, path.error().message);
    }

    Result<> option(Address& out, ValueAddress& value) {
        const std::size_t place = at_;
        if (rest().starts_with("where=")) {
            at_ += 6;
            return condition(out);
        }
        if (rest().starts_with("quality=")) {
            at_ += 8;
            return column(out.quality);
        }
        if (rest().starts_with("json=") || rest().starts_with("time=")) {
            return complain_at(place,
                               "the value stands in the column that the address begins with, and "
                               "the time is a setting of the connection");
        }
        TRY_ASSIGN(const bool known, value_option(value));
        return known ? Result<>{} : complain_at(place, help);
    }

    Result<> condition(Address& out) {
        const std::size_t place = at_;
        TRY_ASSIGN(const std::string both, source());
        const std::size_t colon = both.find(':');
        if (colon == 0 || colon == std::string::npos || !path_to(both.substr(0, colon)) ||
            out.where.size() == conditions_max) {
            return complain_at(place, "write the condition as in where=machine:M1, or in quotes as "
                                      "in where=\"machine:M 1\"; at most 8 of them");
        }
        out.where.push_back({both.substr(0, colon), both.substr(colon + 1)});
        return {};
    }
};

}  // namespace

Result<payload::Path> path_to(std::string_view column) {
    if (column.starts_with('$')) {
        TRY_ASSIGN(auto path, payload::Path::parse(column));
        if (path.several()) {
            return fail(Code::InvalidArgument, "a tag has one value: its path has no *");
        }
        return path;
    }
    std::string text = "$['";
    for (const char c : column) {
        text += c == '\'' || c == '\\' ? std::string{'\\', c} : std::string{c};
    }
    return payload::Path::parse(text + "']");
}

Result<Address> parse_address(std::string_view text) { return Parser(text).address(); }

std::string format_address(const Address& address) {
    std::string out = in_quotes_if_need_be(address.column);
    for (const Condition& one : address.where) {
        out += " where=" + in_quotes_if_need_be(one.column + ":" + one.value);
    }
    if (!address.quality.empty()) {
        out += " quality=" + in_quotes_if_need_be(address.quality);
    }
    ValueAddress value;
    value.sparse = address.sparse;
    value.scaling = address.scaling;
    value.deadband = address.deadband;
    value.silence_max = address.silence_max;
    return out + format_value(value);
}

}  // namespace gantry::connector::record
