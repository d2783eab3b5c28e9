// SPDX-License-Identifier: Apache-2.0
#include "registry/registry.h"

#include <fstream>

#include "testing/testing.h"

namespace gantry::registry {
namespace {

using gantry::testing::failure;
using gantry::testing::must;

struct Fixture {
    Fixture() { open(); }

    void open() {
        registry.reset();
        RegistryOptions options;
        options.path = folder / "registry.sqlite";
        options.password_cost = {.memory_kib = 64, .passes = 1};
        options.tenants.points_max = points_max;
        registry = must(Registry::open(around.clock, random, around.log, options));
        if (auto password = must(registry->bootstrap())) {
            first_password = *password;
        }
        tenant = must(registry->tenants().get("main")).id;
    }

    Property property(std::string key, ValueType type = ValueType::Float64) {
        Property out;
        out.key = std::move(key);
        out.type = type;
        return out;
    }
    ThingModel model(std::string key, std::vector<Property> properties) {
        ThingModel out;
        out.key = std::move(key);
        out.properties = std::move(properties);
        return out;
    }
    Asset asset(std::string key, std::string parent = "", std::string of_model = "") {
        Asset out;
        out.key = std::move(key);
        out.parent = AssetId(std::move(parent));
        out.model = ModelId(std::move(of_model));
        return out;
    }
    std::vector<std::string> paths(const std::string& under) {
        std::vector<std::string> out;
        for (const Point& point :
             must(registry->points().list(tenant, {.under = under, .asset = "", .search = ""}, {}))
                 .items) {
            out.push_back(point.path);
        }
        return out;
    }

    gantry::testing::TemporaryFolder folder;
    gantry::testing::Surroundings around;
    SystemRandom random;
    std::unique_ptr<Registry> registry;
    Secret first_password;
    TenantId tenant;
    std::int64_t points_max = 1000;
};

using Paths = std::vector<std::string>;

TEST(Registry, FirstStartMakesAnAdministratorOnce) {
    Fixture fixture;
    EXPECT_FALSE(fixture.first_password.empty());
    const std::string first(fixture.first_password.reveal());
    fixture.open();
    EXPECT_EQ(fixture.first_password.reveal(), first) << "no second one";
    const auto signed_in =
        must(fixture.registry->sessions().sign_in("admin", fixture.first_password, "127.0.0.1:1"));
    EXPECT_TRUE(signed_in.must_change_password);
    EXPECT_EQ(fixture.around.output.text().find(first), std::string::npos) << "never in a log";
}

TEST(Registry, AnAssetGetsThePointsOfItsModelAndAllThatItBuildsOn) {
    Fixture fixture;
    auto& models = fixture.registry->models();
    ThingModel aspect = fixture.model("vibrating", {fixture.property("vibration")});
    aspect.is_aspect = true;
    must(models.create(fixture.tenant, aspect));
    must(models.create(fixture.tenant, fixture.model("machine", {fixture.property("hours")})));
    ThingModel pump = fixture.model("pump", {fixture.property("flow"), fixture.property("hours")});
    pump.parent = ModelId("machine");
    pump.aspects = {ModelId("vibrating")};
    must(models.create(fixture.tenant, pump));
    must(fixture.registry->assets().create(fixture.tenant, fixture.asset("plant")));
    must(
        fixture.registry->assets().create(fixture.tenant, fixture.asset("pump1", "plant", "pump")));
    EXPECT_EQ(fixture.paths("plant"),
              (Paths{"plant/pump1.flow", "plant/pump1.hours", "plant/pump1.vibration"}));
    EXPECT_EQ(failure(fixture.registry->assets().create(fixture.tenant,
                                                        fixture.asset("x", "plant", "vibrating"))),
              Code::InvalidArgument);
}

TEST(Registry, AChangedModelBringsItsAssetsAlong) {
    Fixture fixture;
    auto& models = fixture.registry->models();
    ThingModel base =
        must(models.create(fixture.tenant, fixture.model("base", {fixture.property("a")})));
    ThingModel pump = fixture.model("pump", {fixture.property("b")});
    pump.parent = base.id;
    must(models.create(fixture.tenant, pump));
    must(fixture.registry->assets().create(fixture.tenant, fixture.asset("p", "", "pump")));
    base.properties = {fixture.property("c")};
    must(models.replace(fixture.tenant, base, 1));
    EXPECT_EQ(fixture.paths("p"), (Paths{"p.b", "p.c"}));
    EXPECT_EQ(failure(models.replace(fixture.tenant, base, 1)), Code::PreconditionFailed);
    base.properties = {fixture.property("c", ValueType::Bool)};
    EXPECT_EQ(failure(models.replace(fixture.tenant, base, {})), Code::Conflict);
    EXPECT_EQ(fixture.paths("p"), (Paths{"p.b", "p.c"}));
    EXPECT_EQ(failure(models.remove(fixture.tenant, "base", {})), Code::Conflict);
    EXPECT_EQ(failure(models.remove(fixture.tenant, "pump", {})), Code::Conflict);
}

TEST(Registry, ModelsDoNotInheritInACircle) {
    Fixture fixture;
    auto& models = fixture.registry->models();
    ThingModel a = must(models.create(fixture.tenant, fixture.model("a", {})));
    ThingModel b = fixture.model("b", {});
    b.parent = a.id;
    b = must(models.create(fixture.tenant, b));
    a.parent = b.id;
    EXPECT_EQ(failure(models.replace(fixture.tenant, a, {})), Code::InvalidArgument);
    ThingModel wrong = fixture.model("c", {fixture.property("x"), fixture.property("x")});
    EXPECT_EQ(failure(models.create(fixture.tenant, wrong)), Code::InvalidArgument);
    wrong = fixture.model("c", {});
    wrong.parent = ModelId("nobody");
    EXPECT_EQ(failure(models.create(fixture.tenant, wrong)), Code::InvalidArgument);
}

TEST(Registry, MovingAnAssetMovesAllBelowItAndNothingElse) {
    Fixture fixture;
    auto& assets = fixture.registry->assets();
    must(fixture.registry->models().create(fixture.tenant,
                                           fixture.model("m", {fixture.property("v")})));
    // "a_" and "a%" would match more than "a" if paths were compared by LIKE.
    for (const auto* root : {"a", "ab", "a_"}) {
        must(assets.create(fixture.tenant, fixture.asset(root, "", "m")));
    }
    must(assets.create(fixture.tenant, fixture.asset("x", "a", "m")));
    must(assets.create(fixture.tenant, fixture.asset("y", "a/x", "m")));
    must(assets.create(fixture.tenant, fixture.asset("z", "ab", "m")));
    const PointId moved = must(fixture.registry->points().get(fixture.tenant, "a/x/y.v")).id;
    Asset a = must(assets.get(fixture.tenant, "a")).asset;
    a.key = "new";
    a.parent = AssetId("ab");
    must(assets.update(fixture.tenant, a, {}));
    EXPECT_EQ(fixture.paths("ab"),
              (Paths{"ab.v", "ab/new.v", "ab/new/x.v", "ab/new/x/y.v", "ab/z.v"}));
    EXPECT_EQ(must(fixture.registry->points().get(fixture.tenant, "ab/new/x/y.v")).id, moved);
    EXPECT_EQ(fixture.paths("a_"), Paths{"a_.v"});
    Asset ab = must(assets.get(fixture.tenant, "ab")).asset;
    ab.parent = AssetId("ab/new");
    EXPECT_EQ(failure(assets.update(fixture.tenant, ab, {})), Code::InvalidArgument);
    EXPECT_EQ(failure(assets.remove(fixture.tenant, "ab", false, {})), Code::Conflict);
    must(assets.remove(fixture.tenant, "ab", true, {}));
    EXPECT_EQ(fixture.paths(""), Paths{"a_.v"});
}

TEST(Registry, TenantsDoNotSeeEachOther) {
    Fixture fixture;
    const TenantId other =
        must(fixture.registry->tenants().create({{}, "other", {.en = "Other", .zh = ""}, {}})).id;
    auto& assets = fixture.registry->assets();
    const Asset mine = must(assets.create(fixture.tenant, fixture.asset("plant")));
    const Point point =
        must(fixture.registry->points().create(fixture.tenant, "plant", fixture.property("v")));
    EXPECT_EQ(failure(assets.get(other, mine.id.text())), Code::NotFound);
    EXPECT_EQ(failure(fixture.registry->points().get(other, point.id.text())), Code::NotFound);
    EXPECT_EQ(failure(assets.remove(other, mine.id.text(), true, {})), Code::NotFound);
    EXPECT_TRUE(must(assets.list(other, {}, {})).items.empty());
    must(assets.create(other, fixture.asset("plant")));
    EXPECT_EQ(failure(assets.create(other, fixture.asset("x", mine.id.text()))),
              Code::InvalidArgument);
}

Tenant tenant_with_quota(Fixture& fixture, std::string key, std::int64_t quota) {
    Tenant tenant;
    tenant.key = std::move(key);
    tenant.points_quota = quota;
    return must(fixture.registry->tenants().create(tenant));
}

std::int64_t points_of(Fixture& fixture, const TenantId& tenant) {
    return must(fixture.registry->tenants().get(tenant.text())).points;
}

TEST(Quota, OneTenantAtItsQuotaDoesNotKeepAnotherFromItsPoints) {
    Fixture fixture;
    auto& points = fixture.registry->points();
    const TenantId small = tenant_with_quota(fixture, "small", 2).id;
    must(fixture.registry->assets().create(small, fixture.asset("plant")));
    must(fixture.registry->assets().create(fixture.tenant, fixture.asset("plant")));
    must(points.create(small, "plant", fixture.property("a")));
    must(points.create(small, "plant", fixture.property("b")));
    const auto refused = points.create(small, "plant", fixture.property("c"));
    EXPECT_EQ(failure(refused), Code::QuotaExceeded);
    EXPECT_EQ(
        refused.error().message,
        "tenant 'small' has 2 of the 2 points that it may have, and this needs 1 more: remove "
        "points that are needed no more, or ask the operator of the platform for a larger "
        "quota");
    must(points.create(fixture.tenant, "plant", fixture.property("a")));
    EXPECT_EQ(points_of(fixture, small), 2);
    EXPECT_EQ(points_of(fixture, fixture.tenant), 1);

    must(points.remove(small, "plant.a", {}));
    must(points.create(small, "plant", fixture.property("c")));
    EXPECT_EQ(failure(points.create(small, "plant", fixture.property("d"))), Code::QuotaExceeded);
}

TEST(Quota, WhatWouldPassItIsRefusedWhole) {
    Fixture fixture;
    const TenantId small = tenant_with_quota(fixture, "small", 5).id;
    auto& assets = fixture.registry->assets();
    auto& models = fixture.registry->models();
    ThingModel pump = must(models.create(
        small, fixture.model("pump", {fixture.property("a"), fixture.property("b")})));
    must(assets.create(small, fixture.asset("p1", "", "pump")));
    must(assets.create(small, fixture.asset("p2", "", "pump")));
    EXPECT_EQ(failure(assets.create(small, fixture.asset("p3", "", "pump"))), Code::QuotaExceeded);
    EXPECT_EQ(failure(assets.get(small, "p3")), Code::NotFound) << "not even the asset";

    // A property more for both assets: two points, and there is room for one.
    pump.properties.push_back(fixture.property("c"));
    const auto refused = models.replace(small, pump, {});
    EXPECT_EQ(failure(refused), Code::QuotaExceeded);
    EXPECT_TRUE(refused.error().message.contains("has 4 of the 5 points"))
        << refused.error().message;
    EXPECT_TRUE(refused.error().message.contains("needs 2 more"));
    EXPECT_EQ(must(models.get(small, "pump")).properties.size(), 2U);
    EXPECT_EQ(points_of(fixture, small), 4);

    // Another property in place of one needs no room.
    pump.properties = {fixture.property("a"), fixture.property("c")};
    must(models.replace(small, pump, {}));
    EXPECT_EQ(points_of(fixture, small), 4);
    must(assets.remove(small, "p1", false, {}));
    EXPECT_EQ(points_of(fixture, small), 2);
}

TEST(Quota, TheOperatorChangesItAndPointsThatAreThereStay) {
    Fixture fixture;
    auto& points = fixture.registry->points();
    auto& tenants = fixture.registry->tenants();
    must(fixture.registry->assets().create(fixture.tenant, fixture.asset("plant")));
    must(points.create(fixture.tenant, "plant", fixture.property("a")));
    must(points.create(fixture.tenant, "plant", fixture.property("b")));
    Tenant main = must(tenants.get("main"));
    EXPECT_EQ(main.points_max, 1000) << "as configured";
    main.points_quota = 1;
    EXPECT_EQ(must(tenants.update(main, main.stamp.version)).points_max, 1);
    EXPECT_EQ(failure(tenants.update(main, main.stamp.version)), Code::PreconditionFailed);
    EXPECT_EQ(failure(points.create(fixture.tenant, "plant", fixture.property("c"))),
              Code::QuotaExceeded);
    fixture.points_max = 3;
    fixture.open();
    EXPECT_EQ(must(fixture.registry->tenants().get("main")).points_max, 1) << "its own";
    EXPECT_EQ(points_of(fixture, fixture.tenant), 2);
    main.points_quota.reset();
    must(fixture.registry->tenants().update(main, {}));
    must(fixture.registry->points().create(fixture.tenant, "plant", fixture.property("c")));
    EXPECT_EQ(
        failure(fixture.registry->points().create(fixture.tenant, "plant", fixture.property("d"))),
        Code::QuotaExceeded);
}

TEST(Registry, ListsComeInPages) {
    Fixture fixture;
    for (int i = 0; i < 25; ++i) {
        must(fixture.registry->assets().create(fixture.tenant,
                                               fixture.asset(std::format("a{:02}", i))));
    }
    Paths seen;
    PageRequest request{.limit = 10, .after = ""};
    int pages = 0;
    do {
        const auto page = must(fixture.registry->assets().list(fixture.tenant, {}, request));
        for (const AssetItem& item : page.items) {
            seen.push_back(item.asset.path);
        }
        request.after = page.next;
        ++pages;
    } while (!request.after.empty());
    EXPECT_EQ(pages, 3);
    EXPECT_EQ(seen.size(), 25U);
    EXPECT_TRUE(std::ranges::is_sorted(seen));
}

TEST(Registry, TagsBindPointsOnce) {
    Fixture fixture;
    auto& connections = fixture.registry->connections();
    Connection connection;
    connection.key = "plc1";
    connection.protocol = "modbus_tcp";
    connection.settings = R"({"host":"127.0.0.1"})";
    connection = must(connections.create(fixture.tenant, connection));
    must(fixture.registry->assets().create(fixture.tenant, fixture.asset("p")));
    must(fixture.registry->points().create(fixture.tenant, "p", fixture.property("v")));
    must(fixture.registry->points().create(fixture.tenant, "p", fixture.property("w")));
    const auto tag = [](std::string point, std::string address) {
        Tag out;
        out.connection = ConnectionId("plc1");
        out.point = PointId(std::move(point));
        out.address = std::move(address);
        return out;
    };
    // All or none.
    EXPECT_EQ(failure(connections.create_tags(fixture.tenant,
                                              {tag("p.v", "hr:1"), tag("p.nothing", "hr:2")})),
              Code::InvalidArgument);
    EXPECT_TRUE(must(connections.tags_of(connection.id)).empty());
    must(connections.create_tags(fixture.tenant, {tag("p.v", "hr:1"), tag("p.w", "hr:2")}));
    EXPECT_EQ(failure(connections.create_tags(fixture.tenant, {tag("p.v", "hr:3")})),
              Code::Conflict);
    EXPECT_EQ(failure(fixture.registry->points().remove(fixture.tenant, "p.v", {})),
              Code::Conflict);
    const auto tags = must(connections.tags_of(connection.id));
    ASSERT_EQ(tags.size(), 2U);
    EXPECT_EQ(tags[0].point.path, "p.v");
    must(connections.remove(fixture.tenant, "plc1", {}));
    must(fixture.registry->points().remove(fixture.tenant, "p.v", {}));
}

TEST(Registry, ChangesAreToldAfterTheCommitInOrder) {
    Fixture fixture;
    std::vector<std::string> told;
    fixture.registry->changes().listen([&](const std::vector<Change>& changes) {
        for (const Change& change : changes) {
            told.push_back(
                std::format("{} {}", action_name(change.action), kind_name(change.kind)));
        }
    });
    const auto before = must(fixture.registry->changes().after(0, 1000)).size();
    must(fixture.registry->assets().create(fixture.tenant, fixture.asset("p")));
    EXPECT_EQ(failure(fixture.registry->assets().create(fixture.tenant, fixture.asset("p"))),
              Code::Conflict);
    must(fixture.registry->points().create(fixture.tenant, "p", fixture.property("v")));
    must(fixture.registry->assets().remove(fixture.tenant, "p", false, {}));
    EXPECT_EQ(told, (std::vector<std::string>{"created asset", "created point", "deleted point",
                                              "deleted asset"}));
    const auto kept = must(fixture.registry->changes().after(0, 1000));
    EXPECT_EQ(kept.size(), before + 4);
    EXPECT_EQ(must(fixture.registry->changes().after(kept.back().sequence - 1, 10)).size(), 1U);
}

TEST(Sessions, ATokenStandsForItsPrincipalUntilItEnds) {
    using namespace std::chrono_literals;
    Fixture fixture;
    auto& sessions = fixture.registry->sessions();
    const auto signed_in = must(sessions.sign_in("admin", fixture.first_password, "1.2.3.4:5"));
    const auto identity = must(sessions.verify(signed_in.access.reveal()));
    EXPECT_EQ(identity->login, "admin");
    EXPECT_TRUE(security::decide(identity->statements, {"assets:write", "x"}).allowed);
    EXPECT_EQ(failure(sessions.verify(signed_in.refresh.reveal())), Code::Unauthenticated);
    EXPECT_EQ(failure(sessions.verify("gty_nonsense")), Code::Unauthenticated);
    fixture.around.clock.advance(16min);
    EXPECT_EQ(failure(sessions.verify(signed_in.access.reveal())), Code::Unauthenticated);
    const auto again = must(sessions.refresh(std::string(signed_in.refresh.reveal())));
    must(sessions.verify(again.access.reveal()));
    // The old one shown again: somebody else has it, so all of them end.
    EXPECT_EQ(failure(sessions.refresh(std::string(signed_in.refresh.reveal()))),
              Code::Unauthenticated);
    EXPECT_EQ(failure(sessions.verify(again.access.reveal())), Code::Unauthenticated);
    EXPECT_EQ(failure(sessions.refresh(std::string(again.refresh.reveal()))),
              Code::Unauthenticated);
}

TEST(Sessions, AWrongPasswordIsRefusedAndTriesAreLimited) {
    Fixture fixture;
    auto& sessions = fixture.registry->sessions();
    const Secret wrong(std::string("not the password"));
    int limited = 0;
    for (int i = 0; i < 30; ++i) {
        const Code code = failure(sessions.sign_in("admin", wrong, "1.2.3.4:5"));
        limited += code == Code::RateLimited ? 1 : 0;
    }
    EXPECT_EQ(limited, 20);
    EXPECT_EQ(failure(sessions.sign_in("nobody", wrong, "9.9.9.9:1")), Code::Unauthenticated);
    EXPECT_EQ(failure(sessions.sign_in("admin", fixture.first_password, "9.9.9.9:1")),
              Code::RateLimited);
    fixture.around.clock.advance(std::chrono::minutes(2));
    must(sessions.sign_in("admin", fixture.first_password, "9.9.9.9:1"));
}

TEST(Sessions, AChangedRoleOrADisabledPrincipalTakesEffectAtOnce) {
    Fixture fixture;
    auto& sessions = fixture.registry->sessions();
    Principal viewer;
    viewer.login = "eve";
    viewer.roles = {"viewer"};
    const Secret password(std::string("a long enough secret"));
    viewer = must(fixture.registry->principals().create(fixture.tenant, viewer, password));
    const auto signed_in = must(sessions.sign_in("eve", password, "1.1.1.1:1"));
    const auto may_write = [&] {
        return security::decide(must(sessions.verify(signed_in.access.reveal()))->statements,
                                {"assets:write", ""})
            .allowed;
    };
    EXPECT_FALSE(may_write());
    viewer.roles = {"engineer"};
    viewer = must(fixture.registry->principals().update(fixture.tenant, viewer, {}));
    EXPECT_TRUE(may_write());
    viewer.disabled = true;
    must(fixture.registry->principals().update(fixture.tenant, viewer, {}));
    EXPECT_EQ(failure(sessions.verify(signed_in.access.reveal())), Code::Unauthenticated);
    EXPECT_EQ(failure(sessions.sign_in("eve", password, "1.1.1.1:1")), Code::Unauthenticated);
}

TEST(Sessions, ApiTokensAreListedWithoutTheirSecretAndCanBeTakenBack) {
    Fixture fixture;
    auto& sessions = fixture.registry->sessions();
    const auto admin = must(fixture.registry->principals().get(fixture.tenant, "admin"));
    const auto [token, secret] =
        must(sessions.create_token(fixture.tenant, admin.id, "telegraf", std::chrono::hours(24)));
    must(sessions.verify(secret.reveal()));
    EXPECT_EQ(must(sessions.list_tokens(fixture.tenant, {})).items.size(), 1U);
    must(sessions.remove_token(fixture.tenant, token.id));
    EXPECT_EQ(failure(sessions.verify(secret.reveal())), Code::Unauthenticated);
    EXPECT_EQ(failure(sessions.remove_token(fixture.tenant, token.id)), Code::NotFound);
}

TEST(Sessions, TokensAreProvenWithoutBeingShown) {
    Fixture fixture;
    auto& sessions = fixture.registry->sessions();
    const auto admin = must(fixture.registry->principals().get(fixture.tenant, "admin"));
    const auto make = [&](std::chrono::hours lifetime) {
        return must(sessions.create_token(fixture.tenant, admin.id, "t", lifetime));
    };
    const auto nobody = must(sessions.verifiers("nobody"));
    EXPECT_EQ(must(sessions.verifiers("nobody")).salt, nobody.salt);
    EXPECT_EQ(nobody.verifiers.size(), must(sessions.verifiers("admin")).verifiers.size());
    const auto first = make(std::chrono::hours(1));
    const auto second = make(std::chrono::hours(3));
    auto both = must(sessions.verifiers("admin"));
    EXPECT_NE(both.salt, nobody.salt);
    ASSERT_EQ(both.tokens.size(), 2U);
    for (std::size_t i = 0; i < both.tokens.size(); ++i) {
        const auto& made = both.tokens[i] == first.first.id ? first : second;
        EXPECT_EQ(both.verifiers[i],
                  security::make_scram_verifier(made.second.reveal(), both.salt, both.iterations));
    }
    EXPECT_EQ(must(sessions.identity_of(first.first.id))->login, "admin");
    const std::uint64_t before = sessions.epoch();
    must(sessions.remove_token(fixture.tenant, first.first.id));
    EXPECT_GT(sessions.epoch(), before);
    EXPECT_EQ(failure(sessions.identity_of(first.first.id)), Code::Unauthenticated);
    EXPECT_EQ(must(sessions.verifiers("admin")).tokens, std::vector{second.first.id});
    fixture.around.clock.advance(std::chrono::hours(4));
    EXPECT_EQ(failure(sessions.identity_of(second.first.id)), Code::Unauthenticated);
    // After a restart the salt is the same.
    fixture.open();
    EXPECT_EQ(must(fixture.registry->sessions().verifiers("nobody")).salt, nobody.salt);
}

TEST(Idempotency, TheSameRequestGetsTheSameAnswer) {
    Fixture fixture;
    auto& kept = fixture.registry->idempotency();
    const PrincipalId principal("prn_x");
    EXPECT_FALSE(must(kept.find(fixture.tenant, principal, "k", "h1")));
    must(kept.keep(fixture.tenant, principal, "k", "h1", "answer"));
    EXPECT_EQ(must(kept.find(fixture.tenant, principal, "k", "h1")), "answer");
    EXPECT_EQ(failure(kept.find(fixture.tenant, principal, "k", "h2")), Code::Conflict);
    EXPECT_FALSE(must(kept.find(fixture.tenant, PrincipalId("prn_y"), "k", "h2")));
    fixture.around.clock.advance(std::chrono::hours(25));
    EXPECT_FALSE(must(kept.find(fixture.tenant, principal, "k", "h2")));
}

TEST(Database, ANewerSchemaAndAFileThatIsNoneAreRefused) {
    const gantry::testing::TemporaryFolder folder;
    gantry::testing::Surroundings around;
    {
        const auto database = must(Database::open(folder / "a", around.log));
        must(database->write<std::int64_t>(
            [](Sql& sql) { return sql.execute("UPDATE schema_version SET version = 999"); }));
    }
    EXPECT_EQ(failure(Database::open(folder / "a", around.log)), Code::Unsupported);
    std::ofstream(folder / "b") << std::string(5000, 'x');
    EXPECT_EQ(failure(Database::open(folder / "b", around.log)), Code::Io);
}

}  // namespace
}  // namespace gantry::registry
