// SPDX-License-Identifier: Apache-2.0
#include "connector/modbus/block_reader.h"

#include <format>

namespace gantry::connector::modbus {

asio::awaitable<bool> read_block(Link& link, Plan& plan, Block block, BlockListener& listener,
                                 Answer& answer) {
    if (link.closed() || !listener.may_ask(block.unit)) {
        co_return false;
    }
    const Request request = block.request();
    co_await link.ask(block.unit, request, answer);
    listener.asked(block.unit, answer);
    if (answer.kind == Answer::Kind::Data) {
        plan.note_readable(block);
        listener.block_read(block, answer);
        co_return true;
    }
    const bool refused = answer.kind == Answer::Kind::Refused &&
                         (answer.exception == Exception::IllegalDataAddress ||
                          answer.exception == Exception::IllegalDataValue);
    if (refused && block.last - block.first == 1) {
        plan.put_aside(block.first);
    }
    if (!refused || block.last - block.first == 1) {
        listener.block_failed(block, answer);
        co_return false;
    }
    const std::size_t middle = block.first + (block.last - block.first) / 2;
    const bool left =
        co_await read_block(link, plan, plan.block_of(block.first, middle), listener, answer);
    const bool right =
        co_await read_block(link, plan, plan.block_of(middle, block.last), listener, answer);
    if (left && right) {
        plan.split_at(middle);
    }
    co_return false;
}

Verdict judge(const Answer& answer) {
    switch (answer.kind) {
        case Answer::Kind::Data: return {quality::good, true, false};
        case Answer::Kind::TimedOut: return {quality::bad_timeout, false, true};
        case Answer::Kind::Malformed: return {quality::bad_communication_error, false, true};
        case Answer::Kind::Lost: return {quality::bad_no_communication, false, false};
        case Answer::Kind::Refused: break;
    }
    switch (answer.exception) {
        case Exception::IllegalFunction:
        case Exception::IllegalDataAddress:
        case Exception::IllegalDataValue: return {quality::bad_configuration_error, true, false};
        case Exception::GatewayPathUnavailable: return {quality::bad_no_communication, false, true};
        case Exception::GatewayTargetFailedToRespond: return {quality::bad_timeout, false, true};
        default: return {quality::bad_device_failure, true, false};
    }
}

std::string explain(const Answer& answer, Duration timeout) {
    switch (answer.kind) {
        case Answer::Kind::Data: return "answered";
        case Answer::Kind::TimedOut:
            return std::format("no answer within {}", format_duration(timeout));
        case Answer::Kind::Malformed:
            return std::format("its answer is not valid: {}", answer.defect);
        case Answer::Kind::Lost: return "the connection was lost";
        case Answer::Kind::Refused: break;
    }
    const auto code = static_cast<unsigned>(answer.exception);
    const std::string_view name = exception_name(answer.exception);
    return name.empty() ? std::format("the device answers with exception {:02X}", code)
                        : std::format("the device answers {}", name);
}

}  // namespace gantry::connector::modbus
