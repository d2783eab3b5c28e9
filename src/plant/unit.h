// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "plant/modbus_request.h"
#include "plant/point.h"
#include "plant/unit_table.h"

typedef struct _modbus_mapping_t modbus_mapping_t;  // of libmodbus

namespace gantry::plant {

// One unit id: the image of a machine's points in the tables that libmodbus serves, and the rules
// that libmodbus does not know: addresses that do not exist, instruments that are dead, values out
// of range, values that span registers.
class Unit {
public:
    // `revision` grows whenever the machine may show something new; the image is made anew then,
    // not on every request.
    Unit(std::unique_ptr<PointSource> points, std::function<std::uint64_t()> revision);

    // Nothing when the request may be answered from tables(), otherwise the exception. Brings the
    // image up to date.
    std::optional<ModbusException> admit(const ModbusRequest& request);
    // For modbus_reply(). Valid as long as the unit.
    modbus_mapping_t* tables() { return tables_.get(); }
    // Acts on what an admitted request wrote.
    void apply(const ModbusRequest& request);

    const UnitMap& map() const { return points_->map(); }

private:
    struct MappingDeleter {
        void operator()(modbus_mapping_t* mapping) const;
    };
    struct Address {
        bool readable = false;
        std::vector<std::size_t> points;  // more than one only for bits of one register
    };

    // Null outside of all blocks.
    const Address* address(Area area, std::uint32_t at) const;
    void make_tables();
    void refresh();
    void show(std::size_t point);
    std::optional<ModbusException> admit_read(const AddressSpan& span) const;
    std::optional<ModbusException> admit_write(const ModbusRequest& request) const;
    // Calls visit(point, registers) for each point written; false when the span cuts one in two or
    // touches an address that cannot be written.
    template <class Visit>
    bool for_each_written(const ModbusRequest& request, const Visit& visit) const;

    std::unique_ptr<PointSource> points_;
    std::function<std::uint64_t()> revision_;
    std::uint64_t shown_ = UINT64_MAX;
    std::array<std::vector<Address>, area_count> addresses_;
    std::unique_ptr<modbus_mapping_t, MappingDeleter> tables_;
};

}  // namespace gantry::plant
