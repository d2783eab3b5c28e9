// SPDX-License-Identifier: Apache-2.0
#include "payload/json_reader.h"

#include <simdjson.h>

namespace gantry::payload {
namespace {

namespace dom = simdjson::dom;

// Only goes as deep as the parser did.
bool add(const dom::element& element, std::string_view key, Document& out) {
    switch (element.type()) {
        case dom::element_type::NULL_VALUE: return out.null(key);
        case dom::element_type::BOOL: return out.flag(bool(element), key);
        case dom::element_type::INT64: return out.whole(std::int64_t(element), key);
        case dom::element_type::UINT64: return out.natural(std::uint64_t(element), key);
        case dom::element_type::DOUBLE: return out.number(double(element), key);
        case dom::element_type::STRING: return out.text(std::string_view(element), key);
        case dom::element_type::ARRAY: {
            if (!out.open(Kind::Array, key)) {
                return false;
            }
            const dom::array items = element.get_array().value_unsafe();
            for (const dom::element item : items) {
                if (!add(item, {}, out)) {
                    return false;
                }
            }
            break;
        }
        case dom::element_type::OBJECT: {
            if (!out.open(Kind::Object, key)) {
                return false;
            }
            const dom::object object = element.get_object().value_unsafe();
            for (const auto field : object) {
                if (!add(field.value, field.key, out)) {
                    return false;
                }
            }
            break;
        }
        default: return false;
    }
    out.close();
    return true;
}

}  // namespace

struct JsonReader::Parser {
    dom::parser parser;
    std::string padded;
    std::size_t depth_max;
};

JsonReader::JsonReader(std::size_t depth_max) : parser_(std::make_unique<Parser>()) {
    parser_->depth_max = depth_max;
}

JsonReader::~JsonReader() = default;

Result<> JsonReader::read(std::string_view text, Document& document) {
    Parser& own = *parser_;
    // simdjson's own growing would forget the depth. It counts the document as a level.
    if (text.size() > own.parser.capacity() || own.parser.capacity() == 0) {
        const std::size_t room = std::max<std::size_t>(std::bit_ceil(text.size()), 4096);
        if (own.parser.allocate(room, own.depth_max + 1) != simdjson::SUCCESS) {
            return fail(Code::TooLarge, "JSON of {} bytes cannot be held", text.size());
        }
    }
    own.padded.resize(text.size() + simdjson::SIMDJSON_PADDING);
    std::memcpy(own.padded.data(), text.data(), text.size());
    dom::element root;
    const auto error = own.parser.parse(own.padded.data(), text.size(), false).get(root);
    if (error == simdjson::DEPTH_ERROR) {
        return fail(Code::TooLarge, "the JSON is nested deeper than {} levels", own.depth_max);
    }
    if (error != simdjson::SUCCESS) {
        return fail(Code::InvalidArgument, "the message is no JSON: {}",
                    simdjson::error_message(error));
    }
    if (!add(root, {}, document)) {
        return fail(Code::TooLarge, "the JSON is deeper than {} levels or has too many values",
                    own.depth_max);
    }
    return {};
}

}  // namespace gantry::payload
