// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "mqtt/record.h"

namespace gantry::mqtt {

// The bytes of a group of records (docs/formats/mqtt.md). A message that several of them have is
// there once.

// Appends them. Of a record what its type does not name is not written. Their numbers rise by one
// each, or, in a snapshot, are all the same.
void encode_records(std::span<const Record> records, Bytes& out);

// Takes the records off a group one by one; trusts nothing. Those that had a message in common
// have it in common again. The bytes must outlive it.
class RecordReader {
public:
    // Unsupported: bytes of a version that this program does not know. Corrupt: no records.
    static Result<RecordReader> open(ByteView bytes);

    // False at the end. Corrupt: what comes is no record; nothing behind it can be read.
    Result<bool> next(Record& out);

private:
    explicit RecordReader(ByteView bytes) : in_(bytes) {}

    bool read(Record& out);
    bool read_fields(Record& out);
    bool read_session(Record& out);
    bool read_subscribed(Record& out);
    bool read_queued(Record& out);
    bool read_client(std::string& out);
    bool read_sequence(Record& out);
    bool read_packet_id(Record& out);
    bool read_message(MessagePtr& out);
    bool read_new_message(MessagePtr& out);

    ByteReader in_;
    bool standing_ = false;  // all have the same number
    std::uint64_t next_number_ = 0;
    std::string client_;  // of the record before
    bool has_client_ = false;
    std::vector<MessagePtr> messages_;
};

}  // namespace gantry::mqtt
