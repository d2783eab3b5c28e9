// SPDX-License-Identifier: Apache-2.0
#include "plant/unit.h"

#include <modbus/modbus.h>

#include <algorithm>
#include <new>
#include <span>
#include <utility>

#include "base/assert.h"

namespace gantry::plant {

void Unit::MappingDeleter::operator()(modbus_mapping_t* mapping) const {
    modbus_mapping_free(mapping);
}

Unit::Unit(std::unique_ptr<PointSource> points, std::function<std::uint64_t()> revision)
    : points_(std::move(points)), revision_(std::move(revision)) {
    make_tables();
}

void Unit::make_tables() {
    for (const Block& block : map().blocks) {
        auto& addresses = addresses_[static_cast<std::size_t>(block.area)];
        addresses.resize(std::max<std::size_t>(addresses.size(), block.end()));
        for (std::uint32_t at = block.first; at < block.end(); ++at) {
            addresses[at].readable = true;
        }
    }
    for (std::size_t i = 0; i < map().points.size(); ++i) {
        const PointInfo& point = map().points[i];
        auto& addresses = addresses_[static_cast<std::size_t>(point.area)];
        for (std::uint32_t at = point.address; at < point.address + address_count(point); ++at) {
            ASSERT(at < addresses.size() && addresses[at].readable);
            addresses[at].points.push_back(i);
        }
    }
    const auto size = [this](Area area) {
        return static_cast<unsigned>(addresses_[static_cast<std::size_t>(area)].size());
    };
    tables_.reset(modbus_mapping_new_start_address(
        0, size(Area::Coil), 0, size(Area::DiscreteInput), 0, size(Area::HoldingRegister), 0,
        size(Area::InputRegister)));
    if (tables_ == nullptr) {
        throw std::bad_alloc();
    }
}

const Unit::Address* Unit::address(Area area, std::uint32_t at) const {
    const auto& addresses = addresses_[static_cast<std::size_t>(area)];
    return at < addresses.size() && addresses[at].readable ? &addresses[at] : nullptr;
}

void Unit::refresh() {
    const std::uint64_t revision = revision_();
    if (revision == shown_) {
        return;
    }
    shown_ = revision;
    // Bits are or-ed into their registers, which therefore start empty.
    for (const PointInfo& point : map().points) {
        if (point.type == ValueType::Bit) {
            std::uint16_t* table = point.area == Area::HoldingRegister
                                       ? tables_->tab_registers
                                       : tables_->tab_input_registers;
            table[point.address] = 0;
        }
    }
    for (std::size_t i = 0; i < map().points.size(); ++i) {
        show(i);
    }
}

void Unit::show(std::size_t index) {
    const PointInfo& point = map().points[index];
    std::array<std::uint16_t, registers_most> buffer{};
    const std::span<std::uint16_t> registers(buffer.data(), address_count(point));
    encode(point, points_->read(index), registers);
    switch (point.area) {
        case Area::Coil:
            tables_->tab_bits[point.address] = static_cast<std::uint8_t>(registers[0]);
            return;
        case Area::DiscreteInput:
            tables_->tab_input_bits[point.address] = static_cast<std::uint8_t>(registers[0]);
            return;
        case Area::HoldingRegister:
        case Area::InputRegister: break;
    }
    std::uint16_t* table =
        point.area == Area::HoldingRegister ? tables_->tab_registers : tables_->tab_input_registers;
    if (point.type == ValueType::Bit) {
        table[point.address] |= registers[0];
    } else {
        std::ranges::copy(registers, table + point.address);
    }
}

std::optional<ModbusException> Unit::admit(const ModbusRequest& request) {
    refresh();
    if (request.read.count > 0) {
        if (const auto refused = admit_read(request.read)) {
            return refused;
        }
    }
    return request.write.count > 0 ? admit_write(request) : std::nullopt;
}

std::optional<ModbusException> Unit::admit_read(const AddressSpan& span) const {
    bool failed = false;
    for (std::uint32_t at = span.first; at < span.end(); ++at) {
        const Address* here = address(span.area, at);
        if (here == nullptr) {
            return ModbusException::IllegalDataAddress;
        }
        for (const std::size_t point : here->points) {
            failed = failed || points_->failed(point);
        }
    }
    return failed ? std::optional(ModbusException::ServerDeviceFailure) : std::nullopt;
}

template <class Visit>
bool Unit::for_each_written(const ModbusRequest& request, const Visit& visit) const {
    const std::span<const std::uint16_t> values(request.values);
    for (std::uint32_t at = request.write.first; at < request.write.end();) {
        const Address* here = address(request.write.area, at);
        if (here == nullptr || here->points.size() != 1) {
            return false;
        }
        const std::size_t index = here->points[0];
        const PointInfo& point = map().points[index];
        const unsigned count = address_count(point);
        if (!point.writable || point.address != at || at + count > request.write.end()) {
            return false;
        }
        visit(index, values.subspan(at - request.write.first, count));
        at += count;
    }
    return true;
}

std::optional<ModbusException> Unit::admit_write(const ModbusRequest& request) const {
    bool in_range = true;
    const bool whole = for_each_written(request, [&](std::size_t index, auto registers) {
        const PointInfo& point = map().points[index];
        in_range = in_range && permitted(point, decode(point, registers));
    });
    if (!whole) {
        return ModbusException::IllegalDataAddress;
    }
    return in_range ? std::nullopt : std::optional(ModbusException::IllegalDataValue);
}

void Unit::apply(const ModbusRequest& request) {
    const bool whole = for_each_written(request, [&](std::size_t index, auto registers) {
        points_->write(index, decode(map().points[index], registers));
    });
    ASSERT(whole);
    shown_ = UINT64_MAX;  // what was written may read back otherwise, as a command does
}

}  // namespace gantry::plant
