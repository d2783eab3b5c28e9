// SPDX-License-Identifier: Apache-2.0
#include "registry/idempotency.h"

namespace gantry::registry {
namespace {

constexpr Duration lifetime = std::chrono::hours(24);

}  // namespace

Result<std::optional<std::string>> Idempotency::find(const TenantId& tenant,
                                                     const PrincipalId& principal,
                                                     const std::string& key,
                                                     const std::string& request_hash) {
    using Found = std::optional<std::string>;
    return ground_.database.read<Found>([&](Sql& sql) -> Result<Found> {
        TRY_ASSIGN(const auto row,
                   sql.first("SELECT request, answer FROM idempotency WHERE tenant = :tenant AND "
                             "principal = :principal AND key = :key AND expires > :now",
                             {{"tenant", tenant.text()},
                              {"principal", principal.text()},
                              {"key", key},
                              {"now", ground_.clock.now()}}));
        if (!row) {
            return std::nullopt;
        }
        if (row->text(0) != request_hash) {
            return fail(Code::Conflict, "the Idempotency-Key '{}' was used for another request",
                        key);
        }
        return row->text(1);
    });
}

Result<> Idempotency::keep(const TenantId& tenant, const PrincipalId& principal,
                           const std::string& key, const std::string& request_hash,
                           const std::string& answer) {
    const auto done = ground_.database.write<bool>([&](Sql& sql) -> Result<bool> {
        TRY(sql.execute(
            "DELETE FROM idempotency WHERE tenant = :tenant AND principal = :principal "
            "AND key = :key",
            {{"tenant", tenant.text()}, {"principal", principal.text()}, {"key", key}}));
        TRY(sql.execute(
            "INSERT INTO idempotency (tenant, principal, key, request, answer, expires) "
            "VALUES (:tenant, :principal, :key, :request, :answer, :expires)",
            {{"tenant", tenant.text()},
             {"principal", principal.text()},
             {"key", key},
             {"request", request_hash},
             {"answer", answer},
             {"expires", ground_.clock.now() + lifetime.count()}}));
        return true;
    });
    return done ? Result<>{} : std::unexpected(done.error());
}

}  // namespace gantry::registry
