// SPDX-License-Identifier: Apache-2.0
#include "broker/scram_sign_in.h"

#include "base/encoding.h"
#include "security/scram_name.h"

namespace gantry::broker {

Async<std::string> ScramSignIn::first(std::string message, std::string login) {
    login_ = std::move(login);
    CO_TRY_ASSIGN(const std::string name, security::scram_name(message));
    if (!login_.empty() && name != login_) {
        co_return fail(Code::Unauthenticated, "the names of the login and in SCRAM differ");
    }
    if (!is_utf8(name)) {
        co_return fail(Code::InvalidArgument, "the name in SCRAM is not UTF-8");
    }
    login_ = name;
    CO_TRY(sessions_.may_try(login_, peer_));
    CO_TRY_ASSIGN(verifiers_,
                  co_await offload(offload_, [this] { return sessions_.verifiers(login_); }));
    std::array<std::byte, 18> nonce{};
    random_.fill(nonce);
    co_return exchange_.first(message, to_base64url(nonce), verifiers_.salt, verifiers_.iterations);
}

Async<std::shared_ptr<const security::Identity>> ScramSignIn::last(std::string message) {
    using Identity = std::shared_ptr<const security::Identity>;
    auto proven = exchange_.final(message, verifiers_.verifiers);
    Result<Identity> found;
    if (proven) {
        final_message_ = std::move(proven->message);
        found = co_await offload(offload_, [this, &token = verifiers_.tokens[proven->verifier]] {
            return sessions_.identity_of(token);
        });
    } else {
        found = std::unexpected(proven.error());
    }
    if (found || found.error().code == Code::Unauthenticated) {
        sessions_.tried(login_, peer_, found.has_value());
    }
    co_return found;
}

}  // namespace gantry::broker
