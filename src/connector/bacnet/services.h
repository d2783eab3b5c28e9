// SPDX-License-Identifier: Apache-2.0
// The services that Gantry asks BACnet devices for, and what they answer (ANSI/ASHRAE 135, clauses
// 13 to 16 and 21). Pure; views into the bytes that are read.
#pragma once

#include <span>
#include <vector>

#include "connector/bacnet/element.h"
#include "connector/bacnet/frame.h"

namespace gantry::connector::bacnet {

struct Reference {
    ObjectId object;
    std::uint32_t property = 0;
    std::optional<std::uint32_t> index;

    auto operator<=>(const Reference&) const = default;
};

struct ErrorCode {
    std::uint32_t error_class = 0;
    std::uint32_t code = 0;

    bool operator==(const ErrorCode&) const = default;
};

struct PropertyResult {
    Reference of;
    std::optional<ErrorCode> error;
    ByteView value;  // elements
};

Bytes read_request(const Reference& of);
std::optional<PropertyResult> read_answer(ByteView data);

// References to one object that stand together are asked for together.
Bytes read_multiple_request(std::span<const Reference> of);
std::optional<std::vector<PropertyResult>> read_multiple_answer(ByteView data);

// `value`: elements.
Bytes write_request(const Reference& to, ByteView value, unsigned priority);

std::optional<ErrorCode> read_error(ByteView data);

Bytes subscribe_request(std::uint32_t process, ObjectId object, bool confirmed,
                        std::uint32_t lifetime_seconds);

struct Notification {
    std::uint32_t process = 0;
    ObjectId object;
    std::vector<PropertyResult> values;
};
std::optional<Notification> read_notification(ByteView data);

struct IAm {
    ObjectId device;
    std::uint32_t apdu_bytes = 0;
    std::uint32_t vendor = 0;
};
std::optional<IAm> read_i_am(ByteView data);

// Limits on what one message may hold.
inline constexpr std::size_t results_max = 2000;

}  // namespace gantry::connector::bacnet
