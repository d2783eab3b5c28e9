// SPDX-License-Identifier: Apache-2.0
// The two doors between whatever speaks a protocol and the rest of the program.
#pragma once

#include "model/entities.h"
#include "runtime/async.h"

namespace gantry {

// How far a batch must have come before its sender is told so.
enum class Acknowledge : unsigned char {
    Received,  // taken in: memory only
    Written,   // can be read back
    Durable,   // synced to disk
};

// Takes samples in.
class SampleSink {
public:
    virtual ~SampleSink() = default;
    // Returns when the batch has come as far as asked. Waits while the way in is full: that is the
    // back-pressure. Rows that fail a check are kept out or marked, and counted; other errors mean
    // that nothing of the batch was stored.
    virtual Async<> submit(SampleBatch batch, Acknowledge acknowledge) = 0;
};

enum class CommandOutcome : unsigned char {
    Confirmed,  // written, and read back as asked
    Refused,    // not sent: a check failed, or the device said no
    Failed,     // sent, and what is read back differs
    Unknown,    // no answer came: read the point before writing again
};

std::string_view command_outcome_name(CommandOutcome outcome);

struct CommandResult {
    CommandOutcome outcome = CommandOutcome::Unknown;
    std::string detail;
    Value read_back;  // null if there was none
};

// Sends values out to devices.
class CommandSink {
public:
    virtual ~CommandSink() = default;
    // Writes a value to the device behind a point. NotFound: no enabled connection has the point.
    virtual Async<CommandResult> write(PointId point, Value value) = 0;
};

}  // namespace gantry
