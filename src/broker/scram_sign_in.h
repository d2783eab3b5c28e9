// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "registry/registry.h"
#include "runtime/offload.h"
#include "security/scram.h"

namespace gantry::broker {

// The method of enhanced authentication that there is.
inline constexpr std::string_view scram_method = "SCRAM-SHA-256";

// One exchange of it (RFC 5802, RFC 7677), at the end of which somebody has shown that it has an
// API token of a principal, without saying it. On one thread.
class ScramSignIn {
public:
    ScramSignIn(registry::Registry& registry, OffloadPool& offload, Random& random,
                std::string peer)
        : sessions_(registry.sessions()),
          offload_(offload),
          random_(random),
          peer_(std::move(peer)) {}

    // client-first-message in, server-first-message out. `login` is who it must be; empty: whoever
    // the message says. Unauthenticated: it is another one. RateLimited: it tried too often.
    Async<std::string> first(std::string message, std::string login);
    // client-final-message in; who it is. Unauthenticated: no token of it fits.
    Async<std::shared_ptr<const security::Identity>> last(std::string message);

    const std::string& login() const { return login_; }
    // server-final-message, once it is known who it is.
    const std::string& final_message() const { return final_message_; }

private:
    registry::Sessions& sessions_;
    OffloadPool& offload_;
    Random& random_;
    const std::string peer_;
    std::string login_;
    registry::TokenVerifiers verifiers_;
    security::ScramServer exchange_{security::ScramBinding{}};
    std::string final_message_;
};

}  // namespace gantry::broker
