// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "base/disk.h"
#include "base/random.h"
#include "base/secret.h"

namespace gantry::connector::opcua {

// What this node shows to OPC UA servers.
struct Identity {
    std::string certificate;      // DER
    Secret key;                   // DER
    std::string application_uri;  // as in the certificate
};

// The node's own certificate and key, which all its OPC UA connections share; made at the first
// use. Files: `folder`/client.der and `folder`/client.key. Any thread.
class CertificateStore {
public:
    // At the start of the program, as it makes the folder, for its owner only.
    static Result<std::unique_ptr<CertificateStore>> open(Disk& disk, std::string folder,
                                                          Random& random);

    // Takes a second the first time: not on a shard.
    Result<Identity> identity();

private:
    CertificateStore(Disk& disk, std::string folder, Random& random)
        : disk_(disk), folder_(std::move(folder)), random_(random) {}

    Result<Identity> read_or_make();

    Disk& disk_;
    const std::string folder_;
    Random& random_;
    std::mutex mutex_;
    std::unique_ptr<Identity> identity_;
};

// Of this machine, as it knows itself.
std::string host_name();

// The application's URI in a certificate (DER). Corrupt: it is no certificate, or has none.
Result<std::string> application_uri_in(std::string_view certificate);

// Its SHA-256, in lower-case hexadecimal digits.
std::string fingerprint_of(std::string_view certificate);

}  // namespace gantry::connector::opcua
