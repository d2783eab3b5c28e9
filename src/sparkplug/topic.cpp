// SPDX-License-Identifier: Apache-2.0
#include "sparkplug/topic.h"

#include <array>

#include "base/encoding.h"
#include "model/json.h"

namespace gantry::sparkplug {
namespace {

constexpr std::array<std::string_view, 9> names = {"NBIRTH", "NDEATH", "NDATA", "NCMD", "DBIRTH",
                                                   "DDEATH", "DDATA",  "DCMD",  "STATE"};

std::unexpected<Error> no_topic(std::string_view text) {
    return fail(Code::InvalidArgument,
                "'{}' is no topic of Sparkplug B: they are spBv1.0/group/TYPE/node, with /device "
                "for DBIRTH, DDATA, DDEATH and DCMD, and spBv1.0/STATE/host",
                text.substr(0, 256));
}

}  // namespace

std::string_view message_type_name(MessageType type) {
    return names[static_cast<std::size_t>(type)];
}

bool is_id(std::string_view text) {
    return !text.empty() && text.size() <= 1024 && is_utf8(text) &&
           text.find_first_of(std::string_view("+/#\0", 4)) == std::string_view::npos;
}

Result<Topic> parse_topic(std::string_view text) {
    std::array<std::string_view, 5> levels;
    std::size_t count = 0;
    for (std::string_view rest = text;; ++count) {
        if (count == levels.size()) {
            return no_topic(text);
        }
        const std::size_t slash = rest.find('/');
        levels[count] = rest.substr(0, slash);
        if (!is_id(levels[count])) {
            return no_topic(text);
        }
        if (slash == std::string_view::npos) {
            ++count;
            break;
        }
        rest.remove_prefix(slash + 1);
    }
    if (levels[0] != topic_namespace) {
        return no_topic(text);
    }
    if (count == 3 && levels[1] == "STATE") {
        return Topic{MessageType::State, {}, levels[2], {}};
    }
    for (std::size_t i = 0; i + 1 < names.size(); ++i) {
        const auto type = static_cast<MessageType>(i);
        const bool of_device = type >= MessageType::Dbirth;
        if (levels[2] == names[i] && count == (of_device ? 5U : 4U)) {
            return Topic{type, levels[1], levels[3], of_device ? levels[4] : std::string_view()};
        }
    }
    return no_topic(text);
}

std::string format_topic(const Topic& topic) {
    std::string out(topic_namespace);
    if (topic.type == MessageType::State) {
        return out.append("/STATE/").append(topic.node);
    }
    out.append("/").append(topic.group).append("/").append(message_type_name(topic.type));
    out.append("/").append(topic.node);
    if (topic.type >= MessageType::Dbirth) {
        out.append("/").append(topic.device);
    }
    return out;
}

Result<HostState> parse_state(std::string_view payload) {
    const auto value = parse_json(payload, {.bytes_max = 4096, .depth_max = 4});
    const auto wrong = [] {
        return fail(Code::InvalidArgument,
                    "a STATE message is {{\"online\": true, \"timestamp\": milliseconds}}");
    };
    if (!value || !value->is_object()) {
        return wrong();
    }
    const json::value* online = value->as_object().if_contains("online");
    const json::value* timestamp = value->as_object().if_contains("timestamp");
    if (online == nullptr || !online->is_bool() || timestamp == nullptr || !timestamp->is_int64() ||
        timestamp->as_int64() < 0) {
        return wrong();
    }
    return HostState{online->as_bool(), static_cast<std::uint64_t>(timestamp->as_int64())};
}

std::string format_state(const HostState& state) {
    return std::format("{{\"online\":{},\"timestamp\":{}}}", state.online, state.timestamp);
}

}  // namespace gantry::sparkplug
