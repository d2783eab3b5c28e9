// SPDX-License-Identifier: Apache-2.0
#include "mqtt/detail/log_frame.h"

namespace gantry::mqtt::detail {

void put_log_frame(const LogFrame& frame, journal::Lsn lsn, Bytes& out) {
    ByteWriter writer(out);
    writer.put_varint(lsn - frame.born);
    writer.put_varint(lsn - frame.durable);
    writer.put_text(frame.space);
    if (frame.parts > 1) {
        writer.put_varint(frame.part);
        writer.put_varint(frame.parts);
    }
}

Result<LogFrame> read_log_frame(const journal::Record& record) {
    if (record.type < group_frame || record.type > gone_frame) {
        return fail(Code::Unsupported,
                    "record {} of the MQTT journal has the type {}, which this program does not "
                    "know: use the program that wrote it, or a newer one",
                    record.lsn, record.type);
    }
    ByteReader in(record.payload);
    LogFrame out;
    std::uint64_t life = 0;
    std::uint64_t durable = 0;
    bool good = in.get_varint(life) && in.get_varint(durable) && in.get_text(out.space) &&
                life < record.lsn && durable > 0 && durable <= record.lsn;
    if (good && record.type == part_frame) {
        good = in.get_varint(out.part) && in.get_varint(out.parts) && out.part < out.parts;
    }
    if (!good) {
        return fail(Code::Corrupt, "record {} of the MQTT journal cannot be read", record.lsn);
    }
    out.born = record.lsn - life;
    out.durable = record.lsn - durable;
    out.body = in.rest();
    return out;
}

}  // namespace gantry::mqtt::detail
