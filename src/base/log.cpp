// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include <unistd.h>

#include <array>

#include "base/json_writer.h"

namespace gantry {
namespace {

constexpr std::array<std::string_view, 4> level_names = {"debug", "info", "warning", "error"};

}  // namespace

std::string_view level_name(Level level) { return level_names[static_cast<std::size_t>(level)]; }

Result<Level> parse_level(std::string_view name) {
    for (std::size_t i = 0; i < level_names.size(); ++i) {
        if (level_names[i] == name) {
            return static_cast<Level>(i);
        }
    }
    return fail(Code::InvalidArgument,
                "'{}' is not a log level: write debug, info, warning or error", name);
}

void DescriptorOutput::write(std::string_view line) {
    while (!line.empty()) {
        const ssize_t written = ::write(descriptor_, line.data(), line.size());
        if (written <= 0) {
            return;  // a log that cannot be written must not stop the program
        }
        line.remove_prefix(static_cast<std::size_t>(written));
    }
}

void MemoryOutput::write(std::string_view line) {
    const std::lock_guard lock(mutex_);
    text_ += line;
}

std::string MemoryOutput::text() const {
    const std::lock_guard lock(mutex_);
    return text_;
}

void Log::write(Level level, std::string_view module, std::string_view event,
                std::initializer_list<Field> fields) {
    if (level < least_) {
        return;
    }
    std::string line;
    JsonWriter json(line);
    json.begin_object();
    json.field("time", std::string_view(format_time(clock_.now())));
    json.field("level", level_name(level));
    json.field("module", module);
    json.field("event", event);
    for (const Field& field : fields) {
        json.key(field.key);
        std::visit([&json](const auto& content) { json.value(content); }, field.value);
    }
    json.end_object();
    line += '\n';
    const std::lock_guard lock(mutex_);
    output_.write(line);
}

}  // namespace gantry
