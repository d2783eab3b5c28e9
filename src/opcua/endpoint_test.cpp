// SPDX-License-Identifier: Apache-2.0
// A server and a client of the same library, over a socket: what programs that are not ours do not
// provoke. Those are in tests/system/test_opcua_server.py.
#include <open62541/client_config_default.h>
#include <open62541/client_highlevel.h>
#include <open62541/plugin/pki_default.h>

#include <boost/asio/steady_timer.hpp>

#include "base/sim_disk.h"
#include "connector/opcua/certificate.h"
#include "connector/opcua/ua.h"
#include "opcua/server.h"
#include "testing/testing.h"

namespace gantry::opcua {
namespace {

using connector::opcua::CertificateStore;
using connector::opcua::UaVariant;
using gantry::testing::must;
using namespace std::chrono_literals;

constexpr Time start = 1'700'000'000'000'000'000;

// A device that takes a while and then says what it was told to.
class Device final : public CommandSink {
public:
    Async<CommandResult> write(PointId, Value value) override {
        asio::steady_timer timer(co_await asio::this_coro::executor, pause);
        co_await timer.async_wait(asio::use_awaitable);
        ++written;
        co_return CommandResult{.outcome = outcome, .detail = {}, .read_back = std::move(value)};
    }
    std::atomic<int> written = 0;
    Duration pause{0};
    CommandOutcome outcome = CommandOutcome::Confirmed;
};

struct Delete {
    void operator()(UA_Client* client) const { UA_Client_delete(client); }
};

struct Fixture {
    explicit Fixture(ServerOptions options = {}) {
        registry::RegistryOptions registry_options;
        registry_options.path = folder / "registry.sqlite";
        registry_options.password_cost = {.memory_kib = 64, .passes = 1};
        registry =
            must(registry::Registry::open(around.clock, random, around.log, registry_options));
        must(registry->bootstrap());
        tenant = must(registry->tenants().get("main")).id;
        store::StoreOptions store_options;
        store_options.folder = "/s";
        store_options.journal.file_bytes = 1024 * 1024;
        store = must(store::Store::open(disk, around.clock, random, around.log, around.metrics,
                                        store_options));
        directory = must(directory::Directory::open(*registry, *store, around.log));
        audit = must(security::AuditLog::open(disk, "/audit", around.clock, random, around.log));
        certificates = must(CertificateStore::open(disk, "/opcua", random));
        own = must(must(CertificateStore::open(disk, "/client", random))->identity());
        fill();
        options.endpoints = {"main=127.0.0.1:0"};
        options.trusted_clients = {connector::opcua::fingerprint_of(own.certificate)};
        commands = std::make_unique<command::Dispatcher>(
            command::Surroundings{*registry, *directory, *store, device, *audit, offload, timers,
                                  around.clock, around.log, around.metrics});
        server = std::make_unique<Server>(
            shards,
            Surroundings{*registry, *directory, *store, *commands, *certificates, *audit, offload,
                         disk, around.clock, around.log, around.metrics, "/opcua", "1"},
            options);
        must(server->start());
    }
    ~Fixture() {
        server.reset();
        offload.stop();
        shards.stop();
    }

    void fill() {
        Asset asset;
        asset.key = "pump";
        must(registry->assets().create(tenant, asset));
        Property property;
        property.key = "speed";
        property.type = ValueType::Float64;
        property.access = Access::ReadWrite;
        must(registry->points().create(tenant, "pump", property));
        SampleBatch batch;
        for (int i = 0; i < 1000; ++i) {
            batch.add_float(directory->find(tenant, "pump.speed")->series,
                            start + i * Time{1'000'000'000}, quality::good, i);
        }
        must(store->append(batch));
        const auto admin = must(registry->principals().get(tenant, "admin"));
        must(registry->principals().set_password(admin.id, Secret("a-second-password"), false));
        auto made = must(registry->sessions().create_token(tenant, admin.id, "door", 1h));
        token_id = made.first.id;
        token = made.second.reveal();
    }

    using Client = std::unique_ptr<UA_Client, Delete>;
    Client client(UA_StatusCode& status) {
        static UA_Logger silent{};
        UA_ClientConfig config{};
        config.logging = &silent;
        UA_ClientConfig_setDefaultEncryption(&config, connector::opcua::lend(own.certificate),
                                             connector::opcua::lend(own.key.reveal()), nullptr, 0,
                                             nullptr, 0);
        UA_CertificateVerification_AcceptAll(&config.certificateVerification);
        UA_String_clear(&config.clientDescription.applicationUri);
        config.clientDescription.applicationUri = connector::opcua::copy(own.application_uri);
        config.securityMode = UA_MESSAGESECURITYMODE_SIGNANDENCRYPT;
        Client made(UA_Client_newWithConfig(&config));
        status = UA_Client_connectUsername(made.get(),
                                           ("opc.tcp://" + server->addresses().front()).c_str(),
                                           "admin", token.c_str());
        return made;
    }
    Client client() {
        UA_StatusCode status = 0;
        Client made = client(status);
        EXPECT_EQ(status, UA_STATUSCODE_GOOD) << UA_StatusCode_name(status);
        return made;
    }
    static UA_NodeId node(const char* path) { return UA_NODEID_STRING(2, const_cast<char*>(path)); }
    static UA_StatusCode write(UA_Client& client, double value) {
        UA_Variant variant;
        UA_Variant_setScalar(&variant, &value, &UA_TYPES[UA_TYPES_DOUBLE]);
        return UA_Client_writeValueAttribute(&client, node("pump.speed"), &variant);
    }
    static UA_StatusCode read(UA_Client& client, double& value) {
        UaVariant out;
        const UA_StatusCode status =
            UA_Client_readValueAttribute(&client, node("pump.speed"), &*out);
        if (UA_Variant_hasScalarType(&*out, &UA_TYPES[UA_TYPES_DOUBLE])) {
            value = *static_cast<double*>(out->data);
        }
        return status;
    }

    gantry::testing::TemporaryFolder folder;
    gantry::testing::Surroundings around;
    SystemRandom random;
    SimDisk disk{1};
    std::unique_ptr<registry::Registry> registry;
    std::unique_ptr<store::Store> store;
    std::unique_ptr<directory::Directory> directory;
    std::unique_ptr<security::AuditLog> audit;
    std::unique_ptr<CertificateStore> certificates;
    connector::opcua::Identity own;
    Shards shards{1, around.log};
    OffloadPool offload{2, 100};
    Device device;
    RealTimers timers{around.clock};
    std::unique_ptr<command::Dispatcher> commands;
    std::unique_ptr<Server> server;
    TenantId tenant;
    TokenId token_id;
    std::string token;
};

bool holds(const std::function<bool()>& condition) {
    const auto end = std::chrono::steady_clock::now() + 30s;
    while (std::chrono::steady_clock::now() < end) {
        if (condition()) {
            return true;
        }
        std::this_thread::sleep_for(10ms);
    }
    return false;
}

TEST(OpcuaServer, ReadsAndWritesForWhoSignsIn) {
    Fixture fixture;
    const auto client = fixture.client();
    double value = 0;
    EXPECT_EQ(Fixture::read(*client, value), UA_STATUSCODE_GOOD);
    EXPECT_EQ(value, 999);
    const UA_StatusCode status = Fixture::write(*client, 5);
    EXPECT_TRUE(status == UA_STATUSCODE_GOOD ||
                status == UA_STATUSCODE_GOODCOMPLETESASYNCHRONOUSLY);
    EXPECT_TRUE(holds([&] { return fixture.device.written == 1; }));
    EXPECT_TRUE(holds([&] {
        const auto entries = fixture.audit->list(fixture.tenant.text(), UINT64_MAX, 100);
        return std::ranges::any_of(entries, [](const security::AuditEntry& entry) {
            return entry.action == "commands:write" && entry.outcome == "ok" &&
                   entry.object.ends_with(" pump.speed = 5");
        });
    }));
}

TEST(OpcuaServer, ASlowDeviceHoldsNobodyUp) {
    Fixture fixture;
    fixture.device.pause = 3s;
    const auto client = fixture.client();
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < 10; ++i) {
        EXPECT_EQ(Fixture::write(*client, i), UA_STATUSCODE_GOODCOMPLETESASYNCHRONOUSLY);
    }
    double value = 0;
    EXPECT_EQ(Fixture::read(*client, value), UA_STATUSCODE_GOOD);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 2s);
    EXPECT_TRUE(holds([&] { return fixture.device.written == 10; }));
}

TEST(OpcuaServer, WritesUnderWayAreBoundedAndEndWithTheServer) {
    ServerOptions options;
    options.writes_waiting_max = 3;
    Fixture fixture(options);
    fixture.device.pause = 1h;
    const auto client = fixture.client();
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(Fixture::write(*client, i), UA_STATUSCODE_GOODCOMPLETESASYNCHRONOUSLY);
    }
    EXPECT_EQ(Fixture::write(*client, 4), UA_STATUSCODE_BADRESOURCEUNAVAILABLE);
}

TEST(OpcuaServer, SessionsAreBounded) {
    ServerOptions options;
    options.sessions_max = 2;
    Fixture fixture(options);
    const auto one = fixture.client();
    const auto two = fixture.client();
    UA_StatusCode status = 0;
    const auto three = fixture.client(status);
    EXPECT_EQ(status, UA_STATUSCODE_BADTOOMANYSESSIONS);
    double value = 0;
    EXPECT_EQ(Fixture::read(*one, value), UA_STATUSCODE_GOOD);
}

TEST(OpcuaServer, ATokenThatIsTakenBackEndsItsSession) {
    Fixture fixture;
    const auto client = fixture.client();
    double value = 0;
    ASSERT_EQ(Fixture::read(*client, value), UA_STATUSCODE_GOOD);
    must(fixture.registry->sessions().remove_token(fixture.tenant, fixture.token_id));
    EXPECT_TRUE(holds([&] { return Fixture::read(*client, value) != UA_STATUSCODE_GOOD; }));
}

TEST(OpcuaServer, ContinuationPointsAreBounded) {
    Fixture fixture;
    const auto client = fixture.client();
    UA_ReadRawModifiedDetails details;
    UA_ReadRawModifiedDetails_init(&details);
    details.startTime = start / 100 + UA_DATETIME_UNIX_EPOCH;
    details.endTime = details.startTime + 1000 * UA_DATETIME_SEC;
    details.numValuesPerNode = 1;
    UA_HistoryReadValueId wanted;
    UA_HistoryReadValueId_init(&wanted);
    wanted.nodeId = Fixture::node("pump.speed");
    UA_HistoryReadRequest request;
    UA_HistoryReadRequest_init(&request);
    request.timestampsToReturn = UA_TIMESTAMPSTORETURN_SOURCE;
    request.nodesToRead = &wanted;
    request.nodesToReadSize = 1;
    UA_ExtensionObject_setValueNoDelete(&request.historyReadDetails, &details,
                                        &UA_TYPES[UA_TYPES_READRAWMODIFIEDDETAILS]);
    UA_StatusCode last = UA_STATUSCODE_GOOD;
    int given = 0;
    for (; given < 200 && last == UA_STATUSCODE_GOOD; ++given) {
        UA_HistoryReadResponse response = UA_Client_Service_historyRead(client.get(), request);
        ASSERT_EQ(response.resultsSize, 1U);
        last = response.results[0].statusCode;
        UA_HistoryReadResponse_clear(&response);
    }
    EXPECT_EQ(last, UA_STATUSCODE_BADNOCONTINUATIONPOINTS);
    EXPECT_EQ(given, 101);
}

TEST(OpcuaServer, FollowsWhatIsMadeAndRemoved) {
    Fixture fixture;
    const auto client = fixture.client();
    const auto there = [&](const char* path) {
        UA_NodeClass kind{};
        return UA_Client_readNodeClassAttribute(client.get(), Fixture::node(path), &kind) ==
               UA_STATUSCODE_GOOD;
    };
    Asset asset;
    asset.key = "motor";
    asset.parent = AssetId("pump");
    must(fixture.registry->assets().create(fixture.tenant, asset));
    Property property;
    property.key = "current";
    property.unit = "A";
    property.range = {0, 40};
    must(fixture.registry->points().create(fixture.tenant, "pump/motor", property));
    EXPECT_TRUE(holds([&] { return there("pump/motor.current#EngineeringUnits"); }));
    auto moved = must(fixture.registry->assets().get(fixture.tenant, "pump/motor")).asset;
    moved.key = "drive";
    must(fixture.registry->assets().update(fixture.tenant, moved, {}));
    EXPECT_TRUE(holds([&] {
        return there("pump/drive.current#EURange") && !there("pump/motor.current") &&
               !there("pump/motor");
    }));
    must(fixture.registry->assets().remove(fixture.tenant, "pump/drive", true, {}));
    EXPECT_TRUE(
        holds([&] { return !there("pump/drive") && !there("pump/drive.current#EURange"); }));
    double value = 0;
    EXPECT_EQ(Fixture::read(*client, value), UA_STATUSCODE_GOOD);
}

}  // namespace
}  // namespace gantry::opcua
