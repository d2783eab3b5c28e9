// SPDX-License-Identifier: Apache-2.0
#include "registry/sessions.h"

#include "base/encoding.h"
#include "security/password.h"
#include "security/token.h"

namespace gantry::registry {
namespace {

constexpr security::Rate login_rate{.interval = std::chrono::seconds(6), .burst = 10};
constexpr security::Rate address_rate{.interval = std::chrono::seconds(1), .burst = 30};

std::unexpected<Error> wrong_credentials() {
    return fail(Code::Unauthenticated, "login or password is wrong");
}

std::unexpected<Error> wrong_token() {
    return fail(Code::Unauthenticated, "the token is unknown or has expired: sign in again");
}

// The newest of a principal's tokens that a proof is tried against.
constexpr int proven_tokens_max = 1000;
constexpr std::string_view salt_secret = "scram_salt";

// The host part: a client uses many ports.
std::string host_of(const std::string& address) { return address.substr(0, address.rfind(':')); }

}  // namespace

Sessions::Sessions(Ground ground, Principals& principals, SessionOptions options)
    : ground_(ground),
      principals_(principals),
      options_(options),
      by_login_(ground.clock, login_rate),
      by_address_(ground.clock, address_rate),
      wrong_by_login_(ground.clock, login_rate),
      wrong_by_address_(ground.clock, address_rate) {
    ground_.feed.listen([this](const std::vector<Change>& changes) {
        for (const Change& change : changes) {
            if (change.kind == EntityKind::Principal || change.kind == EntityKind::Role ||
                change.kind == EntityKind::Token || change.kind == EntityKind::Tenant) {
                forget_all();
                return;
            }
        }
    });
}

const std::string& Sessions::decoy_hash() {
    std::call_once(decoy_made_, [this] {
        decoy_hash_ = security::hash_password(security::generate_password(ground_.random),
                                              ground_.random, principals_.cost());
    });
    return decoy_hash_;
}

void Sessions::forget_all() {
    const std::unique_lock lock(mutex_);
    known_.clear();
    ++epoch_;
}

Result<Secret> Sessions::insert(Sql& sql, const Principal& principal, std::string_view kind,
                                const std::string& family, const std::string& name, Time expires,
                                TokenId& id) {
    Secret token = security::generate_token(ground_.random);
    id = make_id<TokenTag>(ground_.clock, ground_.random);
    std::string scram;
    if (kind == "api") {
        TRY_ASSIGN(const ScramSalt salt, salt_of(sql, principal.login));
        scram = security::scram_verifier_text(
            security::make_scram_verifier(token.reveal(), salt, security::scram_iterations));
    }
    TRY(sql.execute(
        "INSERT INTO tokens (id, tenant, principal, kind, hash, family, name, created, "
        "expires, used, scram) VALUES (:id, :tenant, :principal, :kind, :hash, :family, :name, "
        ":created, :expires, 0, :scram)",
        {{"id", id.text()},
         {"tenant", principal.tenant.text()},
         {"principal", principal.id.text()},
         {"kind", kind},
         {"hash", security::token_hash(token.reveal())},
         {"family", family.empty() ? id.text() : family},
         {"name", name},
         {"created", ground_.clock.now()},
         {"expires", expires},
         {"scram", scram}}));
    return token;
}

Result<SignedIn> Sessions::issue(Sql& sql, const Principal& principal, const std::string& family) {
    SignedIn out;
    const Time now = ground_.clock.now();
    out.access_expires = now + options_.access_lifetime.count();
    out.refresh_expires = now + options_.refresh_lifetime.count();
    out.must_change_password = principal.must_change_password;
    const std::string session = family.empty() ? "ses_" + make_ulid(now, ground_.random) : family;
    TokenId ignored;
    TRY_ASSIGN(out.access,
               insert(sql, principal, "access", session, "", out.access_expires, ignored));
    TRY_ASSIGN(out.refresh,
               insert(sql, principal, "refresh", session, "", out.refresh_expires, ignored));
    return out;
}

Result<SignedIn> Sessions::sign_in(const std::string& login, const Secret& password,
                                   const std::string& address) {
    for (const auto& verdict : {by_login_.take(login), by_address_.take(host_of(address))}) {
        if (!verdict.allowed) {
            return fail(Code::RateLimited, "too many tries: wait {} s",
                        std::chrono::ceil<std::chrono::seconds>(verdict.retry_after).count());
        }
    }
    const auto credentials = principals_.credentials(login);
    if (!credentials && credentials.error().code != Code::NotFound) {
        return std::unexpected(credentials.error());
    }
    const bool right = security::verify_password(
        password, credentials ? credentials->password_hash : decoy_hash());
    if (!credentials || !right || credentials->principal.disabled) {
        return wrong_credentials();
    }
    by_login_.reset(login);
    return ground_.database.write<SignedIn>(
        [&](Sql& sql) { return issue(sql, credentials->principal, ""); });
}

Result<SignedIn> Sessions::refresh(const std::string& refresh_token) {
    bool stolen = false;
    std::string family;
    auto result = ground_.database.write<SignedIn>([&](Sql& sql) -> Result<SignedIn> {
        TRY_ASSIGN(const auto row,
                   sql.first("SELECT id, principal, family, expires, used FROM tokens WHERE hash = "
                             ":hash AND kind = 'refresh'",
                             {{"hash", security::token_hash(refresh_token)}}));
        if (!row || row->number(3) <= ground_.clock.now()) {
            return wrong_token();
        }
        family = row->text(2);
        if (row->number(4) != 0) {
            stolen = true;
            return wrong_token();
        }
        TRY_ASSIGN(const Principal principal, Principals::by_id(sql, PrincipalId(row->text(1))));
        if (principal.disabled) {
            return wrong_token();
        }
        TRY(sql.execute("UPDATE tokens SET used = :now WHERE id = :id",
                        {{"now", ground_.clock.now()}, {"id", row->text(0)}}));
        return issue(sql, principal, family);
    });
    if (stolen) {
        (void)ground_.database.write<bool>([&](Sql& sql) -> Result<bool> {
            TRY(sql.execute("DELETE FROM tokens WHERE family = :family", {{"family", family}}));
            return true;
        });
        forget_all();
    }
    return result;
}

Result<> Sessions::sign_out(const TokenId& access) {
    const auto done = ground_.database.write<bool>([&](Sql& sql) -> Result<bool> {
        TRY(sql.execute("DELETE FROM tokens WHERE family IN (SELECT family FROM tokens WHERE id = "
                        ":id)",
                        {{"id", access.text()}}));
        return true;
    });
    forget_all();
    return done ? Result<>{} : std::unexpected(done.error());
}

Result<> Sessions::end_others(const PrincipalId& principal, const TokenId& keep) {
    const auto done = ground_.database.write<bool>([&](Sql& sql) -> Result<bool> {
        TRY(sql.execute("DELETE FROM tokens WHERE principal = :principal AND family NOT IN (SELECT "
                        "family FROM tokens WHERE id = :id)",
                        {{"principal", principal.text()}, {"id", keep.text()}}));
        return true;
    });
    forget_all();
    return done ? Result<>{} : std::unexpected(done.error());
}

std::shared_ptr<const security::Identity> Sessions::remembered(std::string_view token) const {
    const std::string hash = security::token_hash(token);
    const std::shared_lock lock(mutex_);
    const auto found = known_.find(hash);
    return found != known_.end() && found->second->expires > ground_.clock.now() ? found->second
                                                                                 : nullptr;
}

// From a row of id, principal, expires.
Result<std::shared_ptr<const security::Identity>> Sessions::read_identity(Sql& sql,
                                                                          const SqlRow& row) {
    if (row.number(2) <= ground_.clock.now()) {
        return wrong_token();
    }
    TRY_ASSIGN(const Principal principal, Principals::by_id(sql, PrincipalId(row.text(1))));
    if (principal.disabled) {
        return wrong_token();
    }
    TRY_ASSIGN(auto statements, Principals::statements(sql, principal.id));
    return std::make_shared<const security::Identity>(
        security::Identity{.principal = principal.id,
                           .login = principal.login,
                           .tenant = principal.tenant,
                           .token = TokenId(row.text(0)),
                           .statements = std::move(statements),
                           .must_change_password = principal.must_change_password,
                           .operates_platform = principal.operates_platform,
                           .expires = row.number(2)});
}

// Made from the login and a random value of this installation, so that a login that nobody has gets
// one in the same way.
Result<ScramSalt> Sessions::salt_of(Sql& sql, const std::string& login) const {
    TRY_ASSIGN(const auto row,
               sql.first("SELECT value FROM secrets WHERE name = :name", {{"name", salt_secret}}));
    if (!row) {
        return fail(Code::Internal, "the registry has no secret '{}'", salt_secret);
    }
    const security::ScramKey long_salt =
        security::hmac_sha256(as_bytes(row->text(0)), "scram salt of " + login);
    ScramSalt salt{};
    std::copy_n(long_salt.begin(), salt.size(), salt.begin());
    return salt;
}

Result<> Sessions::make_salt_secret() {
    const auto made = ground_.database.write<bool>([&](Sql& sql) -> Result<bool> {
        TRY_ASSIGN(const auto row, sql.first("SELECT value FROM secrets WHERE name = :name",
                                             {{"name", salt_secret}}));
        if (row) {
            return false;
        }
        std::array<std::byte, 32> bytes{};
        ground_.random.fill(bytes);
        TRY(sql.execute("INSERT INTO secrets (name, value) VALUES (:name, :value)",
                        {{"name", salt_secret}, {"value", to_hex(bytes)}}));
        return true;
    });
    return made ? Result<>{} : std::unexpected(made.error());
}

Result<TokenVerifiers> Sessions::verifiers(const std::string& login) {
    return ground_.database.read<TokenVerifiers>([&](Sql& sql) -> Result<TokenVerifiers> {
        TokenVerifiers out;
        TRY_ASSIGN(out.salt, salt_of(sql, login));
        TRY_ASSIGN(
            const auto rows,
            sql.query(
                "SELECT tokens.id, tokens.scram FROM tokens JOIN principals ON "
                "principals.id = tokens.principal WHERE principals.login = :login AND "
                "principals.disabled = 0 AND tokens.kind = 'api' AND tokens.scram <> "
                "'' AND tokens.expires > :now ORDER BY tokens.id DESC LIMIT :limit",
                {{"login", login}, {"now", ground_.clock.now()}, {"limit", proven_tokens_max}}));
        for (const SqlRow& row : rows) {
            if (const auto verifier = security::read_scram_verifier(row.text(1))) {
                out.tokens.emplace_back(row.text(0));
                out.verifiers.push_back(*verifier);
            }
        }
        if (out.verifiers.empty()) {
            security::ScramVerifier nobody;
            ground_.random.fill(nobody.stored_key);
            out.tokens.emplace_back();
            out.verifiers.push_back(nobody);
        }
        return out;
    });
}

Result<std::shared_ptr<const security::Identity>> Sessions::identity_of(const TokenId& token) {
    using Shared = std::shared_ptr<const security::Identity>;
    return ground_.database.read<Shared>([&](Sql& sql) -> Result<Shared> {
        TRY_ASSIGN(const auto row, sql.first("SELECT id, principal, expires FROM tokens WHERE id = "
                                             ":id AND kind <> 'refresh'",
                                             {{"id", token.text()}}));
        if (!row) {
            return wrong_token();
        }
        return read_identity(sql, *row);
    });
}

Result<> Sessions::may_try(const std::string& login, const std::string& address) const {
    for (const auto& verdict :
         {wrong_by_login_.peek(login), wrong_by_address_.peek(host_of(address))}) {
        if (!verdict.allowed) {
            return fail(Code::RateLimited, "too many tries: wait {} s",
                        std::chrono::ceil<std::chrono::seconds>(verdict.retry_after).count());
        }
    }
    return {};
}

void Sessions::tried(const std::string& login, const std::string& address, bool right) {
    if (right) {
        wrong_by_login_.reset(login);
        return;
    }
    wrong_by_login_.take(login);
    wrong_by_address_.take(host_of(address));
}

std::uint64_t Sessions::epoch() const {
    const std::shared_lock lock(mutex_);
    return epoch_;
}

Result<std::shared_ptr<const security::Identity>> Sessions::verify(std::string_view token) {
    if (!security::has_token_form(token)) {
        return wrong_token();
    }
    if (auto known = remembered(token)) {
        return known;
    }
    const std::string hash = security::token_hash(token);
    std::uint64_t epoch = 0;
    {
        const std::shared_lock lock(mutex_);
        epoch = epoch_;
    }
    using Shared = std::shared_ptr<const security::Identity>;
    TRY_ASSIGN(Shared identity, ground_.database.read<Shared>([&](Sql& sql) -> Result<Shared> {
        TRY_ASSIGN(
            const auto row,
            sql.first("SELECT id, principal, expires FROM tokens WHERE hash = :hash AND kind "
                      "<> 'refresh'",
                      {{"hash", hash}}));
        if (!row) {
            return wrong_token();
        }
        return read_identity(sql, *row);
    }));
    const std::unique_lock lock(mutex_);
    // Not if something was revoked between reading and now.
    if (epoch == epoch_) {
        if (known_.size() >= remembered_max) {
            known_.clear();
        }
        known_.emplace(hash, identity);
    }
    return identity;
}

Result<std::pair<ApiToken, Secret>> Sessions::create_token(const TenantId& tenant,
                                                           const PrincipalId& principal,
                                                           std::string name, Duration lifetime) {
    using Made = std::pair<ApiToken, Secret>;
    return ground_.feed.write<Made>([&](Sql& sql, ChangeSet& changes) -> Result<Made> {
        TRY_ASSIGN(const Principal owner, Principals::by_id(sql, principal));
        if (owner.tenant != tenant) {
            return fail(Code::NotFound, "there is no principal '{}'", principal.text());
        }
        ApiToken token;
        token.name = name;
        token.principal = principal;
        token.created = ground_.clock.now();
        token.expires = token.created + lifetime.count();
        TRY_ASSIGN(Secret secret, insert(sql, owner, "api", "", name, token.expires, token.id));
        changes.add(tenant, EntityKind::Token, token.id.text(), ChangeAction::Created);
        return Made{token, std::move(secret)};
    });
}

Result<Page<ApiToken>> Sessions::list_tokens(const TenantId& tenant, const PageRequest& request) {
    return ground_.database.read<Page<ApiToken>>([&](Sql& sql) -> Result<Page<ApiToken>> {
        TRY_ASSIGN(
            const auto rows,
            sql.query("SELECT id, name, principal, created, expires FROM tokens WHERE tenant "
                      "= :tenant AND kind = 'api' AND id > :after ORDER BY id LIMIT :limit",
                      {{"tenant", tenant.text()},
                       {"after", request.after},
                       {"limit", request.limit + 1}}));
        std::vector<ApiToken> items;
        for (const SqlRow& row : rows) {
            items.push_back({TokenId(row.text(0)), row.text(1), PrincipalId(row.text(2)),
                             row.number(3), row.number(4)});
        }
        return make_page(std::move(items), request,
                         [](const ApiToken& token) { return token.id.text(); });
    });
}

Result<> Sessions::remove_token(const TenantId& tenant, const TokenId& id) {
    const auto done = ground_.feed.write<bool>([&](Sql& sql, ChangeSet& changes) -> Result<bool> {
        TRY_ASSIGN(const auto count,
                   sql.execute("DELETE FROM tokens WHERE tenant = :tenant AND id = :id AND kind = "
                               "'api'",
                               {{"tenant", tenant.text()}, {"id", id.text()}}));
        if (count == 0) {
            return fail(Code::NotFound, "there is no token '{}'", id.text());
        }
        changes.add(tenant, EntityKind::Token, id.text(), ChangeAction::Deleted);
        return true;
    });
    return done ? Result<>{} : std::unexpected(done.error());
}

Result<> Sessions::purge() {
    const auto done = ground_.database.write<bool>([&](Sql& sql) -> Result<bool> {
        TRY(sql.execute("DELETE FROM tokens WHERE expires <= :now",
                        {{"now", ground_.clock.now()}}));
        TRY(sql.execute("DELETE FROM idempotency WHERE expires <= :now",
                        {{"now", ground_.clock.now()}}));
        return true;
    });
    return done ? Result<>{} : std::unexpected(done.error());
}

}  // namespace gantry::registry
