// SPDX-License-Identifier: Apache-2.0
// Any bytes as CBOR: what is made of them is a tree, and all its texts are UTF-8.
#include "base/assert.h"
#include "base/encoding.h"
#include "payload/cbor_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace gantry::payload;
    Document document;
    document.begin(200, 6, 3 * size);
    if (!read_cbor({reinterpret_cast<const char*>(data), size}, document)) {
        return 0;
    }
    ASSERT(!document.empty() && document.depth() == 0 && document.size() <= 200);
    for (NodeIndex i = 0; i < document.size(); ++i) {
        const Node& node = document[i];
        ASSERT(node.next > i && node.next <= document.size());
        ASSERT(node.container() || node.next == i + 1);
        ASSERT(gantry::is_utf8(node.text) && gantry::is_utf8(node.key));
        ASSERT((i == 0) == (node.parent == no_node));
        if (i > 0) {
            const Node& parent = document[node.parent];
            ASSERT(node.parent < i && parent.container() && node.next <= parent.next);
            ASSERT(node.place < parent.bits);
            ASSERT(parent.kind == Kind::Object || document.element(node.parent, node.place) == i);
        }
    }
    return 0;
}
