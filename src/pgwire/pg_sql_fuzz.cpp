// SPDX-License-Identifier: Apache-2.0
// Any bytes as SQL: statements and tokens lie inside the text and in order, and a place in what was
// rewritten leads to one in the original.
#include "base/assert.h"
#include "pgwire/commands.h"
#include "pgwire/rewrite.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace gantry::pgwire;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    for (const StatementText& statement : statements_of(text)) {
        ASSERT(statement.offset + statement.text.size() <= text.size());
        std::size_t at = 0;
        for (std::size_t i = 0; i < statement.tokens.size(); ++i) {
            ASSERT(statement.tokens[i].begin >= at);
            ASSERT(statement.tokens[i].end > statement.tokens[i].begin);
            at = statement.tokens[i].end;
            (void)statement.value(i);
        }
        ASSERT(at == statement.text.size());
        if (const auto command = command_of(statement)) {
            if (const auto* copy = std::get_if<CopyCommand>(&*command)) {
                ASSERT(copy->offset <= statement.text.size());
            }
        }
        const Rewritten changed = rewrite(statement, "main");
        const std::string now = changed.apply(statement.text);
        for (std::size_t place = 0; place < now.size(); place += 7) {
            ASSERT(changed.original_place(place) <= statement.text.size());
        }
        const std::vector<std::optional<gantry::query::SqlType>> types(
            3, gantry::query::SqlType{gantry::query::SqlKind::Int32, {}});
        (void)with_declared_types(statement, types).apply(statement.text);
        (void)column_name(statement.text);
    }
    return 0;
}
