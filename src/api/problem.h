// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "http/message.h"
#include "model/localized.h"

namespace gantry::api {

// An error as RFC 9457 problem details: type, title in the reader's language, status, detail, code,
// trace, and for validation the field that is meant.
http::Response problem(const Error& error, Language language, std::string_view trace);

// zh if the header prefers it (RFC 9110, 12.5.4), else en.
Language language_of(std::string_view accept_language);

std::string_view problem_title(Code code, Language language);

}  // namespace gantry::api
