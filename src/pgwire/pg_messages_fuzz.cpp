// SPDX-License-Identifier: Apache-2.0
// Any bytes as a message of a client: its letter, then its body. A parameter that is taken has come
// from inside the message.
#include "base/assert.h"
#include "pgwire/messages.h"
#include "pgwire/values.h"

namespace {

using namespace gantry::pgwire;

void read_parameters(const BindMessage& bind, std::string_view body) {
    for (std::size_t i = 0; i < bind.parameters.size() && i < 64; ++i) {
        if (bind.parameters[i]) {
            ASSERT(bind.parameters[i]->data() >= body.data() &&
                   bind.parameters[i]->data() + bind.parameters[i]->size() <=
                       body.data() + body.size());
        }
        for (const Oid oid : {Oid::Bool, Oid::Int4, Oid::Float8, Oid::Numeric, Oid::Timestamptz,
                              Oid::TextArray, Oid::Uuid, Oid::Bytea, Oid::Text}) {
            (void)read_parameter(*type_of(oid), Format::Text, bind.parameters[i]);
            (void)read_parameter(*type_of(oid), Format::Binary, bind.parameters[i]);
        }
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    if (bytes.empty()) {
        return 0;
    }
    const std::string_view body = bytes.substr(1);
    switch (bytes[0]) {
        case 'Q': (void)parse_query(body); break;
        case 'P': (void)parse_parse(body); break;
        case 'B':
            if (const auto bind = parse_bind(body)) {
                read_parameters(*bind, body);
            }
            break;
        case 'D': (void)parse_object_name(body); break;
        case 'E': (void)parse_execute(body); break;
        case 'p': (void)parse_sasl_initial(body); break;
        default:
            (void)message_length(body, 4, 1024);
            (void)parse_startup(body);
            break;
    }
    return 0;
}
