// SPDX-License-Identifier: Apache-2.0
#include "cli/output.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <print>

#include "base/error_tables.h"
#include "cli/text_width.h"

namespace gantry::cli {
namespace {

void append_pretty(std::string& out, const json::value& value, std::size_t depth) {
    const std::string inner((depth + 1) * 2, ' ');
    const std::string outer(depth * 2, ' ');
    if (value.is_object() && !value.as_object().empty()) {
        out += "{\n";
        bool first = true;
        for (const auto& [key, content] : value.as_object()) {
            out += first ? "" : ",\n";
            out += inner + json::serialize(key) + ": ";
            append_pretty(out, content, depth + 1);
            first = false;
        }
        out += "\n" + outer + "}";
    } else if (value.is_array() && !value.as_array().empty() &&
               value.as_array().front().is_structured()) {
        out += "[\n";
        bool first = true;
        for (const auto& content : value.as_array()) {
            out += first ? "" : ",\n";
            out += inner;
            append_pretty(out, content, depth + 1);
            first = false;
        }
        out += "\n" + outer + "]";
    } else if (value.is_array()) {
        out += "[";
        for (std::size_t i = 0; i < value.as_array().size(); ++i) {
            out += i == 0 ? "" : ", ";
            append_pretty(out, value.as_array()[i], depth + 1);
        }
        out += "]";
    } else {
        out += cell_text(&value).empty() || !value.is_double() ? json::serialize(value)
                                                               : cell_text(&value);
    }
}

}  // namespace

Result<> Output::data(std::string_view text) {
    if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) {
        return fail(Code::Io, "writing to standard output: {}", std::strerror(errno));
    }
    return {};
}

Result<> Output::flush() {
    if (std::fflush(stdout) != 0) {
        return fail(Code::Io, "writing to standard output: {}", std::strerror(errno));
    }
    return {};
}

Result<> Output::document(const json::value& value) { return data(pretty(value) + "\n"); }

Result<> Output::table(const Table& table) {
    if (options_.form == Form::Plain) {
        return data(tab_separated(table));
    }
    return data(lay_out(table, options_.out_is_tty ? options_.columns : 0, options_.color));
}

Result<> Output::fields(const std::vector<std::pair<std::string, std::string>>& fields) {
    std::string out;
    std::size_t width = 0;
    for (const auto& [name, value] : fields) {
        width = std::max(width, text_width(name));
    }
    for (const auto& [name, value] : fields) {
        if (options_.form == Form::Plain) {
            out += tab_separated({{}, {{name, value}}});
        } else if (!value.empty()) {
            out += pad_right(name, width + 2) + printable(value) + "\n";
        }
    }
    return data(out);
}

void Output::say(std::string_view text) {
    if (!options_.quiet && options_.form != Form::Json) {
        std::fflush(stdout);
        std::println(stderr, "{}", text);
    }
}

void Output::warn(std::string_view text) {
    if (options_.form != Form::Json) {
        std::fflush(stdout);
        std::println(stderr, "gantry: {}", text);
    }
}

void Output::report(const Error& error) {
    std::fflush(stdout);
    if (options_.form == Form::Json) {
        json::object inside = {{"code", code_name(error.code)},
                               {"message", error.message},
                               {"exit_code", exit_code(error.code)}};
        if (!error.field.empty()) {
            inside["field"] = error.field;
        }
        std::println(stderr, "{}", json::serialize(json::object{{"error", std::move(inside)}}));
        return;
    }
    std::println(stderr, "gantry: {}", error.message);
}

std::string Output::name_of(const json::object& item) const {
    const json::value* name = item.if_contains("name");
    if (name == nullptr) {
        return "";
    }
    if (!name->is_object()) {
        return cell_text(name);
    }
    const bool chinese = options_.language == Language::Chinese;
    const std::string first = field_text(name->as_object(), chinese ? "zh" : "en");
    return first.empty() ? field_text(name->as_object(), chinese ? "en" : "zh") : first;
}

std::string cell_text(const json::value* value) {
    if (value == nullptr || value->is_null()) {
        return "";
    }
    if (value->is_string()) {
        return std::string(value->as_string());
    }
    if (value->is_double()) {
        return std::format("{}", value->as_double());  // 42, not 4.2E1
    }
    return json::serialize(*value);
}

std::string field_text(const json::object& item, std::string_view name) {
    return cell_text(item.if_contains(name));
}

std::string pretty(const json::value& value) {
    std::string out;
    append_pretty(out, value, 0);
    return out;
}

std::string grouped(std::uint64_t number) {
    std::string out = std::to_string(number);
    for (std::size_t at = out.size(); at > 3; at -= 3) {
        out.insert(at - 3, ",");
    }
    return out;
}

}  // namespace gantry::cli
