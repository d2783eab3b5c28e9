// SPDX-License-Identifier: Apache-2.0
#include "model/quality.h"

#include <array>
#include <charconv>
#include <format>

namespace gantry {
namespace {

struct Named {
    Quality quality;
    std::string_view name;
};

constexpr std::array names = {
    Named{quality::good, "Good"},
    Named{quality::good_clamped, "GoodClamped"},
    Named{quality::uncertain, "Uncertain"},
    Named{quality::uncertain_last_usable_value, "UncertainLastUsableValue"},
    Named{quality::uncertain_engineering_units_exceeded, "UncertainEngineeringUnitsExceeded"},
    Named{quality::uncertain_initial_value, "UncertainInitialValue"},
    Named{Quality{0x40910000}, "UncertainSubstituteValue"},
    Named{quality::bad, "Bad"},
    Named{quality::bad_communication_error, "BadCommunicationError"},
    Named{quality::bad_timeout, "BadTimeout"},
    Named{quality::bad_no_communication, "BadNoCommunication"},
    Named{quality::bad_waiting_for_initial_data, "BadWaitingForInitialData"},
    Named{quality::bad_out_of_range, "BadOutOfRange"},
    Named{quality::bad_configuration_error, "BadConfigurationError"},
    Named{quality::bad_not_connected, "BadNotConnected"},
    Named{quality::bad_device_failure, "BadDeviceFailure"},
    Named{quality::bad_sensor_failure, "BadSensorFailure"},
    Named{quality::bad_out_of_service, "BadOutOfService"},
    Named{quality::bad_type_mismatch, "BadTypeMismatch"},
};

}  // namespace

std::string_view severity_name(Severity severity) {
    constexpr std::array<std::string_view, 3> words = {"good", "uncertain", "bad"};
    return words[static_cast<std::size_t>(severity)];
}

std::string quality_name(Quality quality) {
    for (const Named& row : names) {
        if (row.quality == quality) {
            return std::string(row.name);
        }
    }
    return std::format("0x{:08x}", quality.code);
}

std::optional<Quality> parse_quality(std::string_view text) {
    for (const Named& row : names) {
        if (row.name == text) {
            return row.quality;
        }
    }
    if (text == "good") {
        return quality::good;
    }
    if (text == "uncertain") {
        return quality::uncertain;
    }
    if (text == "bad") {
        return quality::bad;
    }
    const bool hexadecimal = text.starts_with("0x");
    const std::string_view digits = hexadecimal ? text.substr(2) : text;
    Quality out;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(),
                                              out.code, hexadecimal ? 16 : 10);
    if (error != std::errc() || end != digits.data() + digits.size()) {
        return std::nullopt;
    }
    return out;
}

}  // namespace gantry
