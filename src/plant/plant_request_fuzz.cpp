// SPDX-License-Identifier: Apache-2.0
// Any bytes on a connection: cut into frames, parsed, and answered by the rules of a unit.
#include <cstddef>
#include <cstdint>

#include "base/assert.h"
#include "plant/frame_buffer.h"
#include "plant/maps.h"
#include "plant/modbus_request.h"
#include "plant/unit.h"

namespace {

using namespace gantry::plant;

template <class Machine>
class FuzzedUnit {
public:
    FuzzedUnit(UnitTable<Machine> table, Machine machine)
        : table_(std::move(table)), machine_(std::move(machine)) {}

    void handle(const ModbusRequest& request) {
        if (!unit_.admit(request) && request.write.count > 0) {
            unit_.apply(request);
            ASSERT(!unit_.admit(request));  // what was taken once is taken again
        }
    }

private:
    UnitTable<Machine> table_;
    Machine machine_;
    Unit unit_{std::make_unique<MachinePoints<Machine>>(table_, machine_), [] { return 0u; }};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static FuzzedUnit station(pump_station_table(), PumpStation(1));
    static FuzzedUnit line(bottling_line_table(), BottlingLine(1));
    static FuzzedUnit feed(power_feed_table(), PowerFeed(1));
    FrameBuffer buffer;
    buffer.append(std::span(data, size));
    while (const auto frame = buffer.next()) {
        const auto request = parse_request(*frame);
        if (!request) {
            continue;
        }
        ASSERT(request->values.size() == request->write.count);
        switch (unit_of(*frame) % 3) {
            case 0: feed.handle(*request); break;
            case 1: station.handle(*request); break;
            default: line.handle(*request); break;
        }
    }
    return 0;
}
