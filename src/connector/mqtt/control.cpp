// SPDX-License-Identifier: Apache-2.0
#include "connector/mqtt/control.h"

#include <format>

#include "connector/message/decoder.h"

namespace gantry::connector::mqtt {
namespace {

using Kind = Conversation::Sent::Kind;

CommandResult refused(std::string why) { return {CommandOutcome::Refused, std::move(why), {}}; }

CommandResult unknown(std::string why) { return {CommandOutcome::Unknown, std::move(why), {}}; }

gantry::mqtt::Publish packet_of(const Conversation& conversation, const Tag& tag,
                                std::string_view payload) {
    gantry::mqtt::Publish out;
    out.topic = tag.address.set->topic;
    out.payload = payload;
    // One of QoS 2 could be taken for another one of an earlier connection.
    out.qos = std::min<std::uint8_t>(tag.address.qos.value_or(1), 1);
    out.retain = tag.address.set->retain;
    // Who is away now is not to be commanded later.
    if (!out.retain && conversation.version() == gantry::mqtt::Version::V5) {
        const auto within =
            std::chrono::ceil<std::chrono::seconds>(conversation.settings().command_timeout);
        out.properties.set(gantry::mqtt::Property::MessageExpiry,
                           static_cast<std::uint32_t>(within.count()));
    }
    return out;
}

}  // namespace

asio::awaitable<CommandResult> control(Conversation& conversation, const TagBinding& binding,
                                       const Value& value) {
    const Settings& settings = conversation.settings();
    if (binding.property.access != Access::ReadWrite) {
        co_return refused("the point is read-only");
    }
    const Result<Tag> tag = make_tag(settings, binding.address, binding.property);
    if (!tag) {
        co_return refused(tag.error().message);
    }
    const Result<std::string> payload = make_payload(*tag, binding.property, value);
    if (!payload) {
        co_return refused(payload.error().message);
    }
    Decoder decoder;
    Value seen;
    Conversation::Watch watch(conversation, tag->address.topic, [&](std::string_view message) {
        decoder.begin(message);
        const auto found = decoder.find(tag->lookup);
        if (!found.silent && !found.reading.quality.bad()) {
            seen = value_of(found.reading.type, found.reading.bits, found.reading.text);
        }
        return is_as_written(tag->lookup, seen, value);
    });
    const Conversation::Sent sent =
        co_await conversation.publish(packet_of(conversation, *tag, *payload));
    switch (sent.kind) {
        case Kind::Refused: co_return refused(sent.detail);
        case Kind::TimedOut:
        case Kind::Lost: co_return unknown(sent.detail);
        case Kind::Taken: break;
    }
    const Duration pause = settings.command_timeout;
    const bool shown = co_await watch.wait(conversation.timers().now() + pause);
    if (shown) {
        co_return CommandResult{CommandOutcome::Confirmed, {}, std::move(seen)};
    }
    const std::string_view heard = sent.unheard ? ", which nobody has subscribed" : "";
    if (type_of(seen) == ValueType::Null) {
        co_return unknown(std::format("the broker took it for {}{}, but {} says no value within {}",
                                      tag->address.set->topic, heard, tag->address.topic,
                                      format_duration(pause)));
    }
    std::string detail =
        std::format("the broker took {} for {}{}, but {} says {}", to_text(value),
                    tag->address.set->topic, heard, tag->address.topic, to_text(seen));
    co_return CommandResult{CommandOutcome::Failed, std::move(detail), std::move(seen)};
}

}  // namespace gantry::connector::mqtt
