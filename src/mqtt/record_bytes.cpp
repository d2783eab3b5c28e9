// SPDX-License-Identifier: Apache-2.0
#include "mqtt/record_bytes.h"

#include <unordered_map>

#include "base/assert.h"
#include "mqtt/codec/decode.h"
#include "mqtt/codec/encode.h"
#include "mqtt/codec/topic.h"

namespace gantry::mqtt {
namespace {

constexpr std::uint8_t version = 1;
constexpr std::uint8_t standing_numbers = 1;  // a flag of the group
constexpr std::uint8_t more_follows = 0x80;   // beside the type
constexpr std::uint8_t qos_mask = 3;
constexpr std::uint8_t retain_flag = 4;
constexpr std::uint8_t expires_flag = 8;
constexpr std::size_t text_bytes_max = 65'535;
constexpr std::uint64_t number_max = UINT64_MAX / 2;

bool has_client(RecordType type) {
    return type != RecordType::Retained && type != RecordType::RetainedCleared &&
           type != RecordType::SnapshotBegan && type != RecordType::SnapshotEnded;
}

class Writer {
public:
    explicit Writer(Bytes& out) : to_(out) {}

    void head(std::uint64_t first, bool standing) {
        to_.put(version);
        to_.put(standing ? standing_numbers : std::uint8_t{0});
        to_.put_varint(first);
    }
    void put(const Record& one) {
        to_.put(static_cast<std::uint8_t>(static_cast<std::uint8_t>(one.type) |
                                          (one.more ? more_follows : 0)));
        if (has_client(one.type)) {
            put_client(one.client_id);
        }
        switch (one.type) {
            case RecordType::SessionOpened:
                to_.put_text(one.principal);
                to_.put_varint(one.expiry);
                break;
            case RecordType::SessionResumed: to_.put_varint(one.expiry); break;
            case RecordType::SessionAway:
                to_.put_varint(one.expiry);
                to_.put(one.at);
                break;
            case RecordType::Subscribed:
                to_.put_text(one.filter);
                put_subscription(one.subscription);
                break;
            case RecordType::Unsubscribed:
            case RecordType::RetainedCleared: to_.put_text(one.filter); break;
            case RecordType::Queued: put_queued(one); break;
            case RecordType::Sent:
            case RecordType::Counted:
                to_.put_varint(one.sequence);
                to_.put(one.packet_id);
                break;
            case RecordType::Released:
            case RecordType::Done: to_.put_varint(one.sequence); break;
            case RecordType::Received:
            case RecordType::Forgotten: to_.put(one.packet_id); break;
            case RecordType::Retained: put_message(one.message); break;
            case RecordType::WillSet:
                to_.put_text(one.principal);
                to_.put_varint(one.expiry);
                put_message(one.message);
                break;
            case RecordType::SessionEnded:
            case RecordType::WillCleared:
            case RecordType::SnapshotBegan:
            case RecordType::SnapshotPart:
            case RecordType::SnapshotEnded: break;
        }
    }

private:
    void put_client(const std::string& client) {
        if (client_ != nullptr && *client_ == client) {
            to_.put_varint(0);
        } else {
            to_.put_varint(client.size() + 1);
            to_.put_bytes(as_bytes(client));
        }
        client_ = &client;
    }
    void put_subscription(const Subscription& subscription) {
        const SubscriptionOptions& options = subscription.options;
        to_.put(static_cast<std::uint8_t>(options.qos | (options.no_local ? 4 : 0) |
                                          (options.retain_as_published ? 8 : 0) |
                                          static_cast<unsigned>(options.retain_handling) << 4));
        to_.put_varint(subscription.id);
    }
    void put_queued(const Record& one) {
        to_.put_varint(one.sequence);
        to_.put(static_cast<std::uint8_t>(one.qos | (one.retain ? retain_flag : 0)));
        to_.put_varint(one.subscription_ids.size());
        for (const std::uint32_t id : one.subscription_ids) {
            to_.put_varint(id);
        }
        put_message(one.message);
    }
    void put_message(const MessagePtr& message) {
        ASSERT(message != nullptr);
        const auto [known, fresh] = messages_.try_emplace(message.get(), messages_.size() + 1);
        if (!fresh) {
            to_.put_varint(known->second);
            return;
        }
        to_.put_varint(0);
        const Message::Facts& facts = message->facts();
        const bool expires = facts.expires != time_max;
        to_.put(static_cast<std::uint8_t>(facts.qos | (facts.retain ? retain_flag : 0) |
                                          (expires ? expires_flag : 0)));
        if (expires) {
            to_.put(facts.expires);
        }
        packet_.clear();
        encode(packet_, message->packet(false), Version::V5);
        to_.put_bytes(as_bytes(packet_));
    }

    ByteWriter to_;
    const std::string* client_ = nullptr;  // of the record before
    std::unordered_map<const Message*, std::uint64_t> messages_;
    std::string packet_;
};

}  // namespace

void encode_records(std::span<const Record> records, Bytes& out) {
    ASSERT(!records.empty());
    const std::uint64_t first = records.front().number;
    const bool standing = records.back().number == first && records.size() > 1;
    Writer writer(out);
    writer.head(first, standing);
    for (std::size_t i = 0; i < records.size(); ++i) {
        ASSERT(records[i].number == first + (standing ? 0 : i));
        writer.put(records[i]);
    }
}

Result<RecordReader> RecordReader::open(ByteView bytes) {
    RecordReader out(bytes);
    std::uint8_t found = 0;
    std::uint8_t flags = 0;
    if (out.in_.get(found) && found != version) {
        return fail(Code::Unsupported,
                    "records of format version {}, this program reads {}: use the program that "
                    "wrote them, or a newer one",
                    found, version);
    }
    if (!out.in_.get(flags) || (flags & ~standing_numbers) != 0 ||
        !out.in_.get_varint(out.next_number_) || out.next_number_ > number_max) {
        return fail(Code::Corrupt, "a group of records has no head");
    }
    out.standing_ = flags != 0;
    return out;
}

Result<bool> RecordReader::next(Record& out) {
    if (in_.empty()) {
        return false;
    }
    out = Record{};
    out.number = next_number_;
    if (!read(out)) {
        return fail(Code::Corrupt, "record {} cannot be read", next_number_);
    }
    next_number_ += standing_ ? 0 : 1;
    return true;
}

bool RecordReader::read(Record& out) {
    std::uint8_t type = 0;
    if (!in_.get(type)) {
        return false;
    }
    out.more = (type & more_follows) != 0;
    type &= static_cast<std::uint8_t>(~more_follows);
    if (type < static_cast<std::uint8_t>(RecordType::SessionOpened) ||
        type > static_cast<std::uint8_t>(RecordType::SnapshotEnded)) {
        return false;
    }
    out.type = static_cast<RecordType>(type);
    return (!has_client(out.type) || read_client(out.client_id)) && read_fields(out);
}

namespace {

bool take_number32(ByteReader& in, std::uint32_t& out) {
    std::uint64_t value = 0;
    if (!in.get_varint(value) || value > UINT32_MAX) {
        return false;
    }
    out = static_cast<std::uint32_t>(value);
    return true;
}

bool take_text(ByteReader& in, std::string& out) {
    std::string_view text;
    if (!in.get_text(text) || text.size() > text_bytes_max || !is_text(text)) {
        return false;
    }
    out = text;
    return true;
}

bool take_filter(ByteReader& in, std::string& out) {
    return take_text(in, out) && is_topic_filter(out);
}

}  // namespace

bool RecordReader::read_fields(Record& out) {
    switch (out.type) {
        case RecordType::SessionOpened:
        case RecordType::SessionResumed:
        case RecordType::SessionAway:
        case RecordType::WillSet: return read_session(out);
        case RecordType::Subscribed: return read_subscribed(out);
        case RecordType::Unsubscribed: return take_filter(in_, out.filter);
        case RecordType::RetainedCleared:
            return take_text(in_, out.filter) && is_topic_name(out.filter);
        case RecordType::Queued: return read_queued(out);
        case RecordType::Sent: return read_sequence(out) && read_packet_id(out);
        case RecordType::Counted:  // a session may have given out none
            return in_.get_varint(out.sequence) && in_.get(out.packet_id);
        case RecordType::Released:
        case RecordType::Done: return read_sequence(out);
        case RecordType::Received:
        case RecordType::Forgotten: return read_packet_id(out);
        case RecordType::Retained: return read_message(out.message);
        case RecordType::SessionEnded:
        case RecordType::WillCleared:
        case RecordType::SnapshotBegan:
        case RecordType::SnapshotPart:
        case RecordType::SnapshotEnded: return true;
    }
    return false;
}

bool RecordReader::read_session(Record& out) {
    const bool named = out.type == RecordType::SessionOpened || out.type == RecordType::WillSet;
    std::string_view principal;  // what the gate said, whatever it is
    if (named && !in_.get_text(principal)) {
        return false;
    }
    out.principal = principal;
    return take_number32(in_, out.expiry) &&
           (out.type != RecordType::SessionAway || in_.get(out.at)) &&
           (out.type != RecordType::WillSet || read_message(out.message));
}

bool RecordReader::read_subscribed(Record& out) {
    std::uint8_t options = 0;
    if (!take_filter(in_, out.filter) || !in_.get(options) ||
        !take_number32(in_, out.subscription.id)) {
        return false;
    }
    const unsigned handling = options >> 4;
    if ((options & qos_mask) > 2 || handling > 2 || out.subscription.id > varint_max) {
        return false;
    }
    out.subscription.options = {.qos = static_cast<std::uint8_t>(options & qos_mask),
                                .no_local = (options & 4) != 0,
                                .retain_as_published = (options & 8) != 0,
                                .retain_handling = static_cast<RetainHandling>(handling)};
    return true;
}

bool RecordReader::read_queued(Record& out) {
    std::uint8_t facts = 0;
    std::uint64_t ids = 0;
    if (!read_sequence(out) || !in_.get(facts) || !in_.get_varint(ids)) {
        return false;
    }
    out.qos = facts & qos_mask;
    out.retain = (facts & retain_flag) != 0;
    if ((facts & ~(qos_mask | retain_flag)) != 0 || out.qos == 0 || out.qos > 2 ||
        ids > in_.rest().size()) {
        return false;
    }
    for (std::uint64_t i = 0; i < ids; ++i) {
        std::uint32_t id = 0;
        if (!take_number32(in_, id) || id == 0 || id > varint_max) {
            return false;
        }
        out.subscription_ids.push_back(id);
    }
    return read_message(out.message);
}

bool RecordReader::read_client(std::string& out) {
    std::uint64_t size = 0;
    if (!in_.get_varint(size)) {
        return false;
    }
    if (size > 0) {
        ByteView text;
        if (size - 1 > text_bytes_max || !in_.get_bytes(size - 1, text) ||
            !is_text(as_text(text))) {
            return false;
        }
        client_ = as_text(text);
        has_client_ = true;
    }
    out = client_;
    return has_client_;
}

bool RecordReader::read_sequence(Record& out) {
    return in_.get_varint(out.sequence) && out.sequence > 0;
}

bool RecordReader::read_packet_id(Record& out) {
    return in_.get(out.packet_id) && out.packet_id > 0;
}

bool RecordReader::read_message(MessagePtr& out) {
    std::uint64_t which = 0;
    if (!in_.get_varint(which) || which > messages_.size()) {
        return false;
    }
    if (which == 0) {
        return read_new_message(out);
    }
    out = messages_[which - 1];
    return true;
}

bool RecordReader::read_new_message(MessagePtr& out) {
    std::uint8_t flags = 0;
    Message::Facts facts;
    if (!in_.get(flags) || (flags & ~(qos_mask | retain_flag | expires_flag)) != 0 ||
        (flags & qos_mask) > 2 || ((flags & expires_flag) != 0 && !in_.get(facts.expires))) {
        return false;
    }
    facts.qos = flags & qos_mask;
    facts.retain = (flags & retain_flag) != 0;
    const std::string_view rest = as_text(in_.rest());
    const auto frame = read_frame(rest, {.packet_bytes_max = SIZE_MAX});
    if (!frame || !*frame || (*frame)->type != PacketType::Publish || (*frame)->flags != 0) {
        return false;
    }
    const auto packet = decode_publish(**frame, Version::V5, Side::Client);
    // What one would not encode a message as is not one either.
    if (!packet || packet->topic.empty() || packet->properties.has(Property::TopicAlias) ||
        (facts.expires != time_max && !packet->properties.has(Property::MessageExpiry))) {
        return false;
    }
    ByteView taken;
    if (!in_.get_bytes((*frame)->bytes, taken)) {
        return false;
    }
    out = std::make_shared<const Message>(*packet, facts);
    messages_.push_back(out);
    return true;
}

}  // namespace gantry::mqtt
