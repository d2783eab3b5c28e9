// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

#include "model/value.h"
#include "payload/document.h"

namespace gantry::connector {

// Each value of a document with the path that leads to it ("$.motor['odd key']"), at most `most`:
// what a scan lists.
void for_each_leaf(const payload::Document& document, std::size_t most,
                   const std::function<void(const std::string& path, Value value)>& take);

}  // namespace gantry::connector
