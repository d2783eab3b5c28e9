// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/disk.h"
#include "base/random.h"
#include "base/secret.h"

namespace gantry::security {

// Seals what this node must know in clear to show it to others (passwords of brokers and devices),
// so that a copy of the registry alone gives nothing away: AES-256-GCM with a key of the node's,
// docs/formats/sealed.md. Any thread.
class Sealer {
public:
    // The key is in `folder`/sealing.key; made, for its owner only, if there is none. Corrupt: the
    // file is no key.
    static Result<std::unique_ptr<Sealer>> open(Disk& disk, const std::string& folder,
                                                Random& random);

    // `context` says whose it is: what was sealed opens only with the same.
    Bytes seal(std::string_view plaintext, std::string_view context) const;
    // Corrupt: damaged, of another context, or sealed with another key; says which it can know.
    Result<Secret> unseal(ByteView sealed, std::string_view context) const;

    // Of a field of an entity.
    static std::string context_of(std::string_view tenant, std::string_view entity,
                                  std::string_view field);

    static constexpr std::size_t key_bytes = 32;

private:
    Sealer(Secret key, Random& random);

    const Secret key_;
    const std::uint32_t key_id_;
    Random& random_;
};

}  // namespace gantry::security
