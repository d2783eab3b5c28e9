// SPDX-License-Identifier: Apache-2.0
// open62541's types with the ownership of C++. Only for the .cpp
// files of this folder and of the module opcua.
#pragma once

#include <open62541/client.h>
#include <open62541/client_highlevel.h>
#include <open62541/client_subscriptions.h>
#include <open62541/types.h>

#include <string>
#include <string_view>

#include "base/time.h"
#include "model/quality.h"

namespace gantry::connector::opcua {

// A value of one of open62541's types, with all that it holds.
template <class T, std::size_t type>
class Ua {
public:
    Ua() { UA_init(&value_, &UA_TYPES[type]); }
    // Takes over what it holds.
    explicit Ua(const T& value) : value_(value) {}
    Ua(const Ua&) = delete;
    Ua& operator=(const Ua&) = delete;
    Ua(Ua&& other) noexcept : value_(other.value_) { UA_init(&other.value_, &UA_TYPES[type]); }
    Ua& operator=(Ua&& other) noexcept {
        std::swap(value_, other.value_);
        return *this;
    }
    ~Ua() { UA_clear(&value_, &UA_TYPES[type]); }

    T* operator->() { return &value_; }
    const T* operator->() const { return &value_; }
    T& operator*() { return value_; }
    const T& operator*() const { return value_; }

private:
    T value_;
};

using UaNodeId = Ua<UA_NodeId, UA_TYPES_NODEID>;
using UaDataValue = Ua<UA_DataValue, UA_TYPES_DATAVALUE>;
using UaVariant = Ua<UA_Variant, UA_TYPES_VARIANT>;

inline std::string_view view(const UA_String& text) {
    return {reinterpret_cast<const char*>(text.data), text.length};
}
inline std::string_view bytes_of(const UA_String& bytes) { return view(bytes); }

// A copy that open62541 owns.
inline UA_String copy(std::string_view text) {
    UA_String out = UA_STRING_NULL;
    const UA_String in{text.size(), reinterpret_cast<UA_Byte*>(const_cast<char*>(text.data()))};
    (void)UA_String_copy(&in, &out);
    return out;
}

// The text for the length of a call.
inline UA_String lend(std::string_view text) {
    return {text.size(), reinterpret_cast<UA_Byte*>(const_cast<char*>(text.data()))};
}

// Nanoseconds since 1970; what lies outside their range becomes its edge.
Time time_of(UA_DateTime time);

// "BadNodeIdUnknown"
inline std::string_view status_name(UA_StatusCode status) { return UA_StatusCode_name(status); }

inline bool is_bad(UA_StatusCode status) { return Quality{status}.bad(); }

}  // namespace gantry::connector::opcua
