// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

// Declares a function that gives the bytes which embed() of cmake/embed.cmake put under a symbol.
#define EMBEDDED_FILE(function, symbol)                                                   \
    extern "C" const char symbol##_begin[];                                               \
    extern "C" const char symbol##_end[];                                                 \
    static std::string_view function() {                                                  \
        return {symbol##_begin, static_cast<std::size_t>(symbol##_end - symbol##_begin)}; \
    }
