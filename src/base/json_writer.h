// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace gantry {

// Writes JSON straight into a string, for output that is too hot for a tree of objects. It sets the
// commas; the caller keeps begin and end in pairs. Bytes that are not UTF-8 become U+FFFD.
class JsonWriter {
public:
    explicit JsonWriter(std::string& out) : out_(out) {}

    JsonWriter& begin_object();
    JsonWriter& end_object();
    JsonWriter& begin_array();
    JsonWriter& end_array();
    JsonWriter& key(std::string_view name);

    JsonWriter& value(std::string_view text);
    JsonWriter& value(const char* text) { return value(std::string_view(text)); }
    JsonWriter& value(bool truth);
    // Not a number and the infinities, which JSON does not have, become null.
    JsonWriter& value(double number);
    template <std::integral T>
        requires(!std::same_as<T, bool>)
    JsonWriter& value(T number) {
        if constexpr (std::is_signed_v<T>) {
            return signed_value(number);
        } else {
            return unsigned_value(number);
        }
    }
    JsonWriter& null();
    // Text that is JSON already.
    JsonWriter& raw(std::string_view json);

    template <class T>
    JsonWriter& field(std::string_view name, const T& content) {
        key(name);
        return value(content);
    }

    // A number that may pass 2^53 and so goes as a string (API grammar).
    JsonWriter& big(std::int64_t number);

    std::string& out() { return out_; }

private:
    JsonWriter& signed_value(std::int64_t number);
    JsonWriter& unsigned_value(std::uint64_t number);
    void separate();

    std::string& out_;
    bool comma_ = false;
};

// Appends text in quotes with everything escaped that JSON wants escaped.
void append_json_string(std::string& out, std::string_view text);

}  // namespace gantry
