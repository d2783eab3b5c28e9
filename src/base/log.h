// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <mutex>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace gantry {

enum class Level : unsigned char { Debug, Info, Warning, Error };

std::string_view level_name(Level level);
Result<Level> parse_level(std::string_view name);

// One key and its value in a log line.
struct Field {
    using Value = std::variant<std::string_view, std::int64_t, double, bool>;

    Field(std::string_view field_key, std::string_view text) : key(field_key), value(text) {}
    Field(std::string_view field_key, const char* text)
        : key(field_key), value(std::string_view(text)) {}
    Field(std::string_view field_key, const std::string& text)
        : key(field_key), value(std::string_view(text)) {}
    template <std::integral T>
    Field(std::string_view field_key, T number) : key(field_key) {
        if constexpr (std::same_as<T, bool>) {
            value = number;
        } else {
            value = static_cast<std::int64_t>(number);
        }
    }
    Field(std::string_view field_key, double number) : key(field_key), value(number) {}
    Field(std::string_view field_key, Code code) : key(field_key), value(code_name(code)) {}
    Field(std::string_view field_key, const class Secret&) = delete;

    std::string_view key;
    Value value;
};

// Where finished lines go. Called under the log's lock, one line at a time, newline included.
class LogOutput {
public:
    virtual ~LogOutput() = default;
    virtual void write(std::string_view line) = 0;
};

// Writes to a file descriptor that it does not own.
class DescriptorOutput final : public LogOutput {
public:
    explicit DescriptorOutput(int descriptor) : descriptor_(descriptor) {}
    void write(std::string_view line) override;

private:
    int descriptor_;
};

// Keeps lines for a test to look at.
class MemoryOutput final : public LogOutput {
public:
    void write(std::string_view line) override;
    std::string text() const;

private:
    mutable std::mutex mutex_;
    std::string text_;
};

// One JSON object a line: {"time":…,"level":…,"module":…,"event":…, fields…}. Any thread.
class Log {
public:
    Log(const Clock& clock, LogOutput& output, Level least = Level::Info)
        : clock_(clock), output_(output), least_(least) {}

    void write(Level level, std::string_view module, std::string_view event,
               std::initializer_list<Field> fields = {});

    void debug(std::string_view module, std::string_view event,
               std::initializer_list<Field> fields = {}) {
        write(Level::Debug, module, event, fields);
    }
    void info(std::string_view module, std::string_view event,
              std::initializer_list<Field> fields = {}) {
        write(Level::Info, module, event, fields);
    }
    void warn(std::string_view module, std::string_view event,
              std::initializer_list<Field> fields = {}) {
        write(Level::Warning, module, event, fields);
    }
    void error(std::string_view module, std::string_view event,
               std::initializer_list<Field> fields = {}) {
        write(Level::Error, module, event, fields);
    }

private:
    const Clock& clock_;
    LogOutput& output_;
    Level least_;
    std::mutex mutex_;
};

}  // namespace gantry
