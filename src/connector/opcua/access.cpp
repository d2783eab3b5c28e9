// SPDX-License-Identifier: Apache-2.0
// Reading and writing nodes.
#include <algorithm>
#include <array>
#include <thread>

#include "connector/opcua/client.h"
#include "connector/opcua/client_group.h"

namespace gantry::connector::opcua {
namespace {

using namespace std::chrono_literals;

// In one request; servers have limits of their own.
constexpr std::size_t nodes_max = 100;
constexpr std::array<Duration, 3> read_back_pauses = {0ms, 100ms, 400ms};

CommandResult refused(std::string detail) {
    return {CommandOutcome::Refused, std::move(detail), {}};
}

// Whether it is unknown what the server did.
bool is_silence(UA_StatusCode status) {
    switch (status) {
        case UA_STATUSCODE_BADTIMEOUT:
        case UA_STATUSCODE_BADCONNECTIONCLOSED:
        case UA_STATUSCODE_BADSECURECHANNELCLOSED:
        case UA_STATUSCODE_BADSESSIONCLOSED:
        case UA_STATUSCODE_BADDISCONNECT:
        case UA_STATUSCODE_BADSHUTDOWN:
        case UA_STATUSCODE_BADREQUESTINTERRUPTED:
        case UA_STATUSCODE_BADREQUESTTIMEOUT: return true;
        default: return false;
    }
}

std::string why_not_written(UA_StatusCode status) {
    const std::string name(status_name(status));
    switch (status) {
        case UA_STATUSCODE_BADNOTWRITABLE: return name + ": the node cannot be written";
        case UA_STATUSCODE_BADUSERACCESSDENIED: return name + ": the user may not write the node";
        case UA_STATUSCODE_BADTYPEMISMATCH: return name + ": the node has another type";
        case UA_STATUSCODE_BADOUTOFRANGE: return name + ": the value is outside the node's range";
        case UA_STATUSCODE_BADNODEIDUNKNOWN: return name + ": the server has no such node";
        default: return "the server refuses it: " + name;
    }
}

}  // namespace

Result<> Client::read_namespaces() {
    std::vector<UaNodeId> nodes;
    nodes.emplace_back(UA_NODEID_NUMERIC(0, UA_NS0ID_SERVER_NAMESPACEARRAY));
    const std::vector<UaDataValue> values = read(nodes);
    const UA_DataValue& value = *values.front();
    if ((value.hasStatus && is_bad(value.status)) || !value.hasValue ||
        value.value.type != &UA_TYPES[UA_TYPES_STRING]) {
        return std::unexpected(lost(value.hasStatus && is_bad(value.status)
                                        ? value.status
                                        : UA_STATUSCODE_BADUNEXPECTEDERROR));
    }
    const auto* names = static_cast<const UA_String*>(value.value.data);
    for (std::size_t i = 0; i < value.value.arrayLength; ++i) {
        namespaces_.emplace_back(view(names[i]));
    }
    return {};
}

Result<UaNodeId> Client::resolve(const NodeName& node) const {
    std::uint16_t space = node.space;
    if (!node.space_uri.empty()) {
        const auto found = std::ranges::find(namespaces_, node.space_uri);
        if (found == namespaces_.end()) {
            return fail(Code::NotFound, "the server has no namespace '{}'", node.space_uri);
        }
        space = static_cast<std::uint16_t>(found - namespaces_.begin());
    }
    UaNodeId out;
    out->namespaceIndex = space;
    switch (node.kind) {
        case IdKind::Numeric:
            out->identifierType = UA_NODEIDTYPE_NUMERIC;
            out->identifier.numeric = node.number;
            break;
        case IdKind::Text:
            out->identifierType = UA_NODEIDTYPE_STRING;
            out->identifier.string = copy(node.text);
            break;
        case IdKind::Opaque:
            out->identifierType = UA_NODEIDTYPE_BYTESTRING;
            out->identifier.byteString = copy(node.text);
            break;
        case IdKind::Guid: {
            out->identifierType = UA_NODEIDTYPE_GUID;
            UA_Guid& guid = out->identifier.guid;
            const auto byte = [&node](std::size_t i) {
                return static_cast<UA_UInt32>(static_cast<UA_Byte>(node.text[i]));
            };
            guid.data1 = byte(0) << 24 | byte(1) << 16 | byte(2) << 8 | byte(3);
            guid.data2 = static_cast<UA_UInt16>(byte(4) << 8 | byte(5));
            guid.data3 = static_cast<UA_UInt16>(byte(6) << 8 | byte(7));
            for (std::size_t i = 0; i < 8; ++i) {
                guid.data4[i] = static_cast<UA_Byte>(byte(8 + i));
            }
            break;
        }
    }
    return out;
}

std::string Client::name_of(const UA_NodeId& node) const {
    NodeName out;
    out.space = node.namespaceIndex;
    if (node.namespaceIndex != 0 && node.namespaceIndex < namespaces_.size() &&
        !namespaces_[node.namespaceIndex].empty()) {
        out.space_uri = namespaces_[node.namespaceIndex];
    }
    switch (node.identifierType) {
        case UA_NODEIDTYPE_NUMERIC: out.number = node.identifier.numeric; break;
        case UA_NODEIDTYPE_STRING:
            out.kind = IdKind::Text;
            out.text = view(node.identifier.string);
            break;
        case UA_NODEIDTYPE_BYTESTRING:
            out.kind = IdKind::Opaque;
            out.text = view(node.identifier.byteString);
            break;
        case UA_NODEIDTYPE_GUID: {
            out.kind = IdKind::Guid;
            const UA_Guid& guid = node.identifier.guid;
            for (int shift = 24; shift >= 0; shift -= 8) {
                out.text += static_cast<char>(guid.data1 >> shift & 0xff);
            }
            for (const UA_UInt16 part : {guid.data2, guid.data3}) {
                out.text += static_cast<char>(part >> 8);
                out.text += static_cast<char>(part & 0xff);
            }
            for (const UA_Byte part : guid.data4) {
                out.text += static_cast<char>(part);
            }
            break;
        }
    }
    Address address;
    address.node = std::move(out);
    return format_address(address);
}

std::vector<UaDataValue> Client::read(const std::vector<UaNodeId>& nodes) {
    std::vector<UaDataValue> out;
    for (std::size_t from = 0; from < nodes.size(); from += nodes_max) {
        const std::size_t count = std::min(nodes_max, nodes.size() - from);
        std::vector<UA_ReadValueId> asked(count);
        for (std::size_t i = 0; i < count; ++i) {
            UA_ReadValueId_init(&asked[i]);
            asked[i].nodeId = *nodes[from + i];
            asked[i].attributeId = UA_ATTRIBUTEID_VALUE;
        }
        UA_ReadRequest request;
        UA_ReadRequest_init(&request);
        request.timestampsToReturn = UA_TIMESTAMPSTORETURN_BOTH;
        request.nodesToRead = asked.data();
        request.nodesToReadSize = count;
        Ua<UA_ReadResponse, UA_TYPES_READRESPONSE> response(
            UA_Client_Service_read(client_, request));
        const UA_StatusCode status = response->responseHeader.serviceResult;
        for (std::size_t i = 0; i < count; ++i) {
            UaDataValue& value = out.emplace_back();
            if (i < response->resultsSize && !is_bad(status)) {
                std::swap(*value, response->results[i]);
            } else {
                value->hasStatus = true;
                value->status = is_bad(status) ? status : UA_STATUSCODE_BADUNEXPECTEDERROR;
            }
        }
    }
    return out;
}

std::vector<Arrival> Client::read_tags(const std::vector<Tag>& tags) {
    std::vector<Arrival> out(tags.size());
    std::vector<UaNodeId> nodes;
    std::vector<std::uint32_t> asked;
    for (std::uint32_t i = 0; i < tags.size(); ++i) {
        auto node = resolve(tags[i].address.node);
        if (node) {
            nodes.push_back(std::move(*node));
            asked.push_back(i);
        } else {
            out[i].quality = Quality{UA_STATUSCODE_BADNODEIDUNKNOWN};
            out[i].complaint = node.error().message;
        }
    }
    const std::vector<UaDataValue> values = read(nodes);
    for (std::size_t i = 0; i < asked.size(); ++i) {
        Arrival& arrival = out[asked[i]];
        arrival = arrival_of(tags[asked[i]], asked[i], *values[i]);
        if (arrival.quality.bad() && arrival.complaint.empty()) {
            arrival.complaint =
                std::format("the server says {}", status_name(arrival.quality.code));
        }
    }
    return out;
}

UA_StatusCode Client::write_variant(const UA_NodeId& node, const UA_Variant& value) {
    // Value only: many servers refuse a status or a time.
    UA_WriteValue item;
    UA_WriteValue_init(&item);
    item.nodeId = node;
    item.attributeId = UA_ATTRIBUTEID_VALUE;
    item.value.hasValue = true;
    item.value.value = value;
    UA_WriteRequest request;
    UA_WriteRequest_init(&request);
    request.nodesToWrite = &item;
    request.nodesToWriteSize = 1;
    const Ua<UA_WriteResponse, UA_TYPES_WRITERESPONSE> response(
        UA_Client_Service_write(client_, request));
    if (is_bad(response->responseHeader.serviceResult)) {
        return response->responseHeader.serviceResult;
    }
    return response->resultsSize == 1 ? response->results[0] : UA_STATUSCODE_BADUNEXPECTEDERROR;
}

CommandResult Client::write(const Tag& tag, const Property& property, const Value& value,
                            const std::atomic<bool>& hurry) {
    std::vector<UaNodeId> nodes;
    auto node = resolve(tag.address.node);
    if (!node) {
        return refused(node.error().message);
    }
    nodes.push_back(std::move(*node));
    std::vector<UaDataValue> now = read(nodes);
    if (now.front()->hasStatus && is_silence(now.front()->status)) {
        return refused(std::format("nothing was written, as reading the node before failed: {}",
                                   status_name(now.front()->status)));
    }
    UaVariant wanted;
    if (now.front()->hasValue && now.front()->value.type != nullptr) {
        UA_Variant_copy(&now.front()->value, &*wanted);
    } else {
        return refused(std::format("nothing was written: the node has no value that tells its type "
                                   "({})",
                                   status_name(now.front()->hasStatus ? now.front()->status : 0)));
    }
    if (const auto put = put_value(tag, property, value, *wanted); !put) {
        return refused(put.error().message);
    }
    const UA_StatusCode status = write_variant(*nodes.front(), *wanted);
    if (is_silence(status)) {
        return {CommandOutcome::Unknown,
                std::format("no answer came ({}): read the point before writing again",
                            status_name(status)),
                {}};
    }
    if (is_bad(status)) {
        return refused(why_not_written(status));
    }
    Value found;
    for (const Duration pause : read_back_pauses) {
        if (pause > Duration{0} && !hurry) {
            std::this_thread::sleep_for(pause);
        }
        now = read(nodes);
        const UA_DataValue& back = *now.front();
        if (back.hasStatus && is_bad(back.status)) {
            return {CommandOutcome::Unknown,
                    std::format("the server acknowledged the write, but reading back failed: {}",
                                status_name(back.status)),
                    {}};
        }
        const Arrival arrival = arrival_of(tag, 0, back);
        found = value_of(arrival.type, arrival.bits, arrival.text);
        if (same_value(tag, *wanted, back.value)) {
            return {CommandOutcome::Confirmed, {}, std::move(found)};
        }
    }
    std::string detail =
        std::format("the server acknowledged {}, but holds {}", to_text(value), to_text(found));
    return {CommandOutcome::Failed, std::move(detail), std::move(found)};
}

}  // namespace gantry::connector::opcua
