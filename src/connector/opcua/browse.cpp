// SPDX-License-Identifier: Apache-2.0
// Looking through a server's nodes.
#include <algorithm>
#include <deque>
#include <set>

#include "connector/opcua/client_group.h"

namespace gantry::connector::opcua {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t nodes_seen_max = 50'000;
constexpr std::int64_t count_max = 1000;
constexpr std::uint32_t elements_shown_max = 64;
constexpr Duration longest = 30s;

using Response = Ua<UA_BrowseResponse, UA_TYPES_BROWSERESPONSE>;
using NextResponse = Ua<UA_BrowseNextResponse, UA_TYPES_BROWSENEXTRESPONSE>;

// The variables below a node, breadth first, each once.
class Walk {
public:
    Walk(UA_Client* client, const UA_NodeId& start) : client_(client) { visit(start, false); }

    // One node more; false when there is none.
    Result<bool> step() {
        if (waiting_.empty()) {
            return false;
        }
        const UaNodeId node = std::move(waiting_.front());
        waiting_.pop_front();
        UA_BrowseDescription what;
        UA_BrowseDescription_init(&what);
        what.nodeId = *node;
        what.browseDirection = UA_BROWSEDIRECTION_FORWARD;
        what.referenceTypeId = UA_NODEID_NUMERIC(0, UA_NS0ID_HIERARCHICALREFERENCES);
        what.includeSubtypes = true;
        what.nodeClassMask = UA_NODECLASS_OBJECT | UA_NODECLASS_VARIABLE;
        what.resultMask = UA_BROWSERESULTMASK_NODECLASS | UA_BROWSERESULTMASK_REFERENCETYPEID;
        UA_BrowseRequest request;
        UA_BrowseRequest_init(&request);
        request.nodesToBrowse = &what;
        request.nodesToBrowseSize = 1;
        Response response(UA_Client_Service_browse(client_, request));
        UA_StatusCode status = response->responseHeader.serviceResult;
        if (is_bad(status) || response->resultsSize != 1) {
            return fail(Code::Unavailable, "the server cannot be looked through: {}",
                        status_name(status));
        }
        if (first_ && is_bad(response->results[0].statusCode)) {
            return fail(Code::InvalidArgument, "there is nothing to look through: {}",
                        status_name(response->results[0].statusCode));
        }
        first_ = false;
        take(response->results[0]);
        Ua<UA_ByteString, UA_TYPES_BYTESTRING> more;
        std::swap(*more, response->results[0].continuationPoint);
        while (more->length > 0) {
            UA_BrowseNextRequest next;
            UA_BrowseNextRequest_init(&next);
            next.continuationPoints = &*more;
            next.continuationPointsSize = 1;
            NextResponse answer(UA_Client_Service_browseNext(client_, next));
            UA_ByteString_clear(&*more);
            status = answer->responseHeader.serviceResult;
            if (is_bad(status) || answer->resultsSize != 1) {
                return fail(Code::Unavailable, "the server cannot be looked through: {}",
                            status_name(status));
            }
            take(answer->results[0]);
            std::swap(*more, answer->results[0].continuationPoint);
        }
        return true;
    }

    const std::vector<UaNodeId>& variables() const { return variables_; }
    std::size_t seen() const { return seen_.size(); }

private:
    void take(const UA_BrowseResult& result) {
        for (std::size_t i = 0; i < result.referencesSize; ++i) {
            const UA_ReferenceDescription& reference = result.references[i];
            const UA_NodeId property = UA_NODEID_NUMERIC(0, UA_NS0ID_HASPROPERTY);
            // What describes a variable is none, and what the server tells of itself is no plant.
            const UA_NodeId server = UA_NODEID_NUMERIC(0, UA_NS0ID_SERVER);
            if (reference.nodeId.serverIndex != 0 ||
                UA_NodeId_equal(&reference.referenceTypeId, &property) ||
                UA_NodeId_equal(&reference.nodeId.nodeId, &server)) {
                continue;
            }
            visit(reference.nodeId.nodeId, reference.nodeClass == UA_NODECLASS_VARIABLE);
        }
    }

    void visit(const UA_NodeId& node, bool variable) {
        UA_String name = UA_STRING_NULL;
        UA_NodeId_print(&node, &name);
        const bool fresh = seen_.emplace(view(name)).second;
        UA_String_clear(&name);
        if (!fresh) {
            return;
        }
        UA_NodeId_copy(&node, &*waiting_.emplace_back());
        if (variable) {
            UA_NodeId_copy(&node, &*variables_.emplace_back());
        }
    }

    UA_Client* client_;
    std::deque<UaNodeId> waiting_;
    std::vector<UaNodeId> variables_;
    std::set<std::string, std::less<>> seen_;
    bool first_ = true;
};

}  // namespace

Result<ScanReport> Client::browse(const ScanRequest& request, const std::atomic<bool>& hurry) {
    auto start = parse_node(request.area);
    if (!start) {
        return bad_field("/area", start.error().message);
    }
    if (request.from < 0 || request.count < 1 || request.count > count_max) {
        return bad_field("/count", "from is 0 or more, count 1 to 1000");
    }
    const auto node = resolve(*start);
    if (!node) {
        return bad_field("/area", node.error().message);
    }
    Walk walk(client_, **node);
    const auto from = static_cast<std::size_t>(request.from);
    const std::size_t to = from + static_cast<std::size_t>(request.count);
    const auto until = std::chrono::steady_clock::now() + longest;
    ScanReport out;
    while (walk.variables().size() <= to) {
        const auto more = walk.step();
        if (!more) {
            Error error = more.error();
            if (error.code == Code::InvalidArgument) {
                return bad_field("/area", error.message);
            }
            return std::unexpected(std::move(error));
        }
        if (!*more) {
            out.done = true;
            break;
        }
        if (hurry || std::chrono::steady_clock::now() > until || walk.seen() > nodes_seen_max) {
            out.detail = std::format("not all was looked through: {} nodes so far; name a node "
                                     "further down",
                                     walk.seen());
            break;
        }
    }
    const std::size_t end = std::min(to, walk.variables().size());
    out.done = out.done && end == walk.variables().size();
    out.next = static_cast<std::int64_t>(std::max(end, from));
    std::vector<UaNodeId> wanted;
    for (std::size_t i = from; i < end; ++i) {
        UA_NodeId_copy(&*walk.variables()[i], &*wanted.emplace_back());
    }
    const std::vector<UaDataValue> values = read(wanted);
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        const UA_DataValue& value = *values[i];
        if (value.hasStatus && is_bad(value.status)) {
            continue;  // not given out
        }
        const std::string name = name_of(*wanted[i]);
        if (!value.hasValue || value.value.type == nullptr || UA_Variant_isScalar(&value.value)) {
            out.found.push_back({name, value_in(value.value, std::nullopt)});
            continue;
        }
        const auto elements = static_cast<std::uint32_t>(
            std::min<std::size_t>(value.value.arrayLength, elements_shown_max));
        for (std::uint32_t element = 0; element < elements; ++element) {
            out.found.push_back(
                {std::format("{} [{}]", name, element), value_in(value.value, element)});
        }
    }
    return out;
}

}  // namespace gantry::connector::opcua
