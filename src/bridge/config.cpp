// SPDX-License-Identifier: Apache-2.0
#include "bridge/config.h"

#include <array>
#include <format>

#include "mqtt/codec/topic.h"

namespace gantry::bridge {
namespace {

constexpr std::size_t rules_max = 200;
constexpr std::size_t topic_bytes_max = 1024;
constexpr std::size_t name_bytes_max = 1024;
constexpr std::size_t pem_bytes_max = std::size_t{64} << 10;
constexpr std::array<std::string_view, 3> directions = {"out", "in", "both"};

std::optional<std::string> moved(std::string_view topic, std::string_view filter,
                                 std::string_view from, std::string_view to) {
    // A filter like a/# is also for the topic a, which has nothing behind the prefix a/.
    if (!topic.starts_with(from) || !mqtt::matches(filter, topic)) {
        return std::nullopt;
    }
    std::string out(to);
    out += topic.substr(from.size());
    const bool fine = mqtt::is_topic_name(out) && out.size() <= 65'535 && !out.starts_with('$');
    return fine ? std::optional(std::move(out)) : std::nullopt;
}

Result<> check_filter(const std::string& filter, std::string_view side, const std::string& where) {
    if (filter.size() > topic_bytes_max || !mqtt::is_text(filter) ||
        !mqtt::is_topic_filter(filter) || filter.starts_with("$share/")) {
        return bad_field(where,
                         std::format("makes '{}', which is no topic filter {}: a prefix ends "
                                     "with '/', as in plant/ and #",
                                     filter.substr(0, 80), side));
    }
    return {};
}

Result<> check_rule(const Rule& rule, const std::string& where) {
    for (const auto& [name, prefix] : {std::pair("/local_prefix", &rule.local_prefix),
                                       {"/remote_prefix", &rule.remote_prefix}}) {
        if (prefix->find_first_of("+#") != std::string::npos) {
            return bad_field(where + name, "is the beginning of topics, so it has no + and no #");
        }
    }
    TRY(check_filter(rule.local_filter(), "here", where + "/filter"));
    TRY(check_filter(rule.remote_filter(), "at the other broker", where + "/filter"));
    if (rule.comes_in() && rule.local_prefix.starts_with('$')) {
        return bad_field(where + "/local_prefix",
                         "begins with $: such topics are the broker's own, nothing comes in there");
    }
    if (rule.goes_out() && rule.remote_prefix.starts_with('$')) {
        return bad_field(where + "/remote_prefix",
                         "begins with $: such topics are the other broker's own");
    }
    return {};
}

Result<> check_text(const std::string& text, std::size_t most, const std::string& where) {
    if (text.size() > most || !mqtt::is_text(text)) {
        return bad_field(where, std::format("is no text of at most {} bytes", most));
    }
    return {};
}

Result<> check(const Config& config) {
    TRY(check_key(config.key, "/key"));
    TRY(check_text(config.client_id, name_bytes_max, "/client_id"));
    TRY(check_text(config.user, name_bytes_max, "/user"));
    TRY(check_text(config.ca, pem_bytes_max, "/ca"));
    TRY(check_text(config.certificate, pem_bytes_max, "/certificate"));
    const auto address = parse_address(config.address);
    if (!address) {
        return bad_field("/address", address.error().message);
    }
    if (!address->tls && !(config.ca.empty() && config.certificate.empty())) {
        return bad_field("/address", "is without TLS, but there is a certificate: use mqtts://");
    }
    constexpr Duration longest = std::chrono::seconds(65'535);
    if (config.keep_alive < std::chrono::seconds(1) || config.keep_alive > longest) {
        return bad_field("/keep_alive", "is from 1s to 65535s");
    }
    if (config.rules.empty() || config.rules.size() > rules_max) {
        return bad_field(
            "/rules",
            std::format("are 1 to {}: without one nothing goes over a bridge", rules_max));
    }
    for (std::size_t i = 0; i < config.rules.size(); ++i) {
        TRY(check_rule(config.rules[i], std::format("/rules/{}", i)));
    }
    return {};
}

void read_fields(ObjectReader& in, Config& out) {
    in.required("key", out.key);
    in.optional("enabled", out.enabled);
    in.required("address", out.address);
    in.optional("ca", out.ca);
    in.optional("certificate", out.certificate);
    in.optional("client_id", out.client_id);
    in.optional("user", out.user);
    in.optional("keep_alive", out.keep_alive);
    std::string protocol = "auto";
    in.optional("protocol", protocol);
    if (protocol == "5.0" || protocol == "3.1.1") {
        out.protocol = protocol == "5.0" ? mqtt::Version::V5 : mqtt::Version::V311;
    } else if (protocol != "auto") {
        in.check(bad_field("/protocol", std::format("'{}' is none of auto, 5.0, 3.1.1", protocol)));
    }
    in.required("rules", out.rules);
}

}  // namespace

std::optional<std::string> Rule::to_remote(std::string_view topic) const {
    return goes_out() ? moved(topic, local_filter(), local_prefix, remote_prefix) : std::nullopt;
}

std::optional<std::string> Rule::to_local(std::string_view topic) const {
    return comes_in() ? moved(topic, remote_filter(), remote_prefix, local_prefix) : std::nullopt;
}

Result<> read_entity(const json::value& value, Rule& out, const std::string& where) {
    ObjectReader in(value, where);
    std::string direction;
    std::int64_t qos = 1;
    in.required("direction", direction);
    in.optional("filter", out.filter);
    in.optional("local_prefix", out.local_prefix);
    in.optional("remote_prefix", out.remote_prefix);
    in.optional("qos", qos);
    TRY(in.finish());
    const auto found = std::ranges::find(directions, direction);
    if (found == directions.end()) {
        return bad_field(in.where("direction"),
                         std::format("'{}' is none of out, in, both", direction));
    }
    if (qos < 0 || qos > 2) {
        return bad_field(in.where("qos"), "must be 0, 1 or 2");
    }
    out.direction = static_cast<Direction>(found - directions.begin());
    out.qos = static_cast<std::uint8_t>(qos);
    return {};
}

Result<> read_bridge(const json::value& body, Config& out, SecretFields& secrets) {
    ObjectReader in(body, "");
    read_fields(in, out);
    const auto secret = [&in](std::string_view name, std::optional<Secret>& into) {
        std::optional<std::string> text;
        if (const json::value* found = in.take(name); found != nullptr && !found->is_null()) {
            in.check(ObjectReader::read(*found, text.emplace(), in.where(name)));
        }
        if (text) {
            in.check(check_text(*text, pem_bytes_max - 1, in.where(name)));
            into.emplace(std::move(*text));
        }
    };
    secret("password", secrets.password);
    secret("client_key", secrets.client_key);
    for (const std::string_view shown :
         {"id", "created", "updated", "version", "status", "has_password", "has_client_key"}) {
        (void)in.take(shown);
    }
    TRY(in.finish());
    return check(out);
}

Result<Config> read_config(std::string_view stored) {
    TRY_ASSIGN(const json::value document, parse_json(stored));
    Config out;
    ObjectReader in(document, "");
    read_fields(in, out);
    TRY(in.finish());
    TRY(check(out));
    return out;
}

json::object to_json(const Config& config) {
    json::array rules;
    for (const Rule& rule : config.rules) {
        rules.push_back(
            json::object{{"direction", directions[static_cast<std::size_t>(rule.direction)]},
                         {"filter", rule.filter},
                         {"local_prefix", rule.local_prefix},
                         {"remote_prefix", rule.remote_prefix},
                         {"qos", rule.qos}});
    }
    return {{"key", config.key},
            {"enabled", config.enabled},
            {"address", config.address},
            {"ca", config.ca},
            {"certificate", config.certificate},
            {"client_id", config.client_id},
            {"user", config.user},
            {"protocol", !config.protocol                        ? "auto"
                         : *config.protocol == mqtt::Version::V5 ? "5.0"
                                                                 : "3.1.1"},
            {"keep_alive", format_duration(config.keep_alive)},
            {"rules", std::move(rules)}};
}

Result<Address> parse_address(std::string_view text) {
    Address out;
    constexpr std::string_view plain = "mqtt://";
    constexpr std::string_view encrypted = "mqtts://";
    out.tls = text.starts_with(encrypted);
    std::string_view rest = text;
    if (out.tls || text.starts_with(plain)) {
        rest.remove_prefix(out.tls ? encrypted.size() : plain.size());
        const bool has_port = rest.rfind(':') != std::string_view::npos && !rest.ends_with(']');
        auto where = parse_host_port(has_port ? std::string(rest)
                                              : std::format("{}:{}", rest, out.tls ? 8883 : 1883));
        if (where && where->port != 0 && where->host.find_first_of("/@ ") == std::string::npos &&
            where->host.size() <= 255) {
            out.where = std::move(*where);
            return out;
        }
    }
    return fail(Code::InvalidArgument,
                "'{}' is no address of a broker: mqtt://host:1883, or mqtts://host:8883 with TLS; "
                "user and password have fields of their own",
                text.substr(0, 100));
}

bool filters_overlap(std::string_view one, std::string_view other) {
    while (true) {
        const std::size_t one_end = one.find('/');
        const std::size_t other_end = other.find('/');
        const std::string_view left = one.substr(0, one_end);
        const std::string_view right = other.substr(0, other_end);
        if (left == "#" || right == "#") {
            return true;
        }
        if (left != right && left != "+" && right != "+") {
            return false;
        }
        const bool left_over = one_end == std::string_view::npos;
        const bool right_over = other_end == std::string_view::npos;
        if (left_over || right_over) {
            // a/# is also for a.
            return (left_over && right_over) || (left_over && other.substr(other_end) == "/#") ||
                   (right_over && one.substr(one_end) == "/#");
        }
        one.remove_prefix(one_end + 1);
        other.remove_prefix(other_end + 1);
    }
}

std::optional<std::pair<std::string, std::string>> find_loop(const std::vector<Rule>& rules) {
    for (const Rule& out : rules) {
        for (const Rule& in : rules) {
            if (out.goes_out() && in.comes_in() &&
                filters_overlap(out.remote_filter(), in.remote_filter())) {
                return std::pair(out.remote_filter(), in.remote_filter());
            }
        }
    }
    return std::nullopt;
}

}  // namespace gantry::bridge
