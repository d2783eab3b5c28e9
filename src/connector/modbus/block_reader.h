// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "connector/modbus/link.h"
#include "connector/modbus/planner.h"
#include "model/quality.h"

namespace gantry::connector::modbus {

// Hears what became of the blocks of a plan.
class BlockListener {
public:
    virtual ~BlockListener() = default;
    // Before each request; a block that may not be read is left out.
    virtual bool may_ask(std::uint8_t unit) = 0;
    // After each request, before what it means for the items.
    virtual void asked(std::uint8_t unit, const Answer& answer) = 0;
    // The items of the block that are not aside were read.
    virtual void block_read(const Block& block, const Answer& answer) = 0;
    // They were not. If the device refuses the address, it is one item, which is aside now.
    virtual void block_failed(const Block& block, const Answer& answer) = 0;
};

// Reads a block. If the device refuses it for an address or a count, finds out by halving which
// items it is; the others are read. True if the block could be read as a whole. The plan is not
// rebuilt.
asio::awaitable<bool> read_block(Link& link, Plan& plan, Block block, BlockListener& listener,
                                 Answer& answer);

// What an answer other than data means for values and for the unit.
struct Verdict {
    Quality quality;
    bool device_said_so = false;  // the device answered: its last value is not usable any more
    bool unit_failed = false;     // counts against the unit
};
Verdict judge(const Answer& answer);

// Why there are no data, for people: "the device answers 02 illegal data address".
std::string explain(const Answer& answer, Duration timeout);

}  // namespace gantry::connector::modbus
