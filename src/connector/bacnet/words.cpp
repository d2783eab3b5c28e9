// SPDX-License-Identifier: Apache-2.0
#include "connector/bacnet/words.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <format>
#include <span>

namespace gantry::connector::bacnet {
namespace {

struct ObjectRow {
    std::uint16_t type;
    std::string_view word;
    std::string_view abbreviation;  // as people write it; "" for none
    bool value = true;              // has a Present_Value
    bool flags = true;              // has Status_Flags
};

constexpr std::array object_rows = {
    ObjectRow{0, "analog-input", "AI"},
    ObjectRow{1, "analog-output", "AO"},
    ObjectRow{2, "analog-value", "AV"},
    ObjectRow{3, "binary-input", "BI"},
    ObjectRow{4, "binary-output", "BO"},
    ObjectRow{5, "binary-value", "BV"},
    ObjectRow{6, "calendar", "CAL", true, false},
    ObjectRow{7, "command", "CMD", true, false},
    ObjectRow{8, "device", "DEV", false, false},
    ObjectRow{9, "event-enrollment", "EE", false, true},
    ObjectRow{10, "file", "FILE", false, false},
    ObjectRow{11, "group", "GRP", true, false},
    ObjectRow{12, "loop", "LP"},
    ObjectRow{13, "multi-state-input", "MSI"},
    ObjectRow{14, "multi-state-output", "MSO"},
    ObjectRow{15, "notification-class", "NC", false, false},
    ObjectRow{16, "program", "PROG", false, true},
    ObjectRow{17, "schedule", "SCH"},
    ObjectRow{18, "averaging", "AVG", false, false},
    ObjectRow{19, "multi-state-value", "MSV"},
    ObjectRow{20, "trend-log", "TL", false, true},
    ObjectRow{21, "life-safety-point", "LSP"},
    ObjectRow{22, "life-safety-zone", "LSZ"},
    ObjectRow{23, "accumulator", "ACC"},
    ObjectRow{24, "pulse-converter", "PC"},
    ObjectRow{25, "event-log", "EL", false, true},
    ObjectRow{26, "global-group", "GG"},
    ObjectRow{27, "trend-log-multiple", "TLM", false, true},
    ObjectRow{28, "load-control", "LC"},
    ObjectRow{29, "structured-view", "SV", false, false},
    ObjectRow{30, "access-door", "AD"},
    ObjectRow{31, "timer", "TMR"},
    ObjectRow{39, "bitstring-value", "BSV"},
    ObjectRow{40, "characterstring-value", "CSV"},
    ObjectRow{41, "date-pattern-value", "DPV"},
    ObjectRow{42, "date-value", "DV"},
    ObjectRow{43, "datetime-pattern-value", "DTPV"},
    ObjectRow{44, "datetime-value", "DTV"},
    ObjectRow{45, "integer-value", "IV"},
    ObjectRow{46, "large-analog-value", "LAV"},
    ObjectRow{47, "octetstring-value", "OSV"},
    ObjectRow{48, "positive-integer-value", "PIV"},
    ObjectRow{49, "time-pattern-value", "TPV"},
    ObjectRow{50, "time-value", "TV"},
    ObjectRow{51, "notification-forwarder", "NF", false, true},
    ObjectRow{52, "alert-enrollment", "AE", true, false},
    ObjectRow{53, "channel", "CH"},
    ObjectRow{54, "lighting-output", "LO"},
    ObjectRow{55, "binary-lighting-output", "BLO"},
    ObjectRow{56, "network-port", "NP", false, true},
};

struct Row {
    std::uint32_t number;
    std::string_view word;
};

constexpr std::array property_rows = {
    Row{0, "acked-transitions"},
    Row{4, "active-text"},
    Row{11, "apdu-timeout"},
    Row{12, "application-software-version"},
    Row{15, "change-of-state-count"},
    Row{16, "change-of-state-time"},
    Row{22, "cov-increment"},
    Row{25, "deadband"},
    Row{28, "description"},
    Row{31, "device-type"},
    Row{33, "elapsed-active-time"},
    Row{36, "event-state"},
    Row{40, "feedback-value"},
    Row{44, "firmware-revision"},
    Row{45, "high-limit"},
    Row{46, "inactive-text"},
    Row{56, "local-date"},
    Row{57, "local-time"},
    Row{58, "location"},
    Row{59, "low-limit"},
    Row{62, "max-apdu-length-accepted"},
    Row{65, "max-pres-value"},
    Row{69, "min-pres-value"},
    Row{70, "model-name"},
    Row{72, "notify-type"},
    Row{73, "number-of-apdu-retries"},
    Row{74, "number-of-states"},
    Row{75, "object-identifier"},
    Row{76, "object-list"},
    Row{77, "object-name"},
    Row{79, "object-type"},
    Row{81, "out-of-service"},
    Row{84, "polarity"},
    Row{85, "present-value"},
    Row{87, "priority-array"},
    Row{96, "protocol-object-types-supported"},
    Row{97, "protocol-services-supported"},
    Row{98, "protocol-version"},
    Row{103, "reliability"},
    Row{104, "relinquish-default"},
    Row{106, "resolution"},
    Row{107, "segmentation-supported"},
    Row{108, "setpoint"},
    Row{110, "state-text"},
    Row{111, "status-flags"},
    Row{112, "system-status"},
    Row{117, "units"},
    Row{118, "update-interval"},
    Row{119, "utc-offset"},
    Row{120, "vendor-identifier"},
    Row{121, "vendor-name"},
    Row{139, "protocol-revision"},
    Row{155, "database-revision"},
    Row{187, "scale"},
    Row{431, "current-command-priority"},
};

constexpr std::array units_rows = {
    Row{0, "square-meters"},
    Row{2, "milliamperes"},
    Row{3, "amperes"},
    Row{4, "ohms"},
    Row{5, "volts"},
    Row{6, "kilovolts"},
    Row{8, "volt-amperes"},
    Row{9, "kilovolt-amperes"},
    Row{11, "volt-amperes-reactive"},
    Row{12, "kilovolt-amperes-reactive"},
    Row{15, "power-factor"},
    Row{16, "joules"},
    Row{17, "kilojoules"},
    Row{18, "watt-hours"},
    Row{19, "kilowatt-hours"},
    Row{27, "hertz"},
    Row{29, "percent-relative-humidity"},
    Row{31, "meters"},
    Row{37, "luxes"},
    Row{39, "kilograms"},
    Row{42, "kilograms-per-second"},
    Row{47, "watts"},
    Row{48, "kilowatts"},
    Row{49, "megawatts"},
    Row{53, "pascals"},
    Row{54, "kilopascals"},
    Row{55, "bars"},
    Row{62, "degrees-celsius"},
    Row{63, "degrees-kelvin"},
    Row{64, "degrees-fahrenheit"},
    Row{70, "days"},
    Row{71, "hours"},
    Row{72, "minutes"},
    Row{73, "seconds"},
    Row{74, "meters-per-second"},
    Row{80, "cubic-meters"},
    Row{82, "liters"},
    Row{85, "cubic-meters-per-second"},
    Row{87, "liters-per-second"},
    Row{88, "liters-per-minute"},
    Row{95, "no-units"},
    Row{96, "parts-per-million"},
    Row{98, "percent"},
    Row{104, "revolutions-per-minute"},
    Row{124, "millivolts"},
    Row{133, "hectopascals"},
    Row{134, "millibars"},
    Row{135, "cubic-meters-per-hour"},
    Row{136, "liters-per-hour"},
    Row{146, "megawatt-hours"},
    Row{159, "milliseconds"},
};

constexpr std::array<std::string_view, 9> error_classes = {
    "device", "object", "property", "resources", "security", "services", "vt", "communication", ""};

constexpr std::array error_rows = {
    Row{0, "other"},
    Row{2, "configuration-in-progress"},
    Row{3, "device-busy"},
    Row{9, "invalid-data-type"},
    Row{18, "no-space-for-object"},
    Row{19, "no-space-to-add-list-element"},
    Row{20, "no-space-to-write-property"},
    Row{25, "operational-problem"},
    Row{26, "password-failure"},
    Row{27, "read-access-denied"},
    Row{29, "service-request-denied"},
    Row{30, "timeout"},
    Row{31, "unknown-object"},
    Row{32, "unknown-property"},
    Row{35, "unsupported-object-type"},
    Row{37, "value-out-of-range"},
    Row{40, "write-access-denied"},
    Row{41, "character-set-not-supported"},
    Row{42, "invalid-array-index"},
    Row{43, "cov-subscription-failed"},
    Row{44, "not-cov-property"},
    Row{45, "optional-functionality-not-supported"},
    Row{46, "invalid-configuration-data"},
    Row{47, "datatype-not-supported"},
    Row{50, "property-is-not-an-array"},
    Row{82, "no-property-specified"},
};

constexpr std::array<std::string_view, 10> reject_words = {"other",
                                                           "buffer-overflow",
                                                           "inconsistent-parameters",
                                                           "invalid-parameter-data-type",
                                                           "invalid-tag",
                                                           "missing-required-parameter",
                                                           "parameter-out-of-range",
                                                           "too-many-arguments",
                                                           "undefined-enumeration",
                                                           "unrecognized-service"};

constexpr std::array<std::string_view, 12> abort_words = {"other",
                                                          "buffer-overflow",
                                                          "invalid-apdu-in-this-state",
                                                          "preempted-by-higher-priority-task",
                                                          "segmentation-not-supported",
                                                          "security-error",
                                                          "insufficient-security",
                                                          "window-size-out-of-range",
                                                          "application-exceeded-reply-time",
                                                          "out-of-resources",
                                                          "tsm-timeout",
                                                          "apdu-too-long"};

constexpr std::array<std::string_view, 13> reliability_words = {"no-fault-detected",
                                                                "no-sensor",
                                                                "over-range",
                                                                "under-range",
                                                                "open-loop",
                                                                "shorted-loop",
                                                                "no-output",
                                                                "unreliable-other",
                                                                "process-error",
                                                                "multi-state-fault",
                                                                "configuration-error",
                                                                "",
                                                                "communication-failure"};

bool same_letters(std::string_view a, std::string_view b) {
    const auto lower = [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c == '_' ? '-' : c;
    };
    return std::ranges::equal(a, b, {}, lower, lower);
}

std::optional<std::uint32_t> number_in(std::string_view word, std::uint32_t most) {
    std::uint32_t out = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), out);
    return error == std::errc() && end == word.data() + word.size() && out <= most
               ? std::optional(out)
               : std::nullopt;
}

std::string word_in(std::span<const Row> rows, std::uint32_t number) {
    const auto found = std::ranges::find(rows, number, &Row::number);
    return found == rows.end() ? std::to_string(number) : std::string(found->word);
}

std::string word_in(std::span<const std::string_view> words, std::uint32_t number) {
    return number < words.size() && !words[number].empty() ? std::string(words[number])
                                                           : std::to_string(number);
}

const ObjectRow* row_of(std::uint16_t type) {
    const auto* const found = std::ranges::find(object_rows, type, &ObjectRow::type);
    return found == object_rows.end() ? nullptr : found;
}

}  // namespace

std::optional<std::uint16_t> object_type_of(std::string_view word) {
    for (const ObjectRow& row : object_rows) {
        if (same_letters(word, row.word) || same_letters(word, row.abbreviation)) {
            return row.type;
        }
    }
    const auto number = number_in(word, object_type_max);
    return number ? std::optional(static_cast<std::uint16_t>(*number)) : std::nullopt;
}

std::string object_type_word(std::uint16_t type) {
    const ObjectRow* const row = row_of(type);
    return row == nullptr ? std::to_string(type) : std::string(row->word);
}

std::string object_text(ObjectId id) {
    return std::format("{}:{}", object_type_word(id.type), id.instance);
}

bool has_present_value(std::uint16_t type) {
    const ObjectRow* const row = row_of(type);
    return row != nullptr && row->value;
}

bool has_status_flags(std::uint16_t type) {
    const ObjectRow* const row = row_of(type);
    return row != nullptr && row->flags;
}

std::optional<std::uint32_t> property_of(std::string_view word) {
    for (const Row& row : property_rows) {
        if (same_letters(word, row.word)) {
            return row.number;
        }
    }
    return number_in(word, instance_max);
}

std::string property_word(std::uint32_t property) { return word_in(property_rows, property); }

std::string units_word(std::uint32_t units) { return word_in(units_rows, units); }

std::string reliability_word(std::uint32_t reliability) {
    return word_in(reliability_words, reliability);
}

std::string error_text(ErrorCode error) {
    return std::format("{}: {} (class {}, code {})", word_in(error_classes, error.error_class),
                       word_in(error_rows, error.code), error.error_class, error.code);
}

std::string reject_text(std::uint8_t reason) { return "reject: " + word_in(reject_words, reason); }

std::string abort_text(std::uint8_t reason) { return "abort: " + word_in(abort_words, reason); }

}  // namespace gantry::connector::bacnet
