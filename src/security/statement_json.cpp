// SPDX-License-Identifier: Apache-2.0
#include "security/statement_json.h"

namespace gantry::security {

json::object to_json(const Statement& statement) {
    json::object out;
    out["effect"] = statement.effect == Effect::Allow ? "allow" : "forbid";
    json::array permissions;
    for (const std::string& permission : statement.permissions) {
        permissions.push_back(json::string(permission));
    }
    out["permissions"] = std::move(permissions);
    if (!statement.under.empty()) {
        out["under"] = statement.under;
    }
    return out;
}

Result<> read_entity(const json::value& value, Statement& out, const std::string& where) {
    std::string effect = "allow";
    ObjectReader in(value, where);
    in.optional("effect", effect);
    in.required("permissions", out.permissions);
    in.optional("under", out.under);
    TRY(in.finish());
    if (effect != "allow" && effect != "forbid") {
        return bad_field(in.where("effect"), "must be allow or forbid");
    }
    out.effect = effect == "allow" ? Effect::Allow : Effect::Forbid;
    if (auto checked = check_statement(out); !checked) {
        return bad_field(in.where("permissions"), checked.error().message);
    }
    return {};
}

}  // namespace gantry::security
