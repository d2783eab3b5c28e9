// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>

#include "connector/connector.h"

namespace gantry::connector {

// The protocols of this program, by name. Filled at the start, then only read: any thread.
class Protocols {
public:
    void add(std::unique_ptr<Protocol> protocol);

    // NotFound names the ones that there are.
    Result<const Protocol*> find(std::string_view name) const;
    std::vector<const Protocol*> all() const;

private:
    std::map<std::string, std::unique_ptr<Protocol>, std::less<>> protocols_;
};

// With every protocol that this module speaks.
Protocols built_in_protocols();

}  // namespace gantry::connector
