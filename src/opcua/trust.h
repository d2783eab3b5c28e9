// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/disk.h"
#include "base/log.h"

namespace gantry::opcua {

// Which client programs are let in: those whose certificate's fingerprint is configured, and those
// whose certificate is a file in `folder`/trusted/. Neither an authority nor a date makes up for
// that: with nothing there, nobody is. Who was refused is kept in `folder`/rejected/, to be looked
// at and moved. Any thread.
class ClientTrust {
public:
    // `fingerprints` as read_fingerprint() gives them. Makes the folders.
    static Result<std::unique_ptr<ClientTrust>> open(Disk& disk, std::string folder,
                                                     std::vector<std::string> fingerprints,
                                                     Log& log);

    // Of a certificate (DER). Looks at the folder: what was moved there counts from then on.
    bool trusts(std::string_view certificate);

    static constexpr std::size_t rejected_max = 100;
    static constexpr std::size_t certificate_bytes_max = 16 * 1024;

private:
    ClientTrust(Disk& disk, std::string folder, std::vector<std::string> fingerprints, Log& log);

    bool is_in_folder(const std::string& fingerprint);
    void reject(std::string_view certificate, const std::string& fingerprint);

    Disk& disk_;
    const std::string folder_;
    const std::set<std::string> configured_;
    Log& log_;
    std::mutex mutex_;
    std::set<std::string> rejected_;  // that have been written down
};

// The first certificate of a chain in DER; empty if there is none.
std::string_view leaf_of(std::string_view chain);

}  // namespace gantry::opcua
