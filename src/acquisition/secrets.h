// SPDX-License-Identifier: Apache-2.0
// Secrets in the settings of connections. In the registry, and in every answer, they stand as
// "sealed:…", which opens only at this node, for this tenant, and as long as what they belong to
// stays what it was.
#pragma once

#include "connector/connector.h"
#include "security/sealer.h"

namespace gantry::acquisition {

// Seals what of the settings is a secret and not sealed yet. InvalidArgument, with the field, when
// one was sealed for something else: then it must be entered again.
Result<std::string> seal_settings(const connector::Protocol& protocol,
                                  const security::Sealer& sealer, const TenantId& tenant,
                                  std::string settings);

// The settings as the protocol reads them.
Result<std::string> unseal_settings(const connector::Protocol& protocol,
                                    const security::Sealer& sealer, const TenantId& tenant,
                                    std::string settings);

}  // namespace gantry::acquisition
