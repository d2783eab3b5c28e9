// SPDX-License-Identifier: Apache-2.0
#include "connector/opcua/trial.h"

#include "connector/opcua/client.h"
#include "connector/opcua/worker.h"

namespace gantry::connector::opcua {
namespace {

// Connects, does `work` with the client, and ends the session, whatever came of it.
template <class Work>
asio::awaitable<std::invoke_result_t<Work&, Client&>> visit(const Surroundings& around,
                                                            const Settings& settings, Work work) {
    // A visit takes no longer than its time-outs; somebody who leaves must not have the shard wait
    // for its thread.
    co_await asio::this_coro::throw_if_cancelled(false);
    const std::shared_ptr<Worker> worker =
        Worker::start(co_await asio::this_coro::executor, settings, around.certificates);
    const Result<> connected = co_await worker->connect();
    std::invoke_result_t<Work&, Client&> out =
        std::unexpected(connected ? Error{} : connected.error());
    if (connected) {
        out = co_await worker->ask(std::move(work));
    }
    co_await worker->close();
    co_await asio::this_coro::throw_if_cancelled(true);
    co_return out;
}

std::unexpected<Error> away(const Error& error) {
    // The caller's input is right; it is the server that says no.
    return std::unexpected(Error{
        error.code == Code::InvalidArgument ? Code::Unavailable : error.code, error.message, {}});
}

}  // namespace

Async<TestReport> try_connection(const Surroundings& around, const Settings& settings,
                                 const std::vector<std::string>& addresses) {
    std::vector<Tag> tags;
    for (const std::string& address : addresses) {
        Property property;
        CO_TRY_ASSIGN(Tag tag, make_tag(settings, address, property));
        tags.push_back(std::move(tag));
        if (tags.size() == trial_tags_max) {
            break;
        }
    }
    TestReport out;
    const auto visited = co_await visit(
        around, settings, [&out, &tags, &clock = around.clock](Client& client) -> Result<> {
            out.connected = true;
            out.detail = client.about();
            const Duration start = clock.monotonic();
            std::vector<UaNodeId> nodes;
            nodes.emplace_back(UA_NODEID_NUMERIC(0, UA_NS0ID_SERVER_SERVERSTATUS_STATE));
            const std::vector<UaDataValue> state = client.read(nodes);
            const bool bad = state.front()->hasStatus && is_bad(state.front()->status);
            out.probes.push_back({.name = "server",
                                  .answered = !bad,
                                  .detail = bad ? std::string(status_name(state.front()->status))
                                                : "its state can be read",
                                  .round_trip = clock.monotonic() - start});
            for (const Arrival& arrival : client.read_tags(tags)) {
                if (arrival.quality.bad() && arrival.quality != quality::bad_type_mismatch) {
                    out.probes.push_back({.name = format_address(tags[arrival.tag].address),
                                          .answered = false,
                                          .detail = arrival.complaint});
                }
            }
            return {};
        });
    if (!visited) {
        out.detail = visited.error().message;
    }
    co_return out;
}

Async<std::vector<TrialReading>> try_addresses(const Surroundings& around, const Settings& settings,
                                               const std::vector<TrialTag>& tags) {
    std::vector<TrialReading> out(tags.size());
    std::vector<Tag> right;
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < tags.size(); ++i) {
        auto tag = make_tag(settings, tags[i].address, tags[i].property);
        if (tag) {
            right.push_back(std::move(*tag));
            places.push_back(i);
        } else {
            out[i] = {.time = around.clock.now(),
                      .value = {},
                      .quality = quality::bad_configuration_error,
                      .detail = tag.error().message};
        }
    }
    const auto arrivals =
        co_await visit(around, settings, [&right](Client& client) -> Result<std::vector<Arrival>> {
            return client.read_tags(right);
        });
    if (!arrivals) {
        co_return away(arrivals.error());
    }
    for (std::size_t i = 0; i < arrivals->size(); ++i) {
        const Arrival& arrival = (*arrivals)[i];
        const Time time = arrival.source != 0   ? arrival.source
                          : arrival.server != 0 ? arrival.server
                                                : around.clock.now();
        out[places[i]] = {.time = time,
                          .value = value_of(arrival.type, arrival.bits, arrival.text),
                          .quality = arrival.quality,
                          .detail = arrival.complaint};
    }
    co_return out;
}

Async<ScanReport> look_around(const Surroundings& around, const Settings& settings,
                              const ScanRequest& request) {
    static const std::atomic<bool> no_hurry = false;
    auto report =
        co_await visit(around, settings, [&request](Client& client) -> Result<ScanReport> {
            return client.browse(request, no_hurry);
        });
    if (!report && report.error().field.empty()) {
        co_return away(report.error());
    }
    co_return report;
}

}  // namespace gantry::connector::opcua
