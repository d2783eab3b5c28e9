// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/disk.h"
#include "base/random.h"

namespace gantry {

// A disk in memory that does to unsynced data what a power cut does: each sector that was not
// synced is kept or lost by chance, in any order, and names that were not synced come back or
// vanish. The same seed gives the same outcome. It can also fail: the Nth operation, every write
// when full, a sync whose data is then dropped.
class SimDisk final : public Disk {
public:
    static constexpr std::size_t sector = 512;

    enum class Operation : unsigned char {
        Write,
        Sync,
        Rename,
        Remove,
        Create,
        Truncate,
        Allocate
    };

    explicit SimDisk(std::uint64_t seed) : random_(seed) {}

    Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override;
    Result<> rename(const std::string& from, const std::string& to) override;
    Result<> remove(const std::string& path) override;
    Result<> make_directory(const std::string& path) override;
    Result<> sync_directory(const std::string& path) override;
    Result<std::vector<std::string>> list(const std::string& path) const override;
    Result<bool> exists(const std::string& path) const override;
    Result<std::uint64_t> free_bytes(const std::string& path) const override;

    // The power goes: files that are open become dead (every call on them fails), and what was not
    // durable is decided by chance. The disk can then be opened again.
    void power_cut();

    // Calls `hook` before each operation that changes something; an error it returns is what the
    // operation then fails with. A failed write leaves part of its bytes; a failed sync drops
    // what it should have made durable from the platter, although reads still see it until the cut.
    void set_fault(std::function<std::optional<Error>(Operation, const std::string& path)> hook);

    // Writes that would make all files together larger fail with StorageFull.
    void set_capacity(std::uint64_t bytes);

    std::uint64_t used_bytes() const;
    std::uint64_t operations() const;

    // Changes one bit of a file as stored, as a failing disk would.
    Result<> flip_bit(const std::string& path, std::uint64_t byte, unsigned bit);
    // A disk with the same durable content, to try many futures of one past.
    std::unique_ptr<SimDisk> copy(std::uint64_t seed) const;

private:
    friend class SimFile;

    struct Pending {  // one write or truncation that is not durable yet
        std::uint64_t offset = 0;
        Bytes bytes;
        std::optional<std::uint64_t> truncate_to;
    };
    struct Inode {
        Bytes current;  // what reads see
        Bytes durable;  // what a power cut cannot take
        std::vector<Pending> pending;
    };
    struct NameChange {  // of one name: the inode it shall have, or none
        std::string path;
        std::shared_ptr<Inode> inode;
    };

    std::optional<Error> begin(Operation operation, const std::string& path);
    std::optional<Error> begin_growth(Operation operation, const std::string& path,
                                      std::uint64_t growth);
    void apply_surviving(Inode& inode);

    mutable std::mutex mutex_;
    SeededRandom random_;
    std::map<std::string, std::shared_ptr<Inode>> names_;  // as programs see them
    std::map<std::string, std::shared_ptr<Inode>> durable_names_;
    std::map<std::string, std::vector<NameChange>> pending_names_;  // by folder
    std::set<std::string> folders_;
    std::function<std::optional<Error>(Operation, const std::string&)> fault_;
    std::uint64_t capacity_ = UINT64_MAX;
    std::uint64_t epoch_ = 0;  // grows with each power cut; open files carry theirs
    std::uint64_t operations_ = 0;
};

}  // namespace gantry
