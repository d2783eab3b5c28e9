// SPDX-License-Identifier: Apache-2.0
#include "connector/bacnet/services.h"

namespace gantry::connector::bacnet {
namespace {

std::optional<ErrorCode> take_error(ElementReader& in) {
    ByteView error_class;
    ByteView code;
    if (!in.take_application(DataType::Enumerated, error_class) ||
        !in.take_application(DataType::Enumerated, code)) {
        return std::nullopt;
    }
    const auto first = unsigned_of(error_class);
    const auto second = unsigned_of(code);
    if (!first || !second || *first > UINT32_MAX || *second > UINT32_MAX) {
        return std::nullopt;
    }
    return ErrorCode{static_cast<std::uint32_t>(*first), static_cast<std::uint32_t>(*second)};
}

// A property and its index, with these tags.
bool take_property(ElementReader& in, std::uint8_t number, Reference& of) {
    if (!in.take_context(number, of.property)) {
        return false;
    }
    std::uint32_t index = 0;
    if (in.take_context(number + 1, index)) {
        of.index = index;
    }
    return true;
}

void put_property(Bytes& out, std::uint8_t number, const Reference& of) {
    put_context(out, number, of.property);
    if (of.index) {
        put_context(out, static_cast<std::uint8_t>(number + 1), *of.index);
    }
}

}  // namespace

Bytes read_request(const Reference& of) {
    Bytes out;
    put_context(out, 0, of.object);
    put_property(out, 1, of);
    return out;
}

std::optional<PropertyResult> read_answer(ByteView data) {
    ElementReader in(data);
    PropertyResult out;
    if (!in.take_context(0, out.of.object) || !take_property(in, 1, out.of) ||
        !in.take_enclosed(3, out.value)) {
        return std::nullopt;
    }
    return out;
}

Bytes read_multiple_request(std::span<const Reference> of) {
    Bytes out;
    for (std::size_t i = 0; i < of.size(); ++i) {
        if (i == 0 || of[i].object != of[i - 1].object) {
            if (i > 0) {
                put_closing(out, 1);
            }
            put_context(out, 0, of[i].object);
            put_opening(out, 1);
        }
        put_property(out, 0, of[i]);
    }
    if (!of.empty()) {
        put_closing(out, 1);
    }
    return out;
}

std::optional<std::vector<PropertyResult>> read_multiple_answer(ByteView data) {
    ElementReader in(data);
    std::vector<PropertyResult> out;
    while (!in.at_end()) {
        ObjectId object;
        ByteView inside;
        if (!in.take_context(0, object) || !in.take_enclosed(1, inside)) {
            return std::nullopt;
        }
        ElementReader list(inside);
        while (!list.at_end()) {
            PropertyResult result;
            result.of.object = object;
            if (out.size() >= results_max || !take_property(list, 2, result.of)) {
                return std::nullopt;
            }
            ByteView error;
            if (list.take_enclosed(5, error)) {
                ElementReader words(error);
                result.error = take_error(words);
                if (!result.error) {
                    return std::nullopt;
                }
            } else if (!list.take_enclosed(4, result.value)) {
                return std::nullopt;
            }
            out.push_back(result);
        }
    }
    return out;
}

Bytes write_request(const Reference& to, ByteView value, unsigned priority) {
    Bytes out = read_request(to);
    put_opening(out, 3);
    append(out, value);
    put_closing(out, 3);
    put_context(out, 4, priority);
    return out;
}

std::optional<ErrorCode> read_error(ByteView data) {
    ElementReader in(data);
    ByteView inside;
    if (in.take_enclosed(0, inside)) {  // of the services that say more
        in = ElementReader(inside);
    }
    return take_error(in);
}

Bytes subscribe_request(std::uint32_t process, ObjectId object, bool confirmed,
                        std::uint32_t lifetime_seconds) {
    Bytes out;
    put_context(out, 0, process);
    put_context(out, 1, object);
    put_context(out, 2, std::uint32_t{confirmed});
    put_context(out, 3, lifetime_seconds);
    return out;
}

std::optional<Notification> read_notification(ByteView data) {
    ElementReader in(data);
    Notification out;
    ObjectId device;
    std::uint32_t left = 0;
    ByteView inside;
    if (!in.take_context(0, out.process) || !in.take_context(1, device) ||
        !in.take_context(2, out.object) || !in.take_context(3, left) ||
        !in.take_enclosed(4, inside)) {
        return std::nullopt;
    }
    ElementReader list(inside);
    while (!list.at_end()) {
        PropertyResult result;
        result.of.object = out.object;
        if (out.values.size() >= results_max || !take_property(list, 0, result.of) ||
            !list.take_enclosed(2, result.value)) {
            return std::nullopt;
        }
        std::uint32_t priority = 0;
        (void)list.take_context(3, priority);
        out.values.push_back(result);
    }
    return out;
}

std::optional<IAm> read_i_am(ByteView data) {
    ElementReader in(data);
    ByteView device;
    ByteView bytes;
    ByteView segmentation;
    ByteView vendor;
    if (!in.take_application(DataType::ObjectIdentifier, device) ||
        !in.take_application(DataType::Unsigned, bytes) ||
        !in.take_application(DataType::Enumerated, segmentation) ||
        !in.take_application(DataType::Unsigned, vendor)) {
        return std::nullopt;
    }
    const auto id = object_of(device);
    const auto size = unsigned_of(bytes);
    const auto who = unsigned_of(vendor);
    if (!id || !size || !who || *size > UINT32_MAX || *who > UINT32_MAX) {
        return std::nullopt;
    }
    return IAm{*id, static_cast<std::uint32_t>(*size), static_cast<std::uint32_t>(*who)};
}

}  // namespace gantry::connector::bacnet
