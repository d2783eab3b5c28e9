// SPDX-License-Identifier: Apache-2.0
#include "daemon/options.h"

#define TOML_EXCEPTIONS 0
#include <toml++/toml.hpp>

#include <algorithm>
#include <set>

#include "base/encoding.h"

namespace gantry::daemon {
namespace {

// Fills one section from a TOML table. The first complaint is kept.
class TomlReader final : public OptionVisitor {
public:
    TomlReader(const toml::table& table, std::string section, std::string file)
        : table_(table), section_(std::move(section)), file_(std::move(file)) {}

    void text(std::string_view name, std::string& value, std::string_view) override {
        if (const toml::node* node = take(name)) {
            assign(*node, name, node->value_exact<std::string>(), value, "a string in quotes");
        }
    }
    void flag(std::string_view name, bool& value, std::string_view) override {
        if (const toml::node* node = take(name)) {
            assign(*node, name, node->value_exact<bool>(), value, "true or false");
        }
    }
    void number(std::string_view name, std::int64_t& value, std::int64_t least, std::int64_t most,
                std::string_view) override {
        const toml::node* node = take(name);
        if (node == nullptr) {
            return;
        }
        assign(*node, name, node->value_exact<std::int64_t>(), value, "a whole number");
        if (value < least || value > most) {
            complain(*node, name, std::format("must be {} to {}", least, most));
        }
    }
    void duration(std::string_view name, Duration& value, Duration least, Duration most,
                  std::string_view) override {
        const toml::node* node = take(name);
        if (node == nullptr) {
            return;
        }
        std::string text;
        assign(*node, name, node->value_exact<std::string>(), text, "a duration such as \"5m\"");
        const auto parsed = parse_duration(text);
        if (!parsed) {
            complain(*node, name, parsed.error().message);
        } else if (*parsed < least || *parsed > most) {
            complain(
                *node, name,
                std::format("must be {} to {}", format_duration(least), format_duration(most)));
        } else {
            value = *parsed;
        }
    }
    void texts(std::string_view name, std::vector<std::string>& value, std::string_view) override {
        const toml::node* node = take(name);
        if (node == nullptr) {
            return;
        }
        const toml::array* array = node->as_array();
        if (array == nullptr) {
            complain(*node, name, "must be an array of strings");
            return;
        }
        value.clear();
        for (const toml::node& item : *array) {
            assign(item, name, item.value_exact<std::string>(), value.emplace_back(),
                   "an array of strings");
        }
    }

    Result<> finish() {
        for (const auto& [key, node] : table_) {
            if (result_ && std::ranges::find(known_, key.str()) == known_.end()) {
                complain(node, key.str(), "is not a known key" + nearest(key.str(), known_));
            }
        }
        return result_;
    }

    static std::string nearest(std::string_view word, const std::vector<std::string>& known) {
        const auto best = std::ranges::min_element(known, {}, [word](const std::string& candidate) {
            return edit_distance(word, candidate);
        });
        return best != known.end() && edit_distance(word, *best) <= 3
                   ? std::format(": did you mean {}?", *best)
                   : ": gantryd --print-config lists all keys";
    }

private:
    const toml::node* take(std::string_view name) {
        known_.emplace_back(name);
        return table_.get(name);
    }
    template <class T>
    void assign(const toml::node& node, std::string_view name, const std::optional<T>& found,
                T& value, std::string_view wanted) {
        if (found) {
            value = *found;
        } else {
            complain(node, name, std::format("must be {}", wanted));
        }
    }
    void complain(const toml::node& node, std::string_view name, std::string_view what) {
        if (result_) {
            result_ = fail(Code::InvalidArgument, "{}:{}: {}.{} {}", file_,
                           node.source().begin.line, section_, name, what);
        }
    }

    const toml::table& table_;
    std::string section_;
    std::string file_;
    std::vector<std::string> known_;
    Result<> result_;
};

std::string toml_text(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            out += '\\';
        }
        out += c;
    }
    return out + "\"";
}

class TomlPrinter final : public OptionVisitor {
public:
    void text(std::string_view name, std::string& value, std::string_view about) override {
        print(name, toml_text(value), about);
    }
    void flag(std::string_view name, bool& value, std::string_view about) override {
        print(name, value ? "true" : "false", about);
    }
    void number(std::string_view name, std::int64_t& value, std::int64_t least, std::int64_t most,
                std::string_view about) override {
        print(name, std::to_string(value), std::format("{} {} to {}.", about, least, most));
    }
    void duration(std::string_view name, Duration& value, Duration least, Duration most,
                  std::string_view about) override {
        print(name, toml_text(format_duration(value)),
              std::format("{} {} to {}.", about, format_duration(least), format_duration(most)));
    }
    void texts(std::string_view name, std::vector<std::string>& value,
               std::string_view about) override {
        std::string list = "[";
        for (const std::string& item : value) {
            list += (list.size() > 1 ? ", " : "") + toml_text(item);
        }
        print(name, list + "]", about);
    }

    std::string out;

private:
    void print(std::string_view name, std::string_view value, std::string_view about) {
        out += std::format("# {}\n{} = {}\n", about, name, value);
    }
};

}  // namespace

void Options::sections(
    const std::function<void(std::string_view, const std::function<void(OptionVisitor&)>&)>&
        visit) {
    visit("general", [this](OptionVisitor& options) { general.describe(options); });
    visit("http", [this](OptionVisitor& options) { http.describe(options); });
    visit("sessions", [this](OptionVisitor& options) { registry.sessions.describe(options); });
    visit("tenants", [this](OptionVisitor& options) { registry.tenants.describe(options); });
    visit("store", [this](OptionVisitor& options) { store.describe(options); });
    visit("pipeline", [this](OptionVisitor& options) { pipeline.describe(options); });
    visit("sql", [this](OptionVisitor& options) { sql.describe(options); });
    visit("files", [this](OptionVisitor& options) { files.describe(options); });
    visit("postgres", [this](OptionVisitor& options) { postgres.describe(options); });
    visit("mqtt", [this](OptionVisitor& options) { mqtt.describe(options); });
    visit("opcua_server", [this](OptionVisitor& options) { opcua_server.describe(options); });
    visit("connectors", [this](OptionVisitor& options) { connectors.describe(options); });
}

Result<> read_toml(Options& options, const std::string& text, const std::string& file_name) {
    const toml::parse_result parsed = toml::parse(text, file_name);
    if (!parsed) {
        return fail(Code::InvalidArgument, "{}:{}: {}", file_name,
                    parsed.error().source().begin.line, parsed.error().description());
    }
    Result<> result;
    std::vector<std::string> known;
    options.sections(
        [&](std::string_view name, const std::function<void(OptionVisitor&)>& describe) {
            known.emplace_back(name);
            const toml::node* node = parsed.table().get(name);
            if (node == nullptr || !result) {
                return;
            }
            if (node->as_table() == nullptr) {
                result = fail(Code::InvalidArgument, "{}:{}: {} must be a section: [{}]", file_name,
                              node->source().begin.line, name, name);
                return;
            }
            TomlReader reader(*node->as_table(), std::string(name), file_name);
            describe(reader);
            result = reader.finish();
        });
    for (const auto& [key, node] : parsed.table()) {
        if (result && std::ranges::find(known, key.str()) == known.end()) {
            result =
                fail(Code::InvalidArgument, "{}:{}: [{}] is not a known section{}", file_name,
                     node.source().begin.line, key.str(), TomlReader::nearest(key.str(), known));
        }
    }
    return result;
}

std::string print_toml(Options& options) {
    std::string out;
    options.sections(
        [&out](std::string_view name, const std::function<void(OptionVisitor&)>& describe) {
            TomlPrinter printer;
            describe(printer);
            out += std::format("{}[{}]\n{}", out.empty() ? "" : "\n", name, printer.out);
        });
    return out;
}

}  // namespace gantry::daemon
