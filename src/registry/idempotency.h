// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "registry/repository.h"

namespace gantry::registry {

// Answers to requests that carried an Idempotency-Key, kept for a day: the same request again gets
// the same answer and is not carried out twice. Blocks; any thread.
class Idempotency {
public:
    explicit Idempotency(Ground ground) : ground_(ground) {}

    // The answer that was kept, or none. Conflict if the key was used for another request.
    Result<std::optional<std::string>> find(const TenantId& tenant, const PrincipalId& principal,
                                            const std::string& key,
                                            const std::string& request_hash);
    Result<> keep(const TenantId& tenant, const PrincipalId& principal, const std::string& key,
                  const std::string& request_hash, const std::string& answer);

private:
    Ground ground_;
};

}  // namespace gantry::registry
