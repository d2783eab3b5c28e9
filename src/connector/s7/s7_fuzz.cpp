// SPDX-License-Identifier: Apache-2.0
// What a controller sends, whatever it is: the answers are to the places that were asked for, and
// what is decoded from their bytes is a value or none.
#include "base/assert.h"
#include "connector/s7/convert.h"
#include "connector/s7/frame.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace gantry::connector::s7;
    const auto bytes = std::as_bytes(std::span(data, size));
    const std::vector<Place> places = {{Area::DataBlock, 1, 0, 4}, {Area::Timers, 0, 5, 1}};
    gantry::ByteView rest = bytes;
    Packet packet;
    std::size_t used = 0;
    while (take_packet(rest, packet, used) == Framing::Complete) {
        ASSERT(used > 0 && used <= rest.size());
        rest = rest.subspan(used);
        const auto pdu = read_pdu(packet.payload);
        if (!pdu) {
            continue;
        }
        (void)read_setup(*pdu);
        (void)read_write_answer(*pdu);
        if (const auto answers = read_answers(*pdu, places)) {
            ASSERT(answers->size() == places.size());
            for (std::size_t i = 0; i < places.size(); ++i) {
                ASSERT((*answers)[i].code != item_good ||
                       (*answers)[i].data.size() == places[i].bytes());
            }
        }
        if (const auto list = read_list(*pdu)) {
            ASSERT(list->records.size() % list->record_bytes == 0);
        }
    }
    std::string scratch;
    for (const std::string_view text : {"MB0:string10", "MB0:wstring4", "MB0:char12", "MB0:dtl",
                                        "MB0:dt", "MD0:tod", "MW0:date"}) {
        const auto address = parse_address(text);
        if (address && bytes.size() >= address->bytes()) {
            (void)decode(*address, gantry::ValueType::String, bytes.first(address->bytes()),
                         scratch);
        }
    }
    return 0;
}
