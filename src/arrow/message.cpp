// SPDX-License-Identifier: Apache-2.0
#include "arrow/message.h"

namespace gantry::arrow {
namespace {

constexpr std::string_view file_magic = "ARROW1";

std::unexpected<Error> cut_off(std::size_t message, std::string_view what, std::uint64_t needs,
                               std::size_t there) {
    return fail(Code::InvalidArgument,
                "message {}: its {} takes {} bytes, and {} are there: the stream is cut off",
                message, what, needs, there);
}

}  // namespace

// The length stands behind a continuation marker; before Arrow 0.15 it stood alone. A length of 0
// ends the stream, as its plain end does.
Result<std::optional<ByteView>> MessageReader::next_metadata() {
    if (count_ == 0 && as_text(stream_).starts_with(file_magic)) {
        return fail(Code::Unsupported,
                    "this is the file form of Arrow IPC (Feather): send the stream form");
    }
    ByteReader in(stream_.subspan(at_));
    std::uint32_t length = 0;
    if (in.empty()) {
        return std::nullopt;
    }
    if (!in.get(length) || (length == continuation && !in.get(length))) {
        return cut_off(count_, "length", 8, stream_.size() - at_);
    }
    if (length == 0) {
        return std::nullopt;
    }
    ByteView metadata;
    if (!in.get_bytes(length, metadata)) {
        return cut_off(count_, "metadata", length, in.rest().size());
    }
    at_ = stream_.size() - in.rest().size();
    return metadata;
}

Result<std::optional<Message>> MessageReader::next() {
    TRY_ASSIGN(const auto metadata, next_metadata());
    if (!metadata) {
        return std::nullopt;
    }
    const auto root = FlatTable::root(*metadata);
    std::int16_t version = 0;
    std::uint8_t kind = 0;
    std::int64_t length = 0;
    std::optional<FlatTable> header;
    if (!root || !root->get(slot::message::version, version) ||
        !root->get(slot::message::header_type, kind) ||
        !root->get(slot::message::body_length, length) ||
        !root->get_table(slot::message::header, header) || !header) {
        return fail(Code::InvalidArgument,
                    "message {}: its metadata is no valid FlatBuffer: is this an Arrow IPC stream?",
                    count_);
    }
    if (version != version_4 && version != version_5) {
        return fail(Code::Unsupported,
                    "message {}: metadata version V{} is not read: write V5 or V4", count_,
                    version + 1);
    }
    if (length < 0 || static_cast<std::uint64_t>(length) > stream_.size() - at_) {
        return cut_off(count_, "body", static_cast<std::uint64_t>(length), stream_.size() - at_);
    }
    const Message out{static_cast<Header>(kind), *header,
                      stream_.subspan(at_, static_cast<std::size_t>(length))};
    at_ += out.body.size();
    ++count_;
    return out;
}

}  // namespace gantry::arrow
