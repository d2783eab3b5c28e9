// SPDX-License-Identifier: Apache-2.0
// Any bytes as a stream of packets, of either version from either side; the first byte says which.
// What is decoded can be encoded, and that is decoded to the same.
#include <string>

#include "base/assert.h"
#include "base/bytes.h"
#include "mqtt/codec/decode.h"
#include "mqtt/codec/encode.h"
#include "mqtt/codec/topic.h"

namespace {

using namespace gantry::mqtt;

std::string encoded(const Packet& packet, Version version) {
    std::string out;
    encode(out, packet, version);
    return out;
}

void check_publish(const Publish& publish, Version version) {
    const SharedPublish shared(publish, version);
    std::string out;
    shared.append(out, {publish.dup, publish.qos, publish.retain, publish.id,
                        publish.properties.number(Property::MessageExpiry)});
    ASSERT(out == encoded(publish, version));
    ASSERT(publish.topic.empty() || matches("#", publish.topic) || publish.topic[0] == '$');
}

void check(const Packet& packet, Version version, Side from) {
    const std::string bytes = encoded(packet, version);
    const FrameLimits limits{.from = from, .packet_bytes_max = bytes.size()};
    const auto frame = read_frame(bytes, limits);
    ASSERT(frame && *frame && (*frame)->bytes == bytes.size());
    const auto again = decode(**frame, version, from);
    ASSERT(again.has_value());
    ASSERT(encoded(*again, version) == bytes);
    if (const auto* publish = std::get_if<Publish>(&packet)) {
        check_publish(*publish, version);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view stream = gantry::as_text(std::as_bytes(std::span(data, size)));
    if (stream.empty()) {
        return 0;
    }
    const auto choice = static_cast<unsigned char>(stream[0]);
    stream.remove_prefix(1);
    Version version = (choice & 1) != 0 ? Version::V5 : Version::V311;
    FrameLimits limits{.from = (choice & 2) != 0 ? Side::Server : Side::Client,
                       .connecting = (choice & 4) != 0,
                       .packet_bytes_max = std::size_t{1} << 12};
    while (true) {
        const auto frame = read_frame(stream, limits);
        if (!frame || !*frame) {
            return 0;
        }
        ASSERT((*frame)->bytes <= stream.size() && (*frame)->bytes <= limits.packet_bytes_max);
        const auto packet = decode(**frame, version, limits.from);
        if (packet) {
            if (const auto* connect = std::get_if<Connect>(&*packet)) {
                version = connect->version;
            }
            check(*packet, version, limits.from);
        } else {
            ASSERT(is_failure(packet.error().reason) && !packet.error().why.empty());
        }
        limits.connecting = false;
        stream.remove_prefix((*frame)->bytes);
    }
}
