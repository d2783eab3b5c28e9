// SPDX-License-Identifier: Apache-2.0
// HistoryRead: from requests to questions, and continuation points.
#include "opcua/endpoint.h"
#include "opcua/history.h"
#include "opcua/values.h"

namespace gantry::opcua {
namespace {

void put_id(UA_ByteString& out, std::uint64_t number) {
    UA_ByteString_allocBuffer(&out, sizeof(number));
    std::memcpy(out.data, &number, sizeof(number));
}

// 0 where it is none: numbers begin with 1.
std::uint64_t id_in(const UA_ByteString& text) {
    std::uint64_t out = 0;
    if (text.length == sizeof(out)) {
        std::memcpy(&out, text.data, sizeof(out));
    }
    return out;
}

UA_StatusCode status_of(const Error& error) {
    return error.code == Code::InvalidArgument ? UA_STATUSCODE_BADINVALIDARGUMENT
                                               : UA_STATUSCODE_BADINTERNALERROR;
}

AggregateRules rules_of(const UA_AggregateConfiguration& configuration) {
    if (configuration.useServerCapabilitiesDefaults) {
        return {};
    }
    return {configuration.treatUncertainAsBad, configuration.percentDataBad,
            configuration.percentDataGood};
}

}  // namespace

// Of one of the two kinds.
struct Endpoint::HistoryRequest {
    Session* session = nullptr;
    const UA_ReadRawModifiedDetails* raw = nullptr;
    const UA_ReadProcessedDetails* processed = nullptr;
    UA_TimestampsToReturn timestamps = UA_TIMESTAMPSTORETURN_SOURCE;
    bool release = false;
    std::span<const UA_HistoryReadValueId> nodes;
    UA_HistoryReadResponse* response = nullptr;
    UA_HistoryData* const* data = nullptr;

    // Where it begins by what the client says. Nothing if that is no range.
    std::optional<HistoryPosition> beginning() const;
    Result<RawPart> read(const store::Store& store, const Node& node,
                         const HistoryPosition& position, std::size_t index,
                         std::size_t limit) const;
};

std::optional<HistoryPosition> Endpoint::HistoryRequest::beginning() const {
    HistoryPosition out;
    if (processed != nullptr) {
        out.from = time_of(processed->startTime);
        out.to = time_of(processed->endTime);
        Time wide = 0;
        const bool said = processed->startTime != 0 && processed->endTime != 0;
        return said && out.from < out.to && !__builtin_sub_overflow(out.to, out.from, &wide)
                   ? std::optional(out)
                   : std::nullopt;
    }
    const bool start = raw->startTime != 0;
    const bool end = raw->endTime != 0;
    const bool some = raw->numValuesPerNode != 0;
    if (int{start} + int{end} + int{some} < 2) {
        return std::nullopt;
    }
    out.bounds = raw->returnBounds && start && end;
    out.from = time_of(start ? raw->startTime : raw->endTime);
    out.forward = start && (!end || raw->startTime <= raw->endTime);
    out.to = start && end ? time_of(raw->endTime) : out.forward ? time_max : time_min;
    return out;
}

Result<RawPart> Endpoint::HistoryRequest::read(const store::Store& store, const Node& node,
                                               const HistoryPosition& position, std::size_t index,
                                               std::size_t limit) const {
    if (raw != nullptr) {
        const bool first = nodes[index].continuationPoint.length == 0;
        return read_raw(store, {.series = node.point->series,
                                .from = position.from,
                                .to = position.to,
                                .forward = position.forward,
                                .start_bound = first && raw->returnBounds,
                                .end_bound = position.bounds,
                                .limit = limit});
    }
    const double wanted = processed->processingInterval;
    const double interval = wanted > 0 ? std::min(wanted * 1e6, 9e18) : 0;
    return read_processed(
        store, {.series = node.point->series,
                .type = node.point->point.property.type,
                .from = position.from,
                .to = position.to,
                .interval = Duration(static_cast<std::int64_t>(interval)),
                .aggregation = *aggregation_of(processed->aggregateType[index].identifier.numeric),
                .rules = rules_of(processed->aggregateConfiguration),
                .limit = limit});
}

void Endpoint::read_history(const HistoryRequest& request) {
    if (request.timestamps == UA_TIMESTAMPSTORETURN_SERVER ||
        request.timestamps == UA_TIMESTAMPSTORETURN_NEITHER) {
        // Values carry the time of their source and no other.
        request.response->responseHeader.serviceResult = UA_STATUSCODE_BADTIMESTAMPNOTSUPPORTED;
        return;
    }
    std::size_t left = static_cast<std::size_t>(options_.history_values_max);
    for (std::size_t i = 0; i < request.nodes.size(); ++i) {
        const std::size_t share = std::max<std::size_t>(1, left / (request.nodes.size() - i));
        const std::size_t sent = read_history_of(request, i, share);
        left -= std::min(left, sent);
        meters_.history_values.add(sent);
    }
}

UA_StatusCode Endpoint::check_history(const HistoryRequest& request, std::size_t index,
                                      const Node* node) const {
    if (node == nullptr || !request.session->sees(*node)) {
        return UA_STATUSCODE_BADNODEIDUNKNOWN;
    }
    if (!request.session->may("samples:read", node->path)) {
        return UA_STATUSCODE_BADUSERACCESSDENIED;
    }
    if (request.nodes[index].indexRange.length > 0) {
        return UA_STATUSCODE_BADINDEXRANGENODATA;
    }
    if (request.processed == nullptr) {
        return UA_STATUSCODE_GOOD;
    }
    const UA_NodeId& wanted = request.processed->aggregateType[index];
    const auto aggregation =
        wanted.namespaceIndex == 0 && wanted.identifierType == UA_NODEIDTYPE_NUMERIC
            ? aggregation_of(wanted.identifier.numeric)
            : std::nullopt;
    if (!aggregation || (*aggregation != Aggregation::Count &&
                         node->point->point.property.type == ValueType::String)) {
        return UA_STATUSCODE_BADAGGREGATENOTSUPPORTED;
    }
    return rules_of(request.processed->aggregateConfiguration).consistent()
               ? UA_STATUSCODE_GOOD
               : UA_STATUSCODE_BADAGGREGATECONFIGURATIONREJECTED;
}

std::size_t Endpoint::read_history_of(const HistoryRequest& request, std::size_t index,
                                      std::size_t limit) {
    const UA_HistoryReadValueId& wanted = request.nodes[index];
    UA_HistoryReadResult& result = request.response->results[index];
    auto& positions = request.session->history;
    const auto known = positions.find(id_in(wanted.continuationPoint));
    if (request.release) {
        if (known != positions.end()) {
            positions.erase(known);
        }
        return 0;
    }
    const Node* node = space_->find_point(wanted.nodeId);
    result.statusCode = check_history(request, index, node);
    if (result.statusCode != UA_STATUSCODE_GOOD) {
        return 0;
    }
    std::optional<HistoryPosition> position;
    if (wanted.continuationPoint.length == 0) {
        position = request.beginning();
        result.statusCode = UA_STATUSCODE_BADINVALIDARGUMENT;
    } else if (known != positions.end() && known->second.path == node->path) {
        position = known->second;
        positions.erase(known);
    } else {
        result.statusCode = UA_STATUSCODE_BADCONTINUATIONPOINTINVALID;
    }
    if (!position) {
        return 0;
    }
    if (request.raw != nullptr && request.raw->numValuesPerNode != 0) {
        limit = std::min<std::size_t>(limit, request.raw->numValuesPerNode);
    }
    const auto part = request.read(around_.store, *node, *position, index, limit);
    if (!part) {
        result.statusCode = status_of(part.error());
        return 0;
    }
    if (part->next && positions.size() >= Session::positions_max) {
        result.statusCode = UA_STATUSCODE_BADNOCONTINUATIONPOINTS;
        return 0;
    }
    result.statusCode = part->samples.empty() ? UA_STATUSCODE_GOODNODATA : UA_STATUSCODE_GOOD;
    if (part->next) {
        position->path = node->path;
        position->from = *part->next;
        const std::uint64_t number = ++request.session->last_position;
        positions.emplace(number, std::move(*position));
        put_id(result.continuationPoint, number);
    }
    UA_HistoryData& out = *request.data[index];
    out.dataValues = static_cast<UA_DataValue*>(
        UA_Array_new(part->samples.size(), &UA_TYPES[UA_TYPES_DATAVALUE]));
    if (out.dataValues == nullptr) {
        result.statusCode = UA_STATUSCODE_BADOUTOFMEMORY;
        return 0;
    }
    out.dataValuesSize = part->samples.size();
    for (std::size_t i = 0; i < part->samples.size(); ++i) {
        put_sample(part->samples[i], out.dataValues[i]);
    }
    return part->samples.size();
}

void Endpoint::set_history(UA_ServerConfig& config) {
    config.historizingEnabled = true;
    UA_HistoryDatabase& database = config.historyDatabase;
    database.context = this;
    database.readRaw = [](UA_Server*, void* self, const UA_NodeId*, void* session,
                          const UA_RequestHeader*, const UA_ReadRawModifiedDetails* details,
                          UA_TimestampsToReturn timestamps, UA_Boolean release, size_t size,
                          const UA_HistoryReadValueId* nodes, UA_HistoryReadResponse* response,
                          UA_HistoryData* const* const data) {
        static_cast<Endpoint*>(self)->read_history({.session = static_cast<Session*>(session),
                                                    .raw = details,
                                                    .timestamps = timestamps,
                                                    .release = release,
                                                    .nodes = {nodes, size},
                                                    .response = response,
                                                    .data = data});
    };
    database.readProcessed =
        [](UA_Server*, void* self, const UA_NodeId*, void* session, const UA_RequestHeader*,
           const UA_ReadProcessedDetails* details, UA_TimestampsToReturn timestamps,
           UA_Boolean release, size_t size, const UA_HistoryReadValueId* nodes,
           UA_HistoryReadResponse* response, UA_HistoryData* const* const data) {
            if (details->aggregateTypeSize != size) {
                response->responseHeader.serviceResult = UA_STATUSCODE_BADAGGREGATELISTMISMATCH;
                return;
            }
            static_cast<Endpoint*>(self)->read_history({.session = static_cast<Session*>(session),
                                                        .processed = details,
                                                        .timestamps = timestamps,
                                                        .release = release,
                                                        .nodes = {nodes, size},
                                                        .response = response,
                                                        .data = data});
        };
}

}  // namespace gantry::opcua
