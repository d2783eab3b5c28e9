// SPDX-License-Identifier: Apache-2.0
#include <set>

#include "base/sim_disk.h"
#include "security/audit.h"
#include "security/password.h"
#include "security/policy.h"
#include "security/rate_limit.h"
#include "security/token.h"
#include "testing/testing.h"

namespace gantry::security {
namespace {

using gantry::testing::failure;
using gantry::testing::must;

constexpr PasswordCost cheap{.memory_kib = 64, .passes = 1};

TEST(Password, VerifiesOnlyItself) {
    SystemRandom random;
    const Secret password(std::string("correct horse battery"));
    const std::string hash = hash_password(password, random, cheap);
    EXPECT_TRUE(verify_password(password, hash));
    EXPECT_FALSE(verify_password(Secret(std::string("correct horse batterz")), hash));
    EXPECT_FALSE(verify_password(password, "not a hash"));
    EXPECT_NE(hash, hash_password(password, random, cheap)) << "salted";
    EXPECT_TRUE(needs_rehash(hash));
    EXPECT_FALSE(needs_rehash(hash, cheap));
    EXPECT_EQ(hash.find("correct"), std::string::npos);
}

// The test vector of the reference implementation (phc-winner-argon2, test.c, argon2id v=19).
TEST(Password, AgreesWithTheReferenceImplementation) {
    EXPECT_TRUE(verify_password(
        Secret(std::string("password")),
        "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"));
}

TEST(Password, EasyOnesAreRefused) {
    for (const auto* text :
         {"short", "1234567890", "aaaaaaaaaaaa", "PassWord123", "operator-2026"}) {
        EXPECT_EQ(failure(check_new_password(Secret(std::string(text)), "operator")),
                  Code::InvalidArgument)
            << text;
    }
    SystemRandom random;
    must(check_new_password(generate_password(random), "operator"));
}

TEST(Token, IsRandomAndKnownByItsForm) {
    SystemRandom random;
    std::set<std::string> seen;
    for (int i = 0; i < 1000; ++i) {
        const Secret token = generate_token(random);
        EXPECT_TRUE(has_token_form(token.reveal()));
        EXPECT_TRUE(seen.insert(std::string(token.reveal())).second);
    }
    EXPECT_FALSE(has_token_form("gty_short"));
    // FIPS 180-2, appendix B.1.
    EXPECT_EQ(sha256_hex("abc"),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Policy, DeniesByDefaultAndForbiddenWins) {
    const std::vector<Statement> statements = {
        {Effect::Allow, {"samples:read", "assets:*"}, "plant/line2"},
        {Effect::Forbid, {"*:write"}, "plant/line2/press"},
        {Effect::Allow, {"models:read"}, ""},
    };
    const auto allowed = [&](std::string_view permission, std::string_view path) {
        return decide(statements, {permission, path}).allowed;
    };
    EXPECT_TRUE(allowed("samples:read", "plant/line2/pump.flow"));
    EXPECT_TRUE(allowed("samples:read", "plant/line2"));
    EXPECT_TRUE(allowed("samples:read", "plant/line2.speed"));
    EXPECT_FALSE(allowed("samples:read", "plant/line20"));
    EXPECT_FALSE(allowed("samples:read", "plant"));
    EXPECT_FALSE(allowed("samples:read", ""));
    EXPECT_FALSE(allowed("samples:write", "plant/line2/pump"));
    EXPECT_TRUE(allowed("assets:write", "plant/line2/pump"));
    EXPECT_FALSE(allowed("assets:write", "plant/line2/press/door"));
    EXPECT_TRUE(allowed("models:read", ""));
    EXPECT_FALSE(decide({}, {"samples:read", ""}).allowed);
    EXPECT_TRUE(may_anywhere(statements, "samples:read"));
    EXPECT_FALSE(may_anywhere(statements, "samples:write"));
}

// Against a second evaluator, written from the definition rather than for speed.
TEST(Policy, EqualsItsDefinitionOnRandomStatements) {
    SeededRandom random(9);
    const std::vector<std::string> patterns = {"a:r", "a:w", "a:*", "*:r", "*:*", "b:r"};
    const std::vector<std::string> paths = {"", "p", "p/q", "p/q/r", "p/qq", "p/q.x", "s"};
    for (int trial = 0; trial < 20'000; ++trial) {
        std::vector<Statement> statements(random.below(5));
        for (Statement& statement : statements) {
            statement.effect = random.chance(0.3) ? Effect::Forbid : Effect::Allow;
            statement.permissions = {patterns[random.below(patterns.size())]};
            statement.under = paths[random.below(paths.size())];
        }
        const std::string permission = random.chance(0.5) ? "a:r" : "a:w";
        const std::string path = paths[random.below(paths.size())];
        bool any_allow = false;
        bool any_forbid = false;
        for (const Statement& statement : statements) {
            const std::string& pattern = statement.permissions[0];
            const bool noun = pattern[0] == '*' || pattern[0] == permission[0];
            const bool verb = pattern[2] == '*' || pattern[2] == permission[2];
            const std::string& root = statement.under;
            const bool covered = root.empty() || path == root || path.starts_with(root + "/") ||
                                 path.starts_with(root + ".");
            if (noun && verb && covered) {
                (statement.effect == Effect::Allow ? any_allow : any_forbid) = true;
            }
        }
        ASSERT_EQ(decide(statements, {permission, path}).allowed, any_allow && !any_forbid);
    }
}

TEST(Policy, PatternsAreChecked) {
    EXPECT_TRUE(check_statement({Effect::Allow, {"samples:read", "*:*"}, ""}));
    for (const auto* pattern :
         {"", "samples", ":read", "samples:", "Samples:read", "a:b:c", "a*:b"}) {
        EXPECT_EQ(failure(check_statement({Effect::Allow, {pattern}, ""})), Code::InvalidArgument)
            << pattern;
    }
}

TEST(RateLimiter, AllowsTheBurstThenTheRate) {
    using namespace std::chrono_literals;
    FakeClock clock;
    RateLimiter limiter(clock, {.interval = 1s, .burst = 3});
    for (int i = 0; i < 3; ++i) {
        const auto verdict = limiter.take("a");
        EXPECT_TRUE(verdict.allowed);
        EXPECT_EQ(verdict.remaining, 2 - i);
        EXPECT_EQ(verdict.reset, (i + 1) * 1s);
    }
    const auto refused = limiter.take("a");
    EXPECT_FALSE(refused.allowed);
    EXPECT_EQ(refused.remaining, 0);
    EXPECT_EQ(refused.retry_after, 1s);
    EXPECT_EQ(refused.reset, 3s);
    EXPECT_TRUE(limiter.take("b").allowed);
    clock.advance(1s);
    EXPECT_TRUE(limiter.take("a").allowed);
    EXPECT_FALSE(limiter.take("a").allowed);
    limiter.reset("a");
    EXPECT_TRUE(limiter.take("a").allowed);
}

TEST(RateLimiter, ItsTableIsBounded) {
    using namespace std::chrono_literals;
    FakeClock clock;
    RateLimiter limiter(clock, {.interval = 1s, .burst = 2}, 100);
    for (int i = 0; i < 1000; ++i) {
        limiter.take(std::to_string(i));
    }
    EXPECT_LE(limiter.keys(), 100U);
    clock.advance(10s);
    EXPECT_TRUE(limiter.take("new").allowed);
}

struct AuditFixture {
    SimDisk disk{1};
    SystemRandom random;
    gantry::testing::Surroundings around;
    Result<std::unique_ptr<AuditLog>> open() {
        return AuditLog::open(disk, "/audit", around.clock, random, around.log);
    }
};

AuditEntry entry(std::string tenant, std::string action) {
    AuditEntry out;
    out.tenant = std::move(tenant);
    out.action = std::move(action);
    out.outcome = "ok";
    return out;
}

TEST(Audit, EntriesAreDurableAndAreOfOneTenant) {
    AuditFixture fixture;
    {
        const auto log = must(fixture.open());
        must(log->record(entry("ten_a", "assets:create")));
        must(log->record(entry("ten_b", "assets:delete")));
        must(log->record(entry("ten_a", "sign_in")));
    }
    fixture.disk.power_cut();
    const auto log = must(fixture.open());
    EXPECT_EQ(log->size(), 3U);
    EXPECT_EQ(log->broken_at(), 0U);
    const auto of_a = log->list("ten_a", UINT64_MAX, 10);
    ASSERT_EQ(of_a.size(), 2U);
    EXPECT_EQ(of_a[0].action, "sign_in");
    EXPECT_EQ(log->list("", 3, 10).size(), 2U);
}

// SECURITY.md D8: an entry taken out shows, although every checksum holds.
TEST(Audit, ARemovedEntryBreaksTheChain) {
    AuditFixture fixture;
    {
        const auto log = must(fixture.open());
        for (int i = 0; i < 5; ++i) {
            must(log->record(entry("ten_a", "step " + std::to_string(i))));
        }
    }
    const std::string path = "/audit/" + must(fixture.disk.list("/audit")).front();
    // Damaging record 3 makes the journal step over it: to the chain it is gone.
    const Bytes content = must(read_file(fixture.disk, path, 1 << 26));
    const auto at = as_text(content).find("step 2");
    ASSERT_NE(at, std::string_view::npos);
    must(fixture.disk.flip_bit(path, at, 0));
    const auto log = must(fixture.open());
    EXPECT_EQ(log->broken_at(), 4U);
    EXPECT_NE(fixture.around.output.text().find("chain broken"), std::string::npos);
}

}  // namespace
}  // namespace gantry::security
