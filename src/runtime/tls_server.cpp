// SPDX-License-Identifier: Apache-2.0
#include "runtime/tls_server.h"

#include <boost/asio/cancel_after.hpp>
#include <format>

#include "base/bytes.h"
#include "runtime/tls_stream.h"

namespace gantry {
namespace {

// By the hash function of the certificate's own signature, but SHA-256 for those that are broken.
std::string hash_of(const X509& certificate) {
    int digest = NID_undef;
    int key = NID_undef;
    OBJ_find_sigid_algs(X509_get_signature_nid(&certificate), &digest, &key);
    const EVP_MD* function = EVP_get_digestbynid(digest);
    if (function == nullptr || digest == NID_md5 || digest == NID_sha1) {
        function = EVP_sha256();
    }
    std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
    unsigned size = 0;
    if (X509_digest(&certificate, function, bytes.data(), &size) != 1) {
        return {};
    }
    return std::string(as_text(std::as_bytes(std::span(bytes)).first(size)));
}

}  // namespace

Result<std::shared_ptr<asio::ssl::context>> server_tls(const TlsFiles& files) {
    auto context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_server);
    context->set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_sslv2 |
                         asio::ssl::context::no_sslv3 | asio::ssl::context::no_tlsv1 |
                         asio::ssl::context::no_tlsv1_1 | SSL_OP_NO_RENEGOTIATION);
    SSL_CTX* native = context->native_handle();
    SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);
    // TLS 1.2 only with forward secrecy and authenticated encryption (SECURITY.md A3).
    if (SSL_CTX_set_cipher_list(native, "ECDHE+AESGCM:ECDHE+CHACHA20") != 1) {
        return fail(Code::Internal, "OpenSSL refuses the cipher list");
    }
    error_code error;
    context->use_certificate_chain_file(files.certificate, error);
    if (error) {
        return fail(Code::InvalidArgument, "TLS certificate {}: {}", files.certificate,
                    error.message());
    }
    context->use_private_key_file(files.key, asio::ssl::context::pem, error);
    if (error || SSL_CTX_check_private_key(native) != 1) {
        return fail(Code::InvalidArgument, "TLS key {}: {}", files.key,
                    error ? error.message() : "does not belong to the certificate");
    }
    if (!files.client_ca.empty()) {
        context->load_verify_file(files.client_ca, error);
        if (error) {
            return fail(Code::InvalidArgument, "TLS client CA {}: {}", files.client_ca,
                        error.message());
        }
        context->set_verify_mode(asio::ssl::verify_peer | asio::ssl::verify_fail_if_no_peer_cert);
    }
    return context;
}

Result<std::unique_ptr<TlsServer>> TlsServer::load(const TlsFiles& files) {
    auto out = std::make_unique<TlsServer>();
    TRY_ASSIGN(out->context_, server_tls(files));
    if (const X509* certificate = SSL_CTX_get0_certificate(out->context_->native_handle())) {
        out->end_point_ = hash_of(*certificate);
    }
    return out;
}

Async<std::unique_ptr<Stream>> TlsServer::encrypt(std::unique_ptr<Stream> plain,
                                                  Duration limit) const {
    const std::string peer = plain->peer();
    auto stream = std::make_unique<TlsOverStream>(std::move(plain), context_);
    const auto [error] = co_await stream->inside().async_handshake(
        asio::ssl::stream_base::server,
        asio::cancel_after(std::chrono::duration_cast<asio::steady_timer::duration>(limit),
                           as_result));
    if (error) {
        co_return fail(Code::Unauthenticated, "TLS handshake with {}: {}", peer, error.message());
    }
    co_return std::unique_ptr<Stream>(std::move(stream));
}

}  // namespace gantry
