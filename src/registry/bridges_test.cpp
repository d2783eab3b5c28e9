// SPDX-License-Identifier: Apache-2.0
#include "registry/bridges.h"

#include "registry/registry.h"
#include "testing/testing.h"

namespace gantry::registry {
namespace {

using gantry::testing::failure;
using gantry::testing::must;
using gantry::testing::TemporaryFolder;

struct World {
    World() {
        RegistryOptions options;
        options.path = folder / "registry.sqlite";
        options.password_cost = {.memory_kib = 64, .passes = 1};
        registry = must(Registry::open(around.clock, random, around.log, options));
        must(registry->bootstrap());
        tenant = must(registry->tenants().get("main")).id;
        other = must(registry->tenants().create({{}, "other", {.en = "o", .zh = "o"}, {}})).id;
        registry->changes().listen([this](const std::vector<Change>& changes) {
            for (const Change& change : changes) {
                told.push_back(
                    std::format("{} {}", kind_name(change.kind), action_name(change.action)));
            }
        });
    }
    BridgeDocument document(const std::string& key) {
        return {registry->bridges().new_id(), key, "{}", {}, R"({"password":"sealed"})"};
    }

    TemporaryFolder folder;
    gantry::testing::Surroundings around;
    SeededRandom random{1};
    std::unique_ptr<Registry> registry;
    TenantId tenant;
    TenantId other;
    std::vector<std::string> told;
};

TEST(Bridges, AreKeptChangedAndRemoved) {
    World world;
    Bridges& bridges = world.registry->bridges();
    const BridgeDocument made = must(bridges.create(world.tenant, world.document("hq")));
    EXPECT_TRUE(has_id_form(made.id.text(), "brg"));
    BridgeDocument read = must(bridges.get(world.tenant, "hq"));
    EXPECT_EQ(read.id, made.id);
    EXPECT_EQ(read.secrets, R"({"password":"sealed"})");
    read.json = R"({"enabled":false})";
    read.secrets = "{}";
    const BridgeDocument changed = must(bridges.update(world.tenant, read, 1));
    EXPECT_EQ(changed.stamp.version, 2);
    EXPECT_EQ(must(bridges.get(world.tenant, made.id.text())).secrets, "{}");
    EXPECT_EQ(failure(bridges.update(world.tenant, read, 1)), Code::PreconditionFailed);
    must(bridges.remove(world.tenant, "hq"));
    EXPECT_EQ(failure(bridges.get(world.tenant, "hq")), Code::NotFound);
    EXPECT_EQ(world.told,
              (std::vector<std::string>{"bridge created", "bridge updated", "bridge deleted"}));
}

TEST(Bridges, AreOfOneTenant) {
    World world;
    Bridges& bridges = world.registry->bridges();
    must(bridges.create(world.tenant, world.document("hq")));
    EXPECT_EQ(failure(bridges.create(world.tenant, world.document("hq"))), Code::Conflict);
    EXPECT_EQ(failure(bridges.get(world.other, "hq")), Code::NotFound);
    EXPECT_EQ(failure(bridges.remove(world.other, "hq")), Code::NotFound);
    must(bridges.create(world.other, world.document("hq")));
    EXPECT_EQ(must(bridges.tenants()).size(), 2U);
    EXPECT_EQ(must(bridges.all(world.tenant)).size(), 1U);
    EXPECT_EQ(must(bridges.list(world.other, {})).items.size(), 1U);
}

TEST(Bridges, AreNotAnyNumber) {
    World world;
    Bridges& bridges = world.registry->bridges();
    for (std::size_t i = 0; i < Bridges::count_max; ++i) {
        must(bridges.create(world.tenant, world.document(std::format("b{}", i))));
    }
    EXPECT_EQ(failure(bridges.create(world.tenant, world.document("more"))), Code::QuotaExceeded);
}

}  // namespace
}  // namespace gantry::registry
