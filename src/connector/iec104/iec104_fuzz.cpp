// SPDX-License-Identifier: Apache-2.0
// What a station sends, whatever it is: the session ends with an error or goes on, and objects are
// as many as the head says, with addresses that there are.
#include "base/assert.h"
#include "connector/iec104/asdu.h"
#include "connector/iec104/session.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace gantry::connector::iec104;
    using namespace std::chrono_literals;
    Session session({});
    session.start(0s);
    std::vector<Object> objects;
    const auto take = [&objects](gantry::ByteView bytes) {
        ASSERT(bytes.size() <= asdu_bytes_max);
        const auto asdu = read_asdu(bytes);
        if (!asdu || read_objects(*asdu, objects) != Objects::Read) {
            return;
        }
        ASSERT(objects.size() == asdu->header.count);
        for (const Object& object : objects) {
            ASSERT(object.address <= object_address_max);
        }
    };
    // In two pieces: what is not whole waits.
    const auto bytes = std::as_bytes(std::span(data, size));
    const std::size_t cut = size / 2;
    if (session.receive(bytes.first(cut), 1s, take)) {
        session.send({std::byte{1}}, 1s);
        if (session.receive(bytes.subspan(cut), 2s, take)) {
            (void)session.tick(30s);
            ASSERT(session.next_deadline() > 0s);
        }
    }
    (void)session.take_output();
    if (const auto asdu = read_asdu(bytes)) {
        (void)read_objects(*asdu, objects);
    }
    return 0;
}
