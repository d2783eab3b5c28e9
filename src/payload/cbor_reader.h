// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "base/result.h"
#include "payload/document.h"

namespace gantry::payload {

// Reads one CBOR data item (RFC 8949) into a document that was begun, with room for three times
// as many bytes of kept texts as the message has. Keys of maps are texts or whole numbers, which
// become texts; byte strings become base64url, as section 6.1 says; tags are passed over.
Result<> read_cbor(std::string_view bytes, Document& document);

}  // namespace gantry::payload
