// SPDX-License-Identifier: Apache-2.0
#include "runtime/tls_client.h"

#include <boost/asio/ip/address.hpp>
#include <format>

#include "runtime/tls_stream.h"

namespace gantry {
namespace {

Result<> show_certificate(asio::ssl::context& context, const TlsTrust& trust) {
    if (trust.certificate.empty() && trust.key.empty()) {
        return {};
    }
    if (trust.certificate.empty() || trust.key.empty()) {
        return fail(Code::InvalidArgument, "a client certificate needs both: it and its key");
    }
    error_code error;
    context.use_certificate_chain(asio::buffer(trust.certificate), error);
    if (error) {
        return fail(Code::InvalidArgument, "the client certificate cannot be used: {}",
                    error.message());
    }
    // Or OpenSSL would ask for a passphrase at the terminal.
    context.set_password_callback(
        [](std::size_t, asio::ssl::context::password_purpose) { return std::string(); }, error);
    const std::string_view key = trust.key.reveal();
    context.use_private_key(asio::buffer(key.data(), key.size()), asio::ssl::context::pem, error);
    if (error) {
        return fail(Code::InvalidArgument,
                    "the key of the client certificate cannot be used (it is PEM, without a "
                    "passphrase, and belongs to the certificate): {}",
                    error.message());
    }
    return {};
}

Result<std::unique_ptr<asio::ssl::context>> client_context(const TlsTrust& trust) {
    auto context = std::make_unique<asio::ssl::context>(asio::ssl::context::tls_client);
    SSL_CTX* native = context->native_handle();
    // The same as our server offers (SECURITY.md A3).
    if (SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION) != 1 ||
        SSL_CTX_set_cipher_list(native, "ECDHE+AESGCM:ECDHE+CHACHA20") != 1) {
        return fail(Code::Internal, "OpenSSL refuses the protocol settings");
    }
    error_code error;
    if (!trust.ca.empty()) {
        context->add_certificate_authority(asio::buffer(trust.ca), error);
    } else if (trust.ca_file.empty()) {
        context->set_default_verify_paths(error);
    } else {
        context->load_verify_file(trust.ca_file, error);
    }
    if (error) {
        return fail(Code::InvalidArgument, "the certificates in {} cannot be used: {}",
                    !trust.ca.empty()       ? "what was given"
                    : trust.ca_file.empty() ? "the system's store"
                                            : trust.ca_file,
                    error.message());
    }
    TRY(show_certificate(*context, trust));
    context->set_verify_mode(asio::ssl::verify_peer);
    return context;
}

}  // namespace

Result<> check_tls_trust(const TlsTrust& trust) {
    TRY(client_context(trust));
    return {};
}

Async<std::unique_ptr<Stream>> encrypt_as_client(std::unique_ptr<Stream> plain, std::string host,
                                                 TlsTrust trust) {
    CO_TRY_ASSIGN(std::shared_ptr<asio::ssl::context> context, client_context(trust));
    auto stream = std::make_unique<TlsOverStream>(std::move(plain), std::move(context));
    auto& inside = stream->inside();
    error_code not_an_address;
    (void)asio::ip::make_address(host, not_an_address);
    // A server behind one address may serve many names; a bare address has none to say.
    if (not_an_address && SSL_set_tlsext_host_name(inside.native_handle(), host.c_str()) != 1) {
        co_return fail(Code::InvalidArgument, "'{}' cannot be asked for by TLS", host);
    }
    inside.set_verify_callback(asio::ssl::host_name_verification(host));
    const auto [error] = co_await inside.async_handshake(asio::ssl::stream_base::client, as_result);
    if (error) {
        const long verdict = SSL_get_verify_result(inside.native_handle());
        if (verdict != X509_V_OK) {
            co_return fail(Code::Unauthenticated, "the certificate of {} is not trusted: {}", host,
                           X509_verify_cert_error_string(verdict));
        }
        // The name is checked after the chain, and leaves no verdict.
        if (error.category() == asio::error::get_ssl_category() &&
            ERR_GET_REASON(static_cast<unsigned long>(error.value())) ==
                SSL_R_CERTIFICATE_VERIFY_FAILED) {
            co_return fail(Code::Unauthenticated,
                           "the certificate that was shown is not for the name {}", host);
        }
        co_return fail(Code::Unavailable, "TLS handshake with {}: {}", host, error.message());
    }
    co_return std::unique_ptr<Stream>(std::move(stream));
}

}  // namespace gantry
