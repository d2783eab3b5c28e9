// SPDX-License-Identifier: Apache-2.0
#include "mqtt/message.h"

#include "base/assert.h"

namespace gantry::mqtt {
namespace {

constexpr Time second = 1'000'000'000;

constexpr std::array<Property, 3> texts = {Property::ContentType, Property::ResponseTopic,
                                           Property::CorrelationData};

Time expiry_of(const Properties& properties, Time now) {
    if (!properties.has(Property::MessageExpiry)) {
        return time_max;
    }
    const Time length = Time{properties.number(Property::MessageExpiry)} * second;
    return now > time_max - length ? time_max : now + length;
}

}  // namespace

Message::Message(const Publish& publish, Time now)
    : facts_{publish.qos, publish.retain, expiry_of(publish.properties, now)} {
    keep(publish.topic, publish.payload, publish.properties);
}

Message::Message(const Will& will, Time now)
    : facts_{will.qos, will.retain, expiry_of(will.properties, now)} {
    keep(will.topic, will.payload, will.properties);
}

Message::Message(const Publish& publish, const Facts& facts) : facts_(facts) {
    keep(publish.topic, publish.payload, publish.properties);
}

void Message::keep(std::string_view topic, std::string_view payload, const Properties& properties) {
    ASSERT(!topic.empty());
    std::string section;
    properties.each_user_property([&](std::string_view name, std::string_view value) {
        append_user_property(section, name, value);
    });
    std::size_t size = topic.size() + payload.size() + section.size();
    for (const Property property : texts) {
        size += properties.text(property).size();
    }
    kept_.reserve(size);
    const auto copy = [this](std::string_view text) {
        kept_ += text;
        return std::string_view(kept_).substr(kept_.size() - text.size());
    };
    topic_ = copy(topic);
    payload_ = copy(payload);
    for (const Property property : texts) {
        if (properties.has(property)) {
            properties_.set(property, copy(properties.text(property)));
        }
    }
    properties_.set_repeated(copy(section));
    for (const Property property : {Property::PayloadFormat, Property::MessageExpiry}) {
        if (properties.has(property)) {
            properties_.set(property, properties.number(property));
        }
    }
}

std::uint32_t Message::expiry_left(Time now) const {
    ASSERT(facts_.expires != time_max);
    return expired(now) ? 0
                        : static_cast<std::uint32_t>((facts_.expires - now + second - 1) / second);
}

Publish Message::packet(bool with_id) const {
    Publish out;
    out.qos = with_id ? 1 : 0;
    out.id = with_id ? 1 : 0;
    out.topic = topic_;
    out.payload = payload_;
    out.properties = properties_;
    return out;
}

const SharedPublish& Message::shared(Version version, bool with_id) const {
    auto& kept = shared_[(version == Version::V5 ? 2 : 0) + (with_id ? 1 : 0)];
    if (kept == nullptr) {
        kept = std::make_unique<SharedPublish>(packet(with_id), version);
    }
    return *kept;
}

}  // namespace gantry::mqtt
