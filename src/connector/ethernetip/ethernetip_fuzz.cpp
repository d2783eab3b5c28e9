// SPDX-License-Identifier: Apache-2.0
// What a controller sends, whatever it is: an answer has the parts that were asked for, and what is
// decoded from its bytes is a value or none.
#include "base/assert.h"
#include "connector/ethernetip/convert.h"
#include "connector/ethernetip/symbols.h"

namespace {

using namespace gantry::connector::ethernetip;

void decode_all(const TagData& data) {
    std::string scratch;
    for (const bool text : {false, true}) {
        Kind kind = data.kind;
        kind.text = text && kind.code == kind::structure;
        const auto type = natural_type(kind);
        if (type != gantry::ValueType::Null && data.bytes.size() >= kind_bytes(kind.code)) {
            (void)decode(kind, {}, type, data.bytes, scratch);
        }
        (void)kind_name(kind);
    }
}

void look_at(const Reply& reply) {
    (void)trouble_of(reply);
    (void)read_opened(reply);
    if (const auto data = read_tag_data(reply.data)) {
        decode_all(*data);
    }
    if (const auto identity = read_identity(reply.data)) {
        (void)identity_text(*identity);
    }
    (void)read_symbols(reply.data);
    if (const auto size = read_template_size(reply.data)) {
        ASSERT(size->members * std::size_t{8} <= size->bytes());
    }
    if (const auto members = read_template(reply.data, 3)) {
        ASSERT(members->size() <= 3);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    gantry::ByteView rest = std::as_bytes(std::span(data, size));
    Packet packet;
    std::size_t used = 0;
    while (take_packet(rest, packet, used) == Framing::Complete) {
        ASSERT(used > 0 && used <= rest.size());
        rest = rest.subspan(used);
        if (const auto listed = read_list_identity(packet)) {
            (void)read_identity(*listed);
        }
        const auto carried = read_carried(packet);
        const auto reply = carried ? read_reply(carried->message) : std::nullopt;
        if (!reply) {
            continue;
        }
        look_at(*reply);
        for (const std::size_t count : {1U, 2U, 18U}) {
            if (const auto replies = read_replies(*reply, count)) {
                ASSERT(replies->size() == count);
                std::ranges::for_each(*replies, look_at);
            }
        }
    }
    return 0;
}
