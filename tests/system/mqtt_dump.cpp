// SPDX-License-Identifier: Apache-2.0
// For tests only: packets of MQTT as text, both ways, so that they can be compared with those of
// software that is not ours. A line of the input is one of
//   decode c5 <hex>   (a client's of 5.0; s: a server's, f: a client's first; 4: of 3.1.1)
//   encode 5 <packet as packet_text_testing.h writes it>
// and each gets a line: the packet, or "refused <reason> <statement>"; or hex.
#include <iostream>

#include "mqtt/codec/decode.h"
#include "mqtt/codec/encode.h"
#include "mqtt/codec/packet_text_testing.h"

namespace {

using namespace gantry;
using namespace gantry::mqtt;

std::string decoded(char side, Version version, std::string_view hex) {
    const auto bytes = from_hex(hex);
    const FrameLimits limits{.from = side == 's' ? Side::Server : Side::Client,
                             .connecting = side == 'f',
                             .packet_bytes_max = std::size_t{1} << 20};
    const std::string_view stream = bytes ? as_text(*bytes) : std::string_view();
    const auto frame = read_frame(stream, limits);
    if (frame && (!*frame || (*frame)->bytes != stream.size())) {
        return "not one packet";
    }
    const auto packet = frame ? decode(**frame, version, limits.from)
                              : Decoded<Packet>(std::unexpected(frame.error()));
    return packet ? mqtt::testing::to_text(*packet)
                  : std::format("refused {:02x} {}", static_cast<unsigned>(packet.error().reason),
                                packet.error().statement);
}

}  // namespace

int main() {
    for (std::string line; std::getline(std::cin, line);) {
        const bool reads = line.starts_with("decode ");
        const Version version = line[reads ? 8 : 7] == '4' ? Version::V311 : Version::V5;
        if (reads) {
            std::cout << decoded(line[7], version, std::string_view(line).substr(10)) << std::endl;
        } else {
            std::string out;
            encode(out, mqtt::testing::PacketOfText(std::string_view(line).substr(9)).packet(),
                   version);
            std::cout << to_hex(as_bytes(out)) << std::endl;
        }
    }
    return 0;
}
