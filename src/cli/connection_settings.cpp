// SPDX-License-Identifier: Apache-2.0
#include "cli/connection_settings.h"

#include "model/json.h"

namespace gantry::cli {

Result<> put_settings(json::object& out, const Arguments& arguments) {
    if (const auto file = arguments.text("--settings")) {
        TRY_ASSIGN(const std::string text, read_text(*file));
        auto parsed = parse_json(text);
        if (!parsed || !parsed->is_object()) {
            return fail(Code::InvalidArgument, "{}: {}", *file,
                        parsed ? "is to be a JSON object" : parsed.error().message);
        }
        out = std::move(parsed->as_object());
    }
    for (const std::string& written : arguments.list("--set")) {
        const std::size_t equals = written.find('=');
        if (equals == std::string::npos || equals == 0) {
            return fail(Code::InvalidArgument, "--set: '{}' is not NAME=VALUE, as in port=502",
                        written);
        }
        const std::string value = written.substr(equals + 1);
        const auto parsed = parse_json(value);
        const bool plain = parsed && (parsed->is_number() || parsed->is_bool());
        out[written.substr(0, equals)] = plain ? *parsed : json::value(value);
    }
    return {};
}

Result<DeviceSettings> device_of(Context& context, const Arguments& arguments) {
    DeviceSettings out;
    if (const auto key = arguments.text("CONNECTION")) {
        TRY_ASSIGN(const json::value found, context.api.get(item_target("/v1/connections", *key)));
        out.protocol = field_text(found.as_object(), "protocol");
        out.settings = found.as_object().at("settings").as_object();
    } else {
        const auto protocol = arguments.text("--protocol");
        if (!protocol) {
            return fail(Code::InvalidArgument,
                        "name a CONNECTION, or --protocol with --set for a device that is not "
                        "saved yet");
        }
        out.protocol = *protocol;
    }
    TRY(put_settings(out.settings, arguments));
    return out;
}

}  // namespace gantry::cli
