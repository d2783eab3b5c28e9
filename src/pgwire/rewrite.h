// SPDX-License-Identifier: Apache-2.0
// What clients of PostgreSQL write in a way that the engine does not know, written so that it does:
// names of the system catalogue, casts to its types, collations, operators with a schema, and
// regular expressions, which look for a part of the text in PostgreSQL.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "pgwire/tokens.h"
#include "query/sql_values.h"

namespace gantry::pgwire {

class Rewritten {
public:
    // Replaces what is between two places of the original. In order, without overlap.
    void replace(std::size_t begin, std::size_t end, std::string text);

    std::string apply(std::string_view original) const;
    // The place in the original that a place in the new text comes from; both from 0.
    std::size_t original_place(std::size_t place) const;

private:
    struct Edit {
        std::size_t begin = 0;
        std::size_t end = 0;
        std::string text;
    };
    std::vector<Edit> edits_;
};

// `database` is what the client calls the database that it is connected to.
Rewritten rewrite(const StatementText& statement, std::string_view database);

// The parameters as casts to types that the client has declared, so that the engine knows them.
Rewritten with_declared_types(const StatementText& statement,
                              std::span<const std::optional<query::SqlType>> types);

// The name that PostgreSQL gives a column of which the engine says only from what it was computed.
std::string column_name(std::string_view engine_name);

}  // namespace gantry::pgwire
