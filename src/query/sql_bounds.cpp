// SPDX-License-Identifier: Apache-2.0
#include "query/sql_bounds.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <duckdb/catalog/catalog.hpp>
#include <duckdb/catalog/catalog_entry/scalar_function_catalog_entry.hpp>
#include <format>

namespace gantry::query {
namespace {

using duckdb::Allocator;
using duckdb::data_ptr_t;
using duckdb::idx_t;

// ---- memory

struct Values final : duckdb::PrivateAllocatorData {
    explicit Values(std::int64_t bytes) : most(bytes) {}

    void take(idx_t bytes) {
        const auto size = static_cast<std::int64_t>(bytes);
        if (used.fetch_add(size) + size > most) {
            used -= size;
            throw duckdb::OutOfMemoryException("values of %llu bytes are too much", bytes);
        }
    }
    void give_back(idx_t bytes) { used -= static_cast<std::int64_t>(bytes); }

    const std::int64_t most;
    std::atomic<std::int64_t> used = 0;
};

Values& values_of(duckdb::PrivateAllocatorData* data) { return data->Cast<Values>(); }

data_ptr_t allocate(duckdb::PrivateAllocatorData* data, idx_t size) {
    values_of(data).take(size);
    try {
        return Allocator::DefaultAllocate(nullptr, size);
    } catch (...) {
        values_of(data).give_back(size);
        throw;
    }
}

void free_again(duckdb::PrivateAllocatorData* data, data_ptr_t pointer, idx_t size) {
    Allocator::DefaultFree(nullptr, pointer, size);
    values_of(data).give_back(size);
}

data_ptr_t reallocate(duckdb::PrivateAllocatorData* data, data_ptr_t pointer, idx_t old_size,
                      idx_t size) {
    values_of(data).take(size);
    const data_ptr_t out = Allocator::DefaultReallocate(nullptr, pointer, old_size, size);
    values_of(data).give_back(out == nullptr ? size : old_size);
    return out;
}

// ---- time

// Pairs of bytes that are compared in one call, of some thousand rows at most: a second or two.
constexpr idx_t pairs_max = 2'000'000'000;

// What is constant is computed while DuckDB plans, in memory that it asks nobody for.
constexpr idx_t repeated_bytes_max = idx_t{256} << 20;

constexpr const char* costly[] = {"levenshtein",
                                  "editdist3",
                                  "damerau_levenshtein",
                                  "jaro_similarity",
                                  "jaro_winkler_similarity",
                                  "contains",
                                  "strpos",
                                  "instr",
                                  "position",
                                  "replace",
                                  "split",
                                  "string_split",
                                  "str_split",
                                  "string_to_array"};

bool takes_two_texts(const duckdb::ScalarFunction& function) {
    return function.arguments.size() >= 2 &&
           function.arguments[0].id() == duckdb::LogicalTypeId::VARCHAR &&
           function.arguments[1].id() == duckdb::LogicalTypeId::VARCHAR;
}

void check_pairs(const std::string& name, duckdb::DataChunk& arguments) {
    duckdb::UnifiedVectorFormat texts[2];
    for (idx_t i = 0; i < 2; ++i) {
        arguments.data[i].ToUnifiedFormat(arguments.size(), texts[i]);
    }
    idx_t pairs = 0;
    for (idx_t row = 0; row < arguments.size(); ++row) {
        idx_t product = 1;
        idx_t lengths[2] = {};
        for (idx_t i = 0; i < 2; ++i) {
            const idx_t at = texts[i].sel->get_index(row);
            lengths[i] =
                texts[i].validity.RowIsValid(at)
                    ? duckdb::UnifiedVectorFormat::GetData<duckdb::string_t>(texts[i])[at].GetSize()
                    : 0;
            product *= lengths[i];
        }
        pairs += product;
        if (pairs > pairs_max) {
            throw duckdb::OutOfRangeException(
                std::format(
                    "%s of texts of {} and {} bytes takes too long: take shorter ones, or fewer",
                    lengths[0], lengths[1]),
                name);
        }
    }
}

void bound(duckdb::ScalarFunction& function) {
    function.function = [name = function.name, inner = std::move(function.function)](
                            duckdb::DataChunk& arguments, duckdb::ExpressionState& state,
                            duckdb::Vector& result) {
        if (state.HasContext() && state.GetContext().interrupted) {
            throw duckdb::InterruptException();
        }
        check_pairs(name, arguments);
        inner(arguments, state, result);
    };
}

// DuckDB's own copies a text of one letter letter by letter, and does so while it plans.
void repeat(duckdb::DataChunk& arguments, duckdb::ExpressionState&, duckdb::Vector& result) {
    duckdb::BinaryExecutor::Execute<duckdb::string_t, std::int64_t, duckdb::string_t>(
        arguments.data[0], arguments.data[1], result, arguments.size(),
        [&result](duckdb::string_t text, std::int64_t times) {
            const idx_t size = text.GetSize();
            const idx_t count = times <= 0 || size == 0 ? 0 : static_cast<idx_t>(times);
            idx_t bytes = 0;
            if (__builtin_mul_overflow(size, count, &bytes) || bytes > repeated_bytes_max) {
                throw duckdb::OutOfMemoryException("a text of %llu times %llu bytes is too long",
                                                   count, size);
            }
            duckdb::string_t out = duckdb::StringVector::EmptyString(result, bytes);
            char* const to = out.GetDataWriteable();
            std::memcpy(to, text.GetData(), std::min(size, bytes));
            for (idx_t done = size; done < bytes;) {
                const idx_t more = std::min(done, bytes - done);
                std::memcpy(to + done, to, more);
                done += more;
            }
            out.Finalize();
            return out;
        });
}

template <class Change>
void change(duckdb::ClientContext& context, const char* name, Change change) {
    auto entry =
        duckdb::Catalog::GetSystemCatalog(context).GetEntry<duckdb::ScalarFunctionCatalogEntry>(
            context, DEFAULT_SCHEMA, name, duckdb::OnEntryNotFound::RETURN_NULL);
    if (entry) {
        std::ranges::for_each(entry->functions.functions, change);
    }
}

}  // namespace

duckdb::unique_ptr<duckdb::Allocator> bounded_allocator(std::int64_t bytes) {
    return duckdb::make_uniq<Allocator>(allocate, free_again, reallocate,
                                        duckdb::make_uniq<Values>(bytes));
}

void bound_functions(duckdb::Connection& connection) {
    auto& context = *connection.context;
    context.RunFunctionInTransaction([&] {
        for (const char* name : costly) {
            change(context, name, [](duckdb::ScalarFunction& function) {
                if (takes_two_texts(function)) {
                    bound(function);
                }
            });
        }
        change(context, "repeat", [](duckdb::ScalarFunction& function) {
            if (function.arguments[0].id() != duckdb::LogicalTypeId::LIST) {
                function.function = repeat;
            }
        });
    });
}

}  // namespace gantry::query
