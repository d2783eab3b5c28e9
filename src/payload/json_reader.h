// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string_view>

#include "base/result.h"
#include "payload/document.h"

namespace gantry::payload {

// Reads JSON (RFC 8259) into documents, whose texts stay good until the next one is read.
class JsonReader {
public:
    explicit JsonReader(std::size_t depth_max);
    ~JsonReader();
    JsonReader(const JsonReader&) = delete;
    JsonReader& operator=(const JsonReader&) = delete;

    // The document was begun.
    Result<> read(std::string_view text, Document& document);

private:
    struct Parser;
    std::unique_ptr<Parser> parser_;
};

}  // namespace gantry::payload
