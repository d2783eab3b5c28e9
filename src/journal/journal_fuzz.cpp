// SPDX-License-Identifier: Apache-2.0
// Any bytes as a journal file: the validator ends, and hands out only frames whose checksum holds.
#include "base/assert.h"
#include "journal/journal.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const gantry::ByteView content = std::as_bytes(std::span(data, size));
    gantry::journal::Lsn last = 0;
    (void)gantry::journal::scan_file(
        content, "fuzz", 0, [&](const gantry::journal::Record& record) -> gantry::Result<> {
            ASSERT(record.lsn > last);
            last = record.lsn;
            return {};
        });
    return 0;
}
