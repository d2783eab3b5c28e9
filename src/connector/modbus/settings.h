// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "connector/form.h"
#include "connector/modbus/planner.h"
#include "connector/modbus/wire.h"
#include "runtime/serial_port.h"

namespace gantry::connector::modbus {

// How to talk to one Modbus device or gateway, by TCP.
struct Settings {
    std::string host;
    std::int64_t port = 502;
    std::int64_t unit = 1;  // unless a tag says otherwise
    std::int64_t address_base = 0;
    NamedDurations groups = {{"default", std::chrono::seconds(1)}};
    Duration timeout = std::chrono::seconds(1);  // of one request
    Duration connect_timeout = std::chrono::seconds(3);
    Duration stale_after = std::chrono::seconds(30);
    std::int64_t failures_max = 3;  // in a row, before a unit is off scan
    std::int64_t max_in_flight = 1;
    std::int64_t max_gap = 16;
    std::int64_t max_registers = read_registers_max;
    std::int64_t max_bits = read_bits_max;
    bool report_on_change = false;
    bool write_multiple = false;  // functions 15 and 16 even for a single coil or register
    bool use_fc23 = false;        // write and read back in one request

    // Over a serial line, or with its frames over TCP.
    Wire wire = Wire::Tcp;
    std::string device;  // of the line; empty: over TCP, to host and port
    SerialOptions line;
    Duration gap{0};
    Duration turnaround{0};

    void describe(Form& form);
    // What all kinds have in common.
    void describe_polling(Form& form);

    int base() const { return static_cast<int>(address_base); }
    PlanLimits plan_limits() const;
    // "192.168.0.5:502"
    std::string where() const;
};

// The same of a serial line.
struct SerialSettings : Settings {
    std::string address;  // "/dev/ttyUSB0", or "tcp://192.168.0.5:4001" of a serial device server
    std::string mode = "rtu";
    std::int64_t baud = 9600;
    std::int64_t data_bits = 0;  // 8 of RTU, 7 of ASCII
    std::string parity = "even";
    std::int64_t stop_bits = 1;
    Duration turnaround_delay = std::chrono::milliseconds(100);

    void describe(Form& form);
};

enum class Kind : unsigned char { Tcp, Serial };
inline std::string_view protocol_name(Kind kind) {
    return kind == Kind::Tcp ? "modbus_tcp" : "modbus_serial";
}

// Errors have their field: "/settings/port".
Result<Settings> read_settings(Kind kind, std::string_view text);

}  // namespace gantry::connector::modbus
