// SPDX-License-Identifier: Apache-2.0
// Loads an OPC UA server with sessions, subscriptions and monitored items, and prints what came as
// JSON. One thread; its own processor time is told, so that it can be taken for what it is.
#include <open62541/client_config_default.h>
#include <open62541/client_highlevel.h>
#include <open62541/client_subscriptions.h>
#include <open62541/plugin/pki_default.h>
#include <sys/resource.h>

#include <chrono>
#include <format>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view usage =
    "usage: gantry-bench-opcua URL LOGIN TOKEN CERTIFICATE KEY URI SESSIONS SUBSCRIPTIONS ITEMS "
    "POINTS SECONDS\n"
    "SUBSCRIPTIONS and ITEMS are of all sessions together; the nodes are ns=2;s=bench.p0 and so "
    "on, POINTS of them, in turns.\n";
constexpr std::size_t items_per_request = 250;

struct Options {
    std::string url;
    std::string login;
    std::string token;
    std::string certificate;
    std::string key;
    std::string uri;
    std::size_t sessions = 0;
    std::size_t subscriptions = 0;
    std::size_t items = 0;
    std::size_t points = 0;
    double seconds = 0;
};

struct Counts {
    std::uint64_t notifications = 0;
    std::uint64_t bad = 0;
};

std::string content_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

UA_ByteString lend(const std::string& bytes) {
    return {bytes.size(), reinterpret_cast<UA_Byte*>(const_cast<char*>(bytes.data()))};
}

void check(UA_StatusCode status, const char* what) {
    if (status != UA_STATUSCODE_GOOD) {
        throw std::runtime_error(std::format("{}: {}", what, UA_StatusCode_name(status)));
    }
}

void count(UA_Client*, UA_UInt32, void* context, UA_UInt32, void*, UA_DataValue* value) {
    auto& counts = *static_cast<Counts*>(context);
    ++counts.notifications;
    counts.bad += value->hasStatus && value->status != UA_STATUSCODE_GOOD ? 1 : 0;
}

struct Delete {
    void operator()(UA_Client* client) const { UA_Client_delete(client); }
};
using ClientPtr = std::unique_ptr<UA_Client, Delete>;

ClientPtr connect(const Options& options, const std::string& certificate, const std::string& key) {
    static UA_Logger silent{};
    UA_ClientConfig config{};
    config.logging = &silent;
    check(UA_ClientConfig_setDefaultEncryption(&config, lend(certificate), lend(key), nullptr, 0,
                                               nullptr, 0),
          "configuration");
    UA_CertificateVerification_AcceptAll(&config.certificateVerification);
    UA_String_clear(&config.clientDescription.applicationUri);
    config.clientDescription.applicationUri = UA_STRING_ALLOC(options.uri.c_str());
    config.securityMode = UA_MESSAGESECURITYMODE_SIGNANDENCRYPT;
    config.securityPolicyUri =
        UA_STRING_ALLOC("http://opcfoundation.org/UA/SecurityPolicy#Aes256_Sha256_RsaPss");
    config.timeout = 60'000;
    config.outStandingPublishRequests = 10;
    ClientPtr client(UA_Client_newWithConfig(&config));
    check(UA_Client_connectUsername(client.get(), options.url.c_str(), options.login.c_str(),
                                    options.token.c_str()),
          "connect");
    return client;
}

// Items from the number on; how many the server made.
std::size_t monitor(UA_Client* client, UA_UInt32 subscription, std::size_t first, std::size_t items,
                    const Options& options, Counts& counts) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < items; ++i) {
        names.push_back(std::format("bench.p{}", (first + i) % options.points));
    }
    std::vector<UA_MonitoredItemCreateRequest> wanted;
    for (const std::string& name : names) {
        UA_MonitoredItemCreateRequest item = UA_MonitoredItemCreateRequest_default(
            UA_NODEID_STRING(2, const_cast<char*>(name.c_str())));
        item.requestedParameters.samplingInterval = 1000;
        item.requestedParameters.queueSize = 2;
        wanted.push_back(item);
    }
    std::vector<void*> contexts(items, &counts);
    std::vector<UA_Client_DataChangeNotificationCallback> callbacks(items, count);
    std::vector<UA_Client_DeleteMonitoredItemCallback> deletes(items, nullptr);
    UA_CreateMonitoredItemsRequest request;
    UA_CreateMonitoredItemsRequest_init(&request);
    request.subscriptionId = subscription;
    request.timestampsToReturn = UA_TIMESTAMPSTORETURN_BOTH;
    request.itemsToCreate = wanted.data();
    request.itemsToCreateSize = wanted.size();
    UA_CreateMonitoredItemsResponse response = UA_Client_MonitoredItems_createDataChanges(
        client, request, contexts.data(), callbacks.data(), deletes.data());
    check(response.responseHeader.serviceResult, "monitored items");
    std::size_t made = 0;
    for (std::size_t i = 0; i < response.resultsSize; ++i) {
        made += response.results[i].statusCode == UA_STATUSCODE_GOOD ? 1 : 0;
    }
    UA_CreateMonitoredItemsResponse_clear(&response);
    return made;
}

void iterate(const std::vector<ClientPtr>& clients, Clock::time_point until) {
    while (Clock::now() < until) {
        for (const ClientPtr& client : clients) {
            check(UA_Client_run_iterate(client.get(), 0), "session");
        }
        timespec pause{0, 5'000'000};
        nanosleep(&pause, nullptr);
    }
}

double own_cpu_seconds() {
    rusage used{};
    getrusage(RUSAGE_SELF, &used);
    return static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec) * 1e-6;
}

void run(const Options& options) {
    const std::string certificate = content_of(options.certificate);
    const std::string key = content_of(options.key);
    std::vector<ClientPtr> clients;
    Counts counts;
    const auto begin = Clock::now();
    for (std::size_t i = 0; i < options.sessions; ++i) {
        clients.push_back(connect(options, certificate, key));
        iterate(clients, Clock::now());
    }
    const auto connected = Clock::now();
    std::size_t made = 0;
    std::size_t asked = 0;
    for (std::size_t i = 0; i < options.subscriptions; ++i) {
        UA_Client* client = clients[i % clients.size()].get();
        UA_CreateSubscriptionRequest request = UA_CreateSubscriptionRequest_default();
        request.requestedPublishingInterval = 1000;
        request.requestedMaxKeepAliveCount = 100;
        const auto response =
            UA_Client_Subscriptions_create(client, request, &counts, nullptr, nullptr);
        check(response.responseHeader.serviceResult, "subscription");
        const std::size_t upto = options.items * (i + 1) / options.subscriptions;
        while (asked < upto) {
            const std::size_t some = std::min(items_per_request, upto - asked);
            made += monitor(client, response.subscriptionId, asked, some, options, counts);
            asked += some;
            iterate(clients, Clock::now() + std::chrono::milliseconds(1));
        }
    }
    const auto ready = Clock::now();
    std::cout << std::format("{{\"ready\": {}}}\n", made) << std::flush;
    // The first values of all; then it is even.
    iterate(clients, Clock::now() + std::chrono::seconds(3));
    const Counts before = counts;
    const double cpu = own_cpu_seconds();
    const auto start = Clock::now();
    std::cout << "{\"measuring\": true}\n" << std::flush;
    iterate(clients, start + std::chrono::duration_cast<Clock::duration>(
                                 std::chrono::duration<double>(options.seconds)));
    const double elapsed = std::chrono::duration<double>(Clock::now() - start).count();
    std::cout << std::format(
        "{{\"items\": {}, \"connect_s\": {:.3f}, \"create_s\": {:.3f}, \"notifications\": {}, "
        "\"bad\": {}, \"seconds\": {:.3f}, \"own_cpu_s\": {:.3f}}}\n",
        made, std::chrono::duration<double>(connected - begin).count(),
        std::chrono::duration<double>(ready - connected).count(),
        counts.notifications - before.notifications, counts.bad - before.bad, elapsed,
        own_cpu_seconds() - cpu);
    std::cout << std::flush;
    for (const ClientPtr& client : clients) {
        UA_Client_disconnect(client.get());
    }
}

}  // namespace

int main(int count_of_words, char** words) {
    if (count_of_words != 12) {
        std::cerr << usage;
        return 2;
    }
    try {
        run({.url = words[1],
             .login = words[2],
             .token = words[3],
             .certificate = words[4],
             .key = words[5],
             .uri = words[6],
             .sessions = std::stoul(words[7]),
             .subscriptions = std::stoul(words[8]),
             .items = std::stoul(words[9]),
             .points = std::stoul(words[10]),
             .seconds = std::stod(words[11])});
    } catch (const std::exception& error) {
        std::cerr << "gantry-bench-opcua: " << error.what() << '\n';
        return 1;
    }
    return 0;
}
