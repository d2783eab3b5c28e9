// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"

namespace gantry::cli {

class Loop;

// The person at the keyboard. Questions go to standard error, so that answers of the program can
// be piped on.
class Terminal {
public:
    // Without `may_ask` every question is an error that names its remedy.
    Terminal(Loop& loop, bool may_ask) : loop_(loop), may_ask_(may_ask) {}

    bool may_ask() const { return may_ask_; }
    // A line; `otherwise` for an empty one.
    Result<std::string> ask(std::string_view question, std::string_view otherwise,
                            std::string_view remedy);
    // Without echo.
    Result<Secret> ask_secret(std::string_view question, std::string_view remedy);
    // False unless the answer is yes.
    Result<bool> confirm(std::string_view question, std::string_view remedy);

private:
    Result<std::string> read_line();

    Loop& loop_;
    bool may_ask_;
};

// A secret from a file, or from standard input for "-": its first line.
Result<Secret> read_secret(const std::string& path);
inline constexpr std::size_t text_bytes_max = 16 * 1024 * 1024;
// All of a file, or of standard input for "-"; TooLarge beyond so many bytes.
Result<std::string> read_text(const std::string& path, std::size_t bytes_max = text_bytes_max);

}  // namespace gantry::cli
