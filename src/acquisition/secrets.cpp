// SPDX-License-Identifier: Apache-2.0
#include "acquisition/secrets.h"

#include "base/encoding.h"

namespace gantry::acquisition {
namespace {

constexpr std::string_view prefix = "sealed:";

std::string_view text_in(const json::object& settings, std::string_view name) {
    const json::value* found = settings.if_contains(name);
    return found != nullptr && found->is_string() ? std::string_view(found->as_string())
                                                  : std::string_view();
}

std::string context_of(const connector::Protocol& protocol, const TenantId& tenant,
                       const connector::SecretSetting& secret, const json::object& settings) {
    return security::Sealer::context_of(tenant.text(), text_in(settings, secret.bound_to),
                                        std::format("{}.{}", protocol.name(), secret.name));
}

Result<Secret> unseal(const security::Sealer& sealer, std::string_view sealed,
                      const std::string& context) {
    return sealer.unseal(from_base64url(sealed.substr(prefix.size())).value_or(Bytes()), context);
}

// Calls `change` with each secret that is there, and its context; it may replace the value.
template <class Change>
Result<std::string> change_secrets(const connector::Protocol& protocol, const TenantId& tenant,
                                   std::string settings, Change change) {
    const std::vector<connector::SecretSetting> secrets = protocol.secrets();
    if (secrets.empty()) {
        return settings;
    }
    TRY_ASSIGN(json::value parsed, parse_json(settings));
    if (!parsed.is_object()) {
        return settings;
    }
    json::object& object = parsed.as_object();
    for (const connector::SecretSetting& secret : secrets) {
        if (!text_in(object, secret.name).empty()) {
            TRY_ASSIGN(const std::string changed,
                       change(secret, text_in(object, secret.name),
                              context_of(protocol, tenant, secret, object)));
            object[secret.name] = changed;
        }
    }
    return json::serialize(parsed);
}

}  // namespace

Result<std::string> seal_settings(const connector::Protocol& protocol,
                                  const security::Sealer& sealer, const TenantId& tenant,
                                  std::string settings) {
    return change_secrets(
        protocol, tenant, std::move(settings),
        [&sealer](const connector::SecretSetting& secret, std::string_view text,
                  const std::string& context) -> Result<std::string> {
            if (!text.starts_with(prefix)) {
                return std::string(prefix) + to_base64url(sealer.seal(text, context));
            }
            if (!unseal(sealer, text, context)) {
                return bad_field(
                    "/settings/" + secret.name,
                    std::format("is needed again: it was sealed for another {}", secret.bound_to));
            }
            return std::string(text);
        });
}

Result<std::string> unseal_settings(const connector::Protocol& protocol,
                                    const security::Sealer& sealer, const TenantId& tenant,
                                    std::string settings) {
    return change_secrets(protocol, tenant, std::move(settings),
                          [&sealer](const connector::SecretSetting&, std::string_view text,
                                    const std::string& context) -> Result<std::string> {
                              if (!text.starts_with(prefix)) {
                                  return std::string(text);
                              }
                              TRY_ASSIGN(const Secret open, unseal(sealer, text, context));
                              return std::string(open.reveal());
                          });
}

}  // namespace gantry::acquisition
