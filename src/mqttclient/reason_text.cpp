// SPDX-License-Identifier: Apache-2.0
#include "mqttclient/reason_text.h"

#include <algorithm>
#include <array>
#include <format>

namespace gantry::mqttclient {
namespace {

using mqtt::Reason;

struct Meaning {
    Reason reason;
    std::string_view text;
    Code code;
};

constexpr std::array meanings = {
    Meaning{Reason::Success, "normal end", Code::Unavailable},
    Meaning{Reason::DisconnectWithWill, "end with the will", Code::Unavailable},
    Meaning{Reason::NoMatchingSubscribers, "nobody has subscribed", Code::NotFound},
    Meaning{Reason::NoSubscriptionExisted, "there was no such subscription", Code::NotFound},
    Meaning{Reason::UnspecifiedError, "unspecified error", Code::Unavailable},
    Meaning{Reason::MalformedPacket, "malformed packet", Code::Unavailable},
    Meaning{Reason::ProtocolError, "protocol error", Code::Unavailable},
    Meaning{Reason::ImplementationSpecificError, "implementation specific error",
            Code::Unavailable},
    Meaning{Reason::UnsupportedProtocolVersion, "unsupported protocol version", Code::Unsupported},
    Meaning{Reason::ClientIdentifierNotValid, "the client identifier is not valid",
            Code::InvalidArgument},
    Meaning{Reason::BadUserNameOrPassword, "the user name or the password is wrong",
            Code::Unauthenticated},
    Meaning{Reason::NotAuthorized, "not authorized", Code::Unauthenticated},
    Meaning{Reason::ServerUnavailable, "the server is unavailable", Code::Unavailable},
    Meaning{Reason::ServerBusy, "the server is busy", Code::Unavailable},
    Meaning{Reason::Banned, "banned", Code::Unauthenticated},
    Meaning{Reason::ServerShuttingDown, "the server is shutting down", Code::Unavailable},
    Meaning{Reason::BadAuthenticationMethod, "bad authentication method", Code::Unauthenticated},
    Meaning{Reason::KeepAliveTimeout, "keep-alive timeout", Code::Unavailable},
    Meaning{Reason::SessionTakenOver,
            "the session was taken over: another client uses the same client identifier",
            Code::Conflict},
    Meaning{Reason::TopicFilterInvalid, "the topic filter is not valid there",
            Code::InvalidArgument},
    Meaning{Reason::TopicNameInvalid, "the topic is not valid there", Code::InvalidArgument},
    Meaning{Reason::PacketIdentifierInUse, "packet identifier in use", Code::Unavailable},
    Meaning{Reason::PacketIdentifierNotFound, "packet identifier not found", Code::NotFound},
    Meaning{Reason::ReceiveMaximumExceeded, "receive maximum exceeded", Code::Unavailable},
    Meaning{Reason::TopicAliasInvalid, "topic alias invalid", Code::Unavailable},
    Meaning{Reason::PacketTooLarge, "packet too large", Code::TooLarge},
    Meaning{Reason::MessageRateTooHigh, "message rate too high", Code::RateLimited},
    Meaning{Reason::QuotaExceeded, "quota exceeded", Code::QuotaExceeded},
    Meaning{Reason::AdministrativeAction, "administrative action", Code::Unavailable},
    Meaning{Reason::PayloadFormatInvalid, "payload format invalid", Code::InvalidArgument},
    Meaning{Reason::RetainNotSupported, "retained messages are not supported there",
            Code::Unsupported},
    Meaning{Reason::QosNotSupported, "the quality of service is not supported there",
            Code::Unsupported},
    Meaning{Reason::UseAnotherServer, "use another server", Code::Unavailable},
    Meaning{Reason::ServerMoved, "the server has moved", Code::Unavailable},
    Meaning{Reason::SharedSubscriptionsNotSupported, "shared subscriptions are not supported there",
            Code::Unsupported},
    Meaning{Reason::ConnectionRateExceeded, "connection rate exceeded", Code::RateLimited},
    Meaning{Reason::MaximumConnectTime, "maximum connect time", Code::Unavailable},
    Meaning{Reason::SubscriptionIdentifiersNotSupported,
            "subscription identifiers are not supported there", Code::Unsupported},
    Meaning{Reason::WildcardSubscriptionsNotSupported,
            "wildcard subscriptions are not supported there", Code::Unsupported}};

const Meaning* find(Reason reason) {
    const auto found = std::ranges::find(meanings, reason, &Meaning::reason);
    return found == meanings.end() ? nullptr : &*found;
}

// What others write is shown to people: printable, and not much of it.
std::string shown(std::string_view said) {
    std::string out(said.substr(0, 200));
    std::ranges::replace_if(out, [](unsigned char c) { return c < ' ' || c == 0x7f; }, ' ');
    return out;
}

}  // namespace

std::string reason_text(Reason reason) {
    const Meaning* const found = find(reason);
    return std::format("{} (0x{:02x})", found == nullptr ? "another reason" : found->text,
                       static_cast<unsigned>(reason));
}

Code code_of(Reason reason) {
    const Meaning* const found = find(reason);
    return found == nullptr ? Code::Unavailable : found->code;
}

Reason reason_of_return_code(std::uint8_t code) {
    constexpr std::array reasons = {Reason::UnsupportedProtocolVersion,
                                    Reason::ClientIdentifierNotValid, Reason::ServerUnavailable,
                                    Reason::BadUserNameOrPassword, Reason::NotAuthorized};
    return code >= 1 && code <= reasons.size() ? reasons[code - 1U] : Reason::UnspecifiedError;
}

Error refusal(std::string_view what, Reason reason, std::string_view said) {
    std::string text = std::format("{}: {}", what, reason_text(reason));
    if (!said.empty()) {
        text += std::format(", '{}'", shown(said));
    }
    return {code_of(reason), std::move(text), {}};
}

}  // namespace gantry::mqttclient
