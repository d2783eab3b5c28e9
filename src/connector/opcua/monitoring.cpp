// SPDX-License-Identifier: Apache-2.0
// How the server is made to send values: subscriptions and monitored items.
#include <algorithm>
#include <cmath>

#include "connector/opcua/client_group.h"

namespace gantry::connector::opcua {
namespace {

using namespace std::chrono_literals;

// In one request; servers have limits of their own, and say so.
constexpr std::size_t items_max = 500;
constexpr Duration keep_alive = 5s;
constexpr Duration lifetime = 60s;

void* context_of(std::uint32_t tag) { return reinterpret_cast<void*>(std::uintptr_t{tag}); }

bool is_about_filter(UA_StatusCode status) {
    return status == UA_STATUSCODE_BADMONITOREDITEMFILTERUNSUPPORTED ||
           status == UA_STATUSCODE_BADMONITOREDITEMFILTERINVALID ||
           status == UA_STATUSCODE_BADFILTERNOTALLOWED ||
           status == UA_STATUSCODE_BADDEADBANDFILTERINVALID;
}

std::string advice_on(UA_StatusCode status) {
    switch (status) {
        case UA_STATUSCODE_BADNODEIDUNKNOWN:
        case UA_STATUSCODE_BADNODEIDINVALID:
            return "the server has no such node: check the address";
        case UA_STATUSCODE_BADATTRIBUTEIDINVALID:
            return "the node has no value: it is not a variable";
        case UA_STATUSCODE_BADNOTREADABLE:
        case UA_STATUSCODE_BADUSERACCESSDENIED: return "the user may not read the node";
        case UA_STATUSCODE_BADTOOMANYMONITOREDITEMS: return "the server takes no more tags";
        default: return "the server does not give the node out";
    }
}

}  // namespace

Result<> Client::monitor(const std::vector<Tag>& tags, Take take) {
    tags_ = tags;
    take_ = std::move(take);
    for (std::size_t i = 0; i < settings_.groups.size(); ++i) {
        auto group = std::make_unique<Group>();
        group->owner = this;
        group->interval = settings_.groups[i].second;
        for (std::uint32_t tag = 0; tag < tags_.size(); ++tag) {
            if (tags_[tag].group == i) {
                group->tags.push_back(tag);
            }
        }
        if (!group->tags.empty()) {
            Group& made = *groups_.emplace_back(std::move(group));
            TRY(subscribe(made));
        }
    }
    return over_.empty() ? Result<>{} : fail(Code::Unavailable, "{}", over_);
}

Result<> Client::subscribe(Group& group) {
    UA_CreateSubscriptionRequest request = UA_CreateSubscriptionRequest_default();
    const auto times = [&group](Duration length) {
        return static_cast<UA_UInt32>(std::max<std::int64_t>(1, length / group.interval));
    };
    request.requestedPublishingInterval =
        std::chrono::duration<double, std::milli>(group.interval).count();
    request.requestedMaxKeepAliveCount = times(keep_alive);
    request.requestedLifetimeCount =
        std::max(times(lifetime), 10 * request.requestedMaxKeepAliveCount);
    const UA_CreateSubscriptionResponse made = UA_Client_Subscriptions_create(
        client_, request, &group, &Client::on_group_change, &Client::on_group_end);
    const UA_StatusCode status = made.responseHeader.serviceResult;
    group.id = made.subscriptionId;
    auto response = made;
    UA_CreateSubscriptionResponse_clear(&response);
    if (is_bad(status)) {
        return fail(Code::Unavailable, "{}: the server refuses a subscription: {}",
                    settings_.endpoint, status_name(status));
    }
    for (std::size_t from = 0; from < group.tags.size(); from += items_max) {
        const std::size_t to = std::min(group.tags.size(), from + items_max);
        add_items(group,
                  {group.tags.begin() + static_cast<std::ptrdiff_t>(from),
                   group.tags.begin() + static_cast<std::ptrdiff_t>(to)},
                  true);
    }
    return {};
}

void Client::retry() {
    for (const auto& group : groups_) {
        std::vector<std::uint32_t> again;
        again.swap(group->refused);
        for (std::size_t from = 0; from < again.size(); from += items_max) {
            const std::size_t to = std::min(again.size(), from + items_max);
            add_items(*group,
                      {again.begin() + static_cast<std::ptrdiff_t>(from),
                       again.begin() + static_cast<std::ptrdiff_t>(to)},
                      true);
        }
    }
}

void Client::add_items(Group& group, std::vector<std::uint32_t> tags, bool with_filter) {
    std::vector<UaNodeId> nodes;
    std::vector<std::uint32_t> asked;
    for (const std::uint32_t tag : tags) {
        auto node = resolve(tags_[tag].address.node);
        if (!node) {
            group.refused.push_back(tag);
            tell(tag, UA_STATUSCODE_BADNODEIDUNKNOWN, node.error().message);
            continue;
        }
        nodes.push_back(std::move(*node));
        asked.push_back(tag);
    }
    if (asked.empty()) {
        return;
    }
    std::vector<UA_DataChangeFilter> filters(asked.size());
    std::vector<UA_MonitoredItemCreateRequest> items;
    std::vector<void*> contexts;
    std::vector<UA_Client_DataChangeNotificationCallback> callbacks(asked.size(),
                                                                    &Client::on_value);
    std::vector<UA_Client_DeleteMonitoredItemCallback> ends(asked.size(), nullptr);
    for (std::size_t i = 0; i < asked.size(); ++i) {
        const Tag& tag = tags_[asked[i]];
        UA_MonitoredItemCreateRequest& item =
            items.emplace_back(UA_MonitoredItemCreateRequest_default(*nodes[i]));
        // The same as that of publishing: servers take thousands of such items at once.
        item.requestedParameters.samplingInterval =
            std::chrono::duration<double, std::milli>(group.interval).count();
        item.requestedParameters.queueSize = static_cast<UA_UInt32>(settings_.queue_size);
        if (with_filter && tag.deadband && *tag.deadband > 0) {
            filters[i].trigger = UA_DATACHANGETRIGGER_STATUSVALUE;
            filters[i].deadbandType = UA_DEADBANDTYPE_ABSOLUTE;
            filters[i].deadbandValue = *tag.deadband / std::abs(tag.address.scaling.scale);
            UA_ExtensionObject_setValueNoDelete(&item.requestedParameters.filter, &filters[i],
                                                &UA_TYPES[UA_TYPES_DATACHANGEFILTER]);
        }
        contexts.push_back(context_of(asked[i]));
    }
    UA_CreateMonitoredItemsRequest request;
    UA_CreateMonitoredItemsRequest_init(&request);
    request.subscriptionId = group.id;
    request.timestampsToReturn = UA_TIMESTAMPSTORETURN_BOTH;
    request.itemsToCreate = items.data();
    request.itemsToCreateSize = items.size();
    const Ua<UA_CreateMonitoredItemsResponse, UA_TYPES_CREATEMONITOREDITEMSRESPONSE> response(
        UA_Client_MonitoredItems_createDataChanges(client_, request, contexts.data(),
                                                   callbacks.data(), ends.data()));
    const UA_StatusCode status = response->responseHeader.serviceResult;
    if (status == UA_STATUSCODE_BADTOOMANYOPERATIONS && asked.size() > 1) {
        const auto middle = asked.begin() + static_cast<std::ptrdiff_t>(asked.size() / 2);
        add_items(group, {asked.begin(), middle}, with_filter);
        add_items(group, {middle, asked.end()}, with_filter);
        return;
    }
    std::vector<std::uint32_t> without;
    for (std::size_t i = 0; i < asked.size(); ++i) {
        const UA_StatusCode result = i < response->resultsSize ? response->results[i].statusCode
                                     : is_bad(status)          ? status
                                                               : UA_STATUSCODE_BADUNEXPECTEDERROR;
        if (!is_bad(result)) {
            continue;
        }
        if (with_filter && is_about_filter(result)) {
            without.push_back(asked[i]);
            continue;
        }
        group.refused.push_back(asked[i]);
        tell(asked[i], result, advice_on(result));
    }
    if (!without.empty()) {
        // Then the deadband is ours alone.
        add_items(group, std::move(without), false);
    }
}

void Client::tell(std::uint32_t tag, UA_StatusCode status, std::string complaint) {
    Arrival out;
    out.tag = tag;
    out.quality = Quality{status};
    out.complaint = std::format("{}: {}", status_name(status), complaint);
    take_(std::move(out));
}

void Client::on_value(UA_Client*, UA_UInt32, void* group, UA_UInt32, void* context,
                      UA_DataValue* value) {
    Client& self = *static_cast<Group*>(group)->owner;
    const auto tag = static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(context));
    try {
        self.take_(arrival_of(self.tags_[tag], tag, *value));
    } catch (const std::exception& error) {
        // Not through the frames of a C library.
        self.over_ = error.what();
    }
}

void Client::on_group_end(UA_Client*, UA_UInt32, void* group) {
    static_cast<Group*>(group)->owner->over_ = "the server has ended the subscription";
}

void Client::on_group_change(UA_Client*, UA_UInt32, void* group,
                             UA_StatusChangeNotification* change) {
    if (is_bad(change->status)) {
        static_cast<Group*>(group)->owner->over_ =
            std::format("the server has ended the subscription: {}", status_name(change->status));
    }
}

void Client::on_silence(UA_Client*, UA_UInt32, void* group) {
    static_cast<Group*>(group)->owner->over_ = "the server does not answer any more";
}

}  // namespace gantry::connector::opcua
