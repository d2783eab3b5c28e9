// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/secret.h"
#include "model/json.h"

namespace gantry::connector {

// What a person reads about one field of a form.
struct About {
    LocalizedText label;
    LocalizedText help;
};

using NamedDurations = std::vector<std::pair<std::string, Duration>>;

// The settings of a protocol are declared once, in the struct that holds them:
//
//     struct ModbusSettings {
//         std::int64_t port = 502;
//         void describe(Form& form) {
//             form.number("port", port, 1, 65535, {{"Port", "端口"}, {"TCP port", "…"}});
//         }
//     };
//
// The same declaration reads them from JSON, refuses unknown and wrong fields, and draws the form.
class Form {
public:
    virtual ~Form() = default;
    virtual void text(std::string_view name, std::string& value, bool required,
                      const About& about) = 0;
    // What nobody is shown again; it is stored sealed.
    virtual void secret(std::string_view name, Secret& value, const About& about) = 0;
    virtual void flag(std::string_view name, bool& value, const About& about) = 0;
    // Least and most are allowed.
    virtual void number(std::string_view name, std::int64_t& value, std::int64_t least,
                        std::int64_t most, const About& about) = 0;
    virtual void duration(std::string_view name, Duration& value, Duration least, Duration most,
                          const About& about) = 0;
    // An object of durations by name: what is given replaces or joins what is there by default.
    virtual void durations(std::string_view name, NamedDurations& value, Duration least,
                           Duration most, std::size_t count_max, const About& about) = 0;
};

// Fills a form from a JSON object; the first complaint is kept, and names its field.
class FormReader final : public Form {
public:
    FormReader(const json::value& value, std::string path) : in_(value, std::move(path)) {}

    void text(std::string_view name, std::string& value, bool required,
              const About& about) override;
    void secret(std::string_view name, Secret& value, const About& about) override;
    void flag(std::string_view name, bool& value, const About& about) override;
    void number(std::string_view name, std::int64_t& value, std::int64_t least, std::int64_t most,
                const About& about) override;
    void duration(std::string_view name, Duration& value, Duration least, Duration most,
                  const About& about) override;
    void durations(std::string_view name, NamedDurations& value, Duration least, Duration most,
                   std::size_t count_max, const About& about) override;

    Result<> finish() { return in_.finish(); }

private:
    Result<> check_duration(Duration value, Duration least, Duration most,
                            const std::string& where);

    ObjectReader in_;
};

// Writes a form down as JSON for whoever draws it; the values are the defaults.
class FormWriter final : public Form {
public:
    void text(std::string_view name, std::string& value, bool required,
              const About& about) override;
    void secret(std::string_view name, Secret& value, const About& about) override;
    void flag(std::string_view name, bool& value, const About& about) override;
    void number(std::string_view name, std::int64_t& value, std::int64_t least, std::int64_t most,
                const About& about) override;
    void duration(std::string_view name, Duration& value, Duration least, Duration most,
                  const About& about) override;
    void durations(std::string_view name, NamedDurations& value, Duration least, Duration most,
                   std::size_t count_max, const About& about) override;

    json::array take() { return std::move(fields_); }

private:
    json::object& add(std::string_view name, std::string_view type, const About& about);

    json::array fields_;
};

// Reads settings of type T from a JSON text; what is not given keeps its default.
template <class T>
Result<T> read_form(std::string_view text, const std::string& path) {
    T out;
    auto value = parse_json(text);
    if (!value) {
        return bad_field(path, value.error().message);
    }
    FormReader reader(*value, path);
    out.describe(reader);
    TRY(reader.finish());
    return out;
}

}  // namespace gantry::connector
