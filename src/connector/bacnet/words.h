// SPDX-License-Identifier: Apache-2.0
// The names of ANSI/ASHRAE 135 for what are numbers in messages. Pure.
#pragma once

#include <string>

#include "connector/bacnet/services.h"

namespace gantry::connector::bacnet {

namespace property {
inline constexpr std::uint32_t description = 28;
inline constexpr std::uint32_t firmware_revision = 44;
inline constexpr std::uint32_t max_apdu_length_accepted = 62;
inline constexpr std::uint32_t model_name = 70;
inline constexpr std::uint32_t object_identifier = 75;
inline constexpr std::uint32_t object_list = 76;
inline constexpr std::uint32_t object_name = 77;
inline constexpr std::uint32_t present_value = 85;
inline constexpr std::uint32_t priority_array = 87;
inline constexpr std::uint32_t protocol_services_supported = 97;
inline constexpr std::uint32_t reliability = 103;
inline constexpr std::uint32_t status_flags = 111;
inline constexpr std::uint32_t units = 117;
inline constexpr std::uint32_t vendor_name = 121;
}  // namespace property

inline constexpr std::uint16_t device_type = 8;

// "analog-input", "AI" (any case), or a number.
std::optional<std::uint16_t> object_type_of(std::string_view word);
std::string object_type_word(std::uint16_t type);  // "analog-input", or the number
std::string object_text(ObjectId id);              // "analog-input:1"
// Whether the standard gives such objects a Present_Value, and status flags beside it.
bool has_present_value(std::uint16_t type);
bool has_status_flags(std::uint16_t type);

std::optional<std::uint32_t> property_of(std::string_view word);
std::string property_word(std::uint32_t property);

std::string units_word(std::uint32_t units);  // "degrees-celsius", or the number
std::string reliability_word(std::uint32_t reliability);

std::string error_text(ErrorCode error);       // "object: unknown-object (class 1, code 31)"
std::string reject_text(std::uint8_t reason);  // "reject: unrecognized-service"
std::string abort_text(std::uint8_t reason);   // "abort: buffer-overflow"

}  // namespace gantry::connector::bacnet
