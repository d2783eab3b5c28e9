// SPDX-License-Identifier: Apache-2.0
#include "opcua/trust.h"

#include "connector/opcua/certificate.h"

namespace gantry::opcua {

using connector::opcua::fingerprint_of;

Result<std::unique_ptr<ClientTrust>> ClientTrust::open(Disk& disk, std::string folder,
                                                       std::vector<std::string> fingerprints,
                                                       Log& log) {
    TRY(disk.make_directory(folder + "/trusted"));
    TRY(disk.make_directory(folder + "/rejected"));
    return std::unique_ptr<ClientTrust>(
        new ClientTrust(disk, std::move(folder), std::move(fingerprints), log));
}

ClientTrust::ClientTrust(Disk& disk, std::string folder, std::vector<std::string> fingerprints,
                         Log& log)
    : disk_(disk),
      folder_(std::move(folder)),
      configured_(std::make_move_iterator(fingerprints.begin()),
                  std::make_move_iterator(fingerprints.end())),
      log_(log) {}

bool ClientTrust::trusts(std::string_view certificate) {
    if (certificate.empty() || certificate.size() > certificate_bytes_max) {
        return false;
    }
    const std::string fingerprint = fingerprint_of(certificate);
    if (configured_.contains(fingerprint)) {
        return true;
    }
    const std::lock_guard lock(mutex_);
    if (is_in_folder(fingerprint)) {
        return true;
    }
    reject(certificate, fingerprint);
    return false;
}

bool ClientTrust::is_in_folder(const std::string& fingerprint) {
    const auto names = disk_.list(folder_ + "/trusted");
    if (!names) {
        log_.error("opcua_server", "trusted clients cannot be read",
                   {{"detail", names.error().message}});
        return false;
    }
    for (const std::string& name : *names) {
        const auto bytes = read_file(disk_, folder_ + "/trusted/" + name, certificate_bytes_max);
        if (bytes && fingerprint_of(as_text(*bytes)) == fingerprint) {
            return true;
        }
    }
    return false;
}

void ClientTrust::reject(std::string_view certificate, const std::string& fingerprint) {
    if (rejected_.contains(fingerprint) || rejected_.size() >= rejected_max) {
        return;
    }
    rejected_.insert(fingerprint);
    const std::string path = folder_ + "/rejected/" + fingerprint + ".der";
    const auto names = disk_.list(folder_ + "/rejected");
    const bool room = names && names->size() < rejected_max;
    const Result<> kept = room ? replace_file(disk_, path, as_bytes(certificate)) : Result<>{};
    log_.warn("opcua_server", "client is not trusted",
              {{"certificate", fingerprint},
               {"file", room && kept ? path : std::string()},
               {"detail", "move the file to opcua/trusted/ if it is yours"}});
}

std::string_view leaf_of(std::string_view chain) {
    const auto byte = [chain](std::size_t at) { return static_cast<unsigned char>(chain[at]); };
    // A SEQUENCE whose length takes two bytes, as that of every certificate does, or three.
    if (chain.size() < 5 || byte(0) != 0x30 || byte(1) < 0x82 || byte(1) > 0x83) {
        return {};
    }
    const std::size_t digits = byte(1) - 0x80U;
    std::size_t length = 0;
    for (std::size_t i = 0; i < digits; ++i) {
        length = length << 8 | byte(2 + i);
    }
    length += 2 + digits;
    return length > chain.size() ? std::string_view() : chain.substr(0, length);
}

}  // namespace gantry::opcua
