// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <format>
#include <string>
#include <string_view>
#include <utility>

namespace gantry {

// What went wrong, as a closed list. The same names are used by the HTTP API (`code`), the CLI
// (exit code), MQTT (reason code) and the PostgreSQL wire (SQLSTATE): one table each, in
// error_tables.h.
enum class Code : unsigned char {
    InvalidArgument,       // the caller's input is wrong; saying it again will not help
    Unauthenticated,       // who is asking is unknown
    Forbidden,             // known, but not allowed
    NotFound,              // no such thing, or none that the caller may see
    Conflict,              // exists already, or its state forbids the request
    PreconditionFailed,    // changed since the caller read it
    PreconditionRequired,  // the caller must say which version it changes
    TooLarge,              // larger than a stated limit
    Unsupported,           // understood, but this part does not offer it
    RateLimited,           // too much in too little time; later it will do
    QuotaExceeded,  // more than the tenant may have; with less, or a larger quota, it will do
    Cancelled,      // given up on request
    Timeout,        // no answer in time: the outcome may be unknown
    Unavailable,    // cannot be served now: starting, stopping, or the other side is away
    StorageFull,    // no space; nothing was stored
    Corrupt,        // stored bytes are not what was written
    Io,             // the operating system refused
    Internal,       // a defect of ours
};

inline constexpr int code_count = static_cast<int>(Code::Internal) + 1;

// The stable name of a code, as in `invalid_argument`.
std::string_view code_name(Code code);

struct Error {
    Code code = Code::Internal;
    // Names the thing and, where there is one, the remedy. For people; never parsed.
    std::string message;
    // Which part of the caller's input is meant, as a JSON pointer ("/properties/0/unit"), if any.
    std::string field = {};

    bool operator==(const Error&) const = default;
};

template <class T = void>
using Result = std::expected<T, Error>;

template <class... Args>
[[nodiscard]] std::unexpected<Error> fail(Code code, std::format_string<Args...> text,
                                          Args&&... args) {
    return std::unexpected(Error{code, std::format(text, std::forward<Args>(args)...), {}});
}

// Passes an error on, saying where it happened: "opening journal: no space left on device".
[[nodiscard]] inline std::unexpected<Error> within(std::string_view where, Error error) {
    error.message = std::format("{}: {}", where, error.message);
    return std::unexpected(std::move(error));
}

}  // namespace gantry

// Returns the error of an expression, or goes on with its value.
#define GANTRY_CONCAT_(a, b) a##b
#define GANTRY_CONCAT(a, b) GANTRY_CONCAT_(a, b)
#define TRY(expression)                                            \
    do {                                                           \
        if (auto try_result = (expression); !try_result) {         \
            return std::unexpected(std::move(try_result).error()); \
        }                                                          \
    } while (false)
#define TRY_ASSIGN(target, expression) \
    TRY_ASSIGN_(GANTRY_CONCAT(try_value_, __LINE__), target, expression)
#define TRY_ASSIGN_(temporary, target, expression)            \
    auto temporary = (expression);                            \
    if (!temporary) {                                         \
        return std::unexpected(std::move(temporary).error()); \
    }                                                         \
    target = std::move(*temporary)
// The same two in a coroutine.
#define CO_TRY(expression)                                            \
    do {                                                              \
        if (auto try_result = (expression); !try_result) {            \
            co_return std::unexpected(std::move(try_result).error()); \
        }                                                             \
    } while (false)
#define CO_TRY_ASSIGN(target, expression) \
    CO_TRY_ASSIGN_(GANTRY_CONCAT(try_value_, __LINE__), target, expression)
#define CO_TRY_ASSIGN_(temporary, target, expression)            \
    auto temporary = (expression);                               \
    if (!temporary) {                                            \
        co_return std::unexpected(std::move(temporary).error()); \
    }                                                            \
    target = std::move(*temporary)
