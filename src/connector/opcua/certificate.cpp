// SPDX-License-Identifier: Apache-2.0
#include "connector/opcua/certificate.h"

#include <open62541/plugin/create_certificate.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>

#include "base/encoding.h"
#include "connector/opcua/ua.h"

namespace gantry::connector::opcua {
namespace {

constexpr std::uint64_t file_bytes_max = 64 * 1024;
constexpr UA_UInt16 key_bits = 2048;  // the most that Basic256Sha256 servers must take is 4096
constexpr UA_UInt16 valid_days = 20 * 365;  // whoever trusts it has pinned it

Result<Identity> make_identity(Random& random) {
    std::array<std::byte, 8> number{};
    random.fill(number);
    const std::string uri = "URI:urn:gantry:" + to_hex(number);
    const std::string dns = "DNS:" + host_name();
    std::array<UA_String, 2> subject = {lend("O=Gantry"), lend("CN=Gantry")};
    std::array<UA_String, 2> names = {lend(dns), lend(uri)};
    Ua<UA_ByteString, UA_TYPES_BYTESTRING> key;
    Ua<UA_ByteString, UA_TYPES_BYTESTRING> certificate;
    UA_KeyValueMap* parameters = UA_KeyValueMap_new();
    UA_UInt16 bits = key_bits;
    UA_UInt16 days = valid_days;
    UA_KeyValueMap_setScalar(parameters, UA_QUALIFIEDNAME(0, const_cast<char*>("key-size-bits")),
                             &bits, &UA_TYPES[UA_TYPES_UINT16]);
    UA_KeyValueMap_setScalar(parameters, UA_QUALIFIEDNAME(0, const_cast<char*>("expires-in-days")),
                             &days, &UA_TYPES[UA_TYPES_UINT16]);
    const UA_Logger silent{};
    const UA_StatusCode made =
        UA_CreateCertificate(&silent, subject.data(), subject.size(), names.data(), names.size(),
                             UA_CERTIFICATEFORMAT_DER, parameters, &*key, &*certificate);
    UA_KeyValueMap_delete(parameters);
    if (is_bad(made)) {
        return fail(Code::Internal, "no certificate could be made: {}", status_name(made));
    }
    Identity out{.certificate = std::string(bytes_of(*certificate)),
                 .key = Secret(std::string(bytes_of(*key))),
                 .application_uri = uri.substr(4)};
    explicit_bzero(key->data, key->length);
    return out;
}

}  // namespace

std::string host_name() {
    std::array<char, 256> name{};
    return ::gethostname(name.data(), name.size() - 1) == 0 && name[0] != '\0' ? name.data()
                                                                               : "localhost";
}

Result<std::string> application_uri_in(std::string_view certificate) {
    const auto* at = reinterpret_cast<const unsigned char*>(certificate.data());
    const std::unique_ptr<X509, decltype(&X509_free)> parsed(
        d2i_X509(nullptr, &at, static_cast<long>(certificate.size())), &X509_free);
    std::string out;
    if (parsed) {
        auto* names = static_cast<GENERAL_NAMES*>(
            X509_get_ext_d2i(parsed.get(), NID_subject_alt_name, nullptr, nullptr));
        for (int i = 0; i < sk_GENERAL_NAME_num(names); ++i) {
            const GENERAL_NAME* name = sk_GENERAL_NAME_value(names, i);
            if (name->type == GEN_URI && out.empty()) {
                const ASN1_IA5STRING* uri = name->d.uniformResourceIdentifier;
                out.assign(reinterpret_cast<const char*>(ASN1_STRING_get0_data(uri)),
                           static_cast<std::size_t>(ASN1_STRING_length(uri)));
            }
        }
        GENERAL_NAMES_free(names);
    }
    if (out.empty()) {
        return fail(Code::Corrupt, "the certificate has no application URI");
    }
    return out;
}

Result<std::unique_ptr<CertificateStore>> CertificateStore::open(Disk& disk, std::string folder,
                                                                 Random& random) {
    // umask is of the whole process, so this is for the start, as long as it does nothing else.
    const mode_t before = ::umask(0077);
    const Result<> made = disk.make_directory(folder);
    ::umask(before);
    TRY(made);
    return std::unique_ptr<CertificateStore>(new CertificateStore(disk, std::move(folder), random));
}

Result<Identity> CertificateStore::identity() {
    const std::lock_guard lock(mutex_);
    if (!identity_) {
        TRY_ASSIGN(Identity made, read_or_make());
        identity_ = std::make_unique<Identity>(std::move(made));
    }
    return *identity_;
}

Result<Identity> CertificateStore::read_or_make() {
    const std::string certificate = folder_ + "/client.der";
    const std::string key = folder_ + "/client.key";
    TRY_ASSIGN(const bool there, disk_.exists(certificate));
    if (!there) {
        TRY_ASSIGN(Identity made, make_identity(random_));
        // The certificate last: it is what tells that both are there.
        const std::string_view secret = made.key.reveal();
        TRY(replace_file(disk_, key, as_bytes(secret)));
        TRY(replace_file(disk_, certificate, as_bytes(made.certificate)));
        return made;
    }
    Identity out;
    TRY_ASSIGN(const Bytes shown, read_file(disk_, certificate, file_bytes_max));
    TRY_ASSIGN(Bytes kept, read_file(disk_, key, file_bytes_max));
    out.certificate = as_text(shown);
    out.key = Secret(std::string(as_text(kept)));
    explicit_bzero(kept.data(), kept.size());
    auto uri = application_uri_in(out.certificate);
    if (!uri) {
        return fail(Code::Corrupt,
                    "the node's certificate for OPC UA cannot be read: remove client.der and "
                    "client.key to have a new one made");
    }
    out.application_uri = std::move(*uri);
    return out;
}

std::string fingerprint_of(std::string_view certificate) {
    std::array<std::byte, EVP_MAX_MD_SIZE> digest{};
    unsigned length = 0;
    EVP_Digest(certificate.data(), certificate.size(),
               reinterpret_cast<unsigned char*>(digest.data()), &length, EVP_sha256(), nullptr);
    return to_hex(std::span(digest).first(length));
}

}  // namespace gantry::connector::opcua
