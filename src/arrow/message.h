// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "arrow/detail/flat_table.h"
#include "arrow/detail/metadata.h"
#include "base/result.h"

namespace gantry::arrow {

struct Message {
    Header kind = Header::None;
    FlatTable header;
    ByteView body;
};

// Cuts an Arrow IPC stream into its messages. Borrows the bytes.
class MessageReader {
public:
    explicit MessageReader(ByteView stream) : stream_(stream) {}

    // Nothing at the end of the stream. InvalidArgument names the message and what is wrong with
    // it.
    Result<std::optional<Message>> next();
    // Of messages that were read.
    std::size_t count() const { return count_; }

private:
    Result<std::optional<ByteView>> next_metadata();

    ByteView stream_;
    std::size_t at_ = 0;
    std::size_t count_ = 0;
};

}  // namespace gantry::arrow
