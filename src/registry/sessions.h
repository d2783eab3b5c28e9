// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <mutex>
#include <shared_mutex>
#include <unordered_map>

#include "base/options.h"
#include "registry/principals.h"
#include "registry/repository.h"
#include "security/context.h"
#include "security/rate_limit.h"
#include "security/scram.h"

namespace gantry::registry {

struct SessionOptions {
    Duration access_lifetime = std::chrono::minutes(15);
    Duration refresh_lifetime = std::chrono::hours(12);

    void describe(OptionVisitor& options) {
        options.duration("access_lifetime", access_lifetime, std::chrono::seconds(1),
                         std::chrono::hours(24), "How long an access token is good.");
        options.duration("refresh_lifetime", refresh_lifetime, std::chrono::minutes(1),
                         std::chrono::hours(24 * 30),
                         "How long a person stays signed in without being asked again.");
    }
};

struct SignedIn {
    Secret access;
    Secret refresh;
    Time access_expires = 0;
    Time refresh_expires = 0;
    bool must_change_password = false;
};

using ScramSalt = std::array<std::byte, 16>;

// A long-lived token of a program.
struct ApiToken {
    TokenId id;
    std::string name;
    PrincipalId principal;
    Time created = 0;
    Time expires = 0;
};

// What a proof of knowing one of a principal's API tokens is tried against (SCRAM). All of them are
// made with one salt, because the client is told it before anybody knows which token it has.
struct TokenVerifiers {
    ScramSalt salt{};
    int iterations = security::scram_iterations;
    std::vector<TokenId> tokens;
    std::vector<security::ScramVerifier> verifiers;  // of the tokens, in the same order
};

// Who is asking: signing in and out, and what a shown token stands for. Any thread; all but
// verify() block.
class Sessions {
public:
    Sessions(Ground ground, Principals& principals, SessionOptions options);

    // Unauthenticated: login or password is wrong, or the principal is disabled; which of them is
    // not said. RateLimited after too many tries of one login or from one address.
    Result<SignedIn> sign_in(const std::string& login, const Secret& password,
                             const std::string& address);
    // A refresh token is good once. Shown a second time it has been stolen: the whole session ends.
    Result<SignedIn> refresh(const std::string& refresh_token);
    // Ends the session that the access token belongs to.
    Result<> sign_out(const TokenId& access);
    // Ends every session and API token of the principal but that of `keep`.
    Result<> end_others(const PrincipalId& principal, const TokenId& keep);

    // Unauthenticated: unknown or expired. Answers from memory when it has seen the token before;
    // `remembered` asks only that and returns null otherwise.
    Result<std::shared_ptr<const security::Identity>> verify(std::string_view token);
    std::shared_ptr<const security::Identity> remembered(std::string_view token) const;

    // For doors where a token is proven, not shown. A login that nobody has gets a salt too, always
    // the same, and one verifier that nothing fits: it looks and takes as long as one that is
    // there.
    Result<TokenVerifiers> verifiers(const std::string& login);
    // As verify(), for a token that was proven. Asks the database.
    Result<std::shared_ptr<const security::Identity>> identity_of(const TokenId& token);
    // RateLimited after too many wrong tries of one login or from one address. tried() counts them.
    Result<> may_try(const std::string& login, const std::string& address) const;
    void tried(const std::string& login, const std::string& address, bool right);
    // Grows whenever an identity may have changed or ended: who keeps one asks again then.
    std::uint64_t epoch() const;

    Result<std::pair<ApiToken, Secret>> create_token(const TenantId& tenant,
                                                     const PrincipalId& principal, std::string name,
                                                     Duration lifetime);
    Result<Page<ApiToken>> list_tokens(const TenantId& tenant, const PageRequest& request);
    Result<> remove_token(const TenantId& tenant, const TokenId& id);

    // Makes, once for an installation, the random value behind the salts. Before the first token.
    Result<> make_salt_secret();
    // Takes out what has expired; to be called now and then.
    Result<> purge();

private:
    Result<SignedIn> issue(Sql& sql, const Principal& principal, const std::string& family);
    Result<Secret> insert(Sql& sql, const Principal& principal, std::string_view kind,
                          const std::string& family, const std::string& name, Time expires,
                          TokenId& id);
    void forget_all();
    Result<std::shared_ptr<const security::Identity>> read_identity(Sql& sql, const SqlRow& row);
    Result<ScramSalt> salt_of(Sql& sql, const std::string& login) const;

    Ground ground_;
    Principals& principals_;
    const SessionOptions options_;
    // So that an unknown login takes as long as a known one. Made when it is first needed: it costs
    // a tenth of a second and 64 MiB.
    const std::string& decoy_hash();
    std::once_flag decoy_made_;
    std::string decoy_hash_;
    security::RateLimiter by_login_;
    security::RateLimiter by_address_;
    security::RateLimiter wrong_by_login_;  // of tokens that were proven
    security::RateLimiter wrong_by_address_;

    static constexpr std::size_t remembered_max = 100'000;
    mutable std::shared_mutex mutex_;
    std::unordered_map<std::string, std::shared_ptr<const security::Identity>> known_;  // by hash
    std::uint64_t epoch_ = 0;  // grows when all is forgotten
};

}  // namespace gantry::registry
