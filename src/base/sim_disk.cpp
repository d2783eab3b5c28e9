// SPDX-License-Identifier: Apache-2.0
#include "base/sim_disk.h"

#include <algorithm>
#include <cstring>

#include "base/assert.h"

namespace gantry {

namespace {

void put_bytes(Bytes& content, std::uint64_t offset, ByteView bytes) {
    content.resize(std::max<std::uint64_t>(content.size(), offset + bytes.size()));
    std::ranges::copy(bytes, content.begin() + static_cast<std::ptrdiff_t>(offset));
}

}  // namespace

class SimMapping final : public Mapping {
public:
    explicit SimMapping(Bytes content) : content_(std::move(content)) {}
    ByteView bytes() const override { return content_; }

private:
    Bytes content_;
};

class SimFile final : public File {
public:
    SimFile(SimDisk& disk, std::shared_ptr<SimDisk::Inode> inode, std::string path, bool writable)
        : disk_(disk),
          inode_(std::move(inode)),
          path_(std::move(path)),
          writable_(writable),
          epoch_(disk.epoch_) {}

    Result<std::size_t> read(std::uint64_t offset, std::span<std::byte> out) const override {
        const std::lock_guard lock(disk_.mutex_);
        TRY(alive());
        const Bytes& content = inode_->current;
        if (offset >= content.size()) {
            return std::size_t{0};
        }
        const std::size_t size = std::min<std::uint64_t>(out.size(), content.size() - offset);
        std::memcpy(out.data(), content.data() + offset, size);
        return size;
    }

    Result<> write(std::uint64_t offset, ByteView bytes) override {
        const std::lock_guard lock(disk_.mutex_);
        TRY(alive());
        ASSERT(writable_);
        const std::uint64_t end = offset + bytes.size();
        const std::uint64_t growth =
            end > inode_->current.size() ? end - inode_->current.size() : 0;
        const auto error = disk_.begin_growth(SimDisk::Operation::Write, path_, growth);
        if (error && !bytes.empty()) {
            bytes = bytes.first(disk_.random_.below(bytes.size()));  // a short write
        }
        put(offset, bytes);
        if (error) {
            return std::unexpected(*error);
        }
        return {};
    }

    Result<> sync() override {
        const std::lock_guard lock(disk_.mutex_);
        TRY(alive());
        if (const auto error = disk_.begin(SimDisk::Operation::Sync, path_)) {
            // The pages are marked clean although they never reached the platter.
            disk_.apply_surviving(*inode_);
            return std::unexpected(*error);
        }
        for (const SimDisk::Pending& change : inode_->pending) {
            apply(change, inode_->durable);
        }
        inode_->pending.clear();
        ASSERT(inode_->durable.size() == inode_->current.size());
        return {};
    }

    Result<> truncate(std::uint64_t size) override {
        const std::lock_guard lock(disk_.mutex_);
        TRY(alive());
        if (const auto error = disk_.begin(SimDisk::Operation::Truncate, path_)) {
            return std::unexpected(*error);
        }
        inode_->current.resize(size);
        inode_->pending.push_back({.offset = 0, .bytes = {}, .truncate_to = size});
        return {};
    }

    Result<> allocate(std::uint64_t wanted) override {
        const std::lock_guard lock(disk_.mutex_);
        TRY(alive());
        const std::uint64_t size = inode_->current.size();
        if (wanted <= size) {
            return {};
        }
        if (const auto error =
                disk_.begin_growth(SimDisk::Operation::Allocate, path_, wanted - size)) {
            return std::unexpected(*error);
        }
        inode_->current.resize(wanted);
        inode_->pending.push_back({.offset = 0, .bytes = {}, .truncate_to = wanted});
        return {};
    }

    Result<std::uint64_t> size() const override {
        const std::lock_guard lock(disk_.mutex_);
        TRY(alive());
        return inode_->current.size();
    }

    Result<std::unique_ptr<Mapping>> map() const override {
        const std::lock_guard lock(disk_.mutex_);
        TRY(alive());
        return std::make_unique<SimMapping>(inode_->current);
    }

private:
    Result<> alive() const {
        if (epoch_ != disk_.epoch_) {
            return fail(Code::Io, "{}: the power is gone", path_);
        }
        return {};
    }

    static void apply(const SimDisk::Pending& change, Bytes& content) {
        if (change.truncate_to) {
            content.resize(*change.truncate_to);
        } else {
            put_bytes(content, change.offset, change.bytes);
        }
    }

    void put(std::uint64_t offset, ByteView bytes) {
        if (bytes.empty()) {
            return;
        }
        put_bytes(inode_->current, offset, bytes);
        inode_->pending.push_back(
            {.offset = offset, .bytes = Bytes(bytes.begin(), bytes.end()), .truncate_to = {}});
    }

    SimDisk& disk_;
    std::shared_ptr<SimDisk::Inode> inode_;
    std::string path_;
    bool writable_;
    std::uint64_t epoch_;
};

// Decides for every sector of every pending write whether it reached the platter.
void SimDisk::apply_surviving(Inode& inode) {
    for (const Pending& change : inode.pending) {
        if (change.truncate_to) {
            if (random_.chance(0.5)) {
                inode.durable.resize(*change.truncate_to);
            }
            continue;
        }
        // All, nothing, or a chance a sector: the middle case is the nastiest, the outer ones the
        // most common.
        const std::uint64_t manner = random_.below(3);
        std::uint64_t at = change.offset;
        const std::uint64_t end = change.offset + change.bytes.size();
        while (at < end) {
            const std::uint64_t piece = std::min(end, (at / sector + 1) * sector) - at;
            if (manner == 0 || (manner == 1 && random_.chance(0.5))) {
                inode.durable.resize(std::max<std::uint64_t>(inode.durable.size(), at + piece));
                std::memcpy(inode.durable.data() + at, change.bytes.data() + (at - change.offset),
                            piece);
            } else if (random_.chance(0.25)) {
                // The size grew but the data did not come: zeros.
                inode.durable.resize(std::max<std::uint64_t>(inode.durable.size(), at + piece));
            }
            at += piece;
        }
    }
    inode.pending.clear();
}

void SimDisk::power_cut() {
    const std::lock_guard lock(mutex_);
    ++epoch_;
    for (auto& [folder, changes] : pending_names_) {
        // A journalling file system keeps the order of names in a folder: some prefix survives.
        const std::uint64_t kept = random_.below(changes.size() + 1);
        for (std::size_t i = 0; i < kept; ++i) {
            if (changes[i].inode) {
                durable_names_[changes[i].path] = changes[i].inode;
            } else {
                durable_names_.erase(changes[i].path);
            }
        }
    }
    pending_names_.clear();
    names_ = durable_names_;
    std::set<Inode*> done;
    for (const auto& [name, inode] : names_) {
        if (done.insert(inode.get()).second) {
            apply_surviving(*inode);
            inode->current = inode->durable;
        }
    }
}

std::optional<Error> SimDisk::begin(Operation operation, const std::string& path) {
    ++operations_;
    return fault_ ? fault_(operation, path) : std::nullopt;
}

std::optional<Error> SimDisk::begin_growth(Operation operation, const std::string& path,
                                           std::uint64_t growth) {
    if (auto error = begin(operation, path)) {
        return error;
    }
    std::uint64_t used = growth;
    for (const auto& [name, inode] : names_) {
        used += inode->current.size();
    }
    if (growth > 0 && used > capacity_) {
        return Error{Code::StorageFull, "writing " + path + ": no space left on device", {}};
    }
    return std::nullopt;
}

Result<std::unique_ptr<File>> SimDisk::open(const std::string& path, OpenMode mode) {
    const std::lock_guard lock(mutex_);
    const auto found = names_.find(path);
    if (mode != OpenMode::Create) {
        if (found == names_.end()) {
            return fail(Code::NotFound, "opening {}: no such file", path);
        }
        return std::make_unique<SimFile>(*this, found->second, path, mode == OpenMode::ReadWrite);
    }
    if (found != names_.end()) {
        return fail(Code::Conflict, "opening {}: the file exists", path);
    }
    if (!folders_.contains(parent_of(path))) {
        return fail(Code::NotFound, "opening {}: no such folder", path);
    }
    if (const auto error = begin(Operation::Create, path)) {
        return std::unexpected(*error);
    }
    auto inode = std::make_shared<Inode>();
    names_[path] = inode;
    pending_names_[parent_of(path)].push_back({path, inode});
    return std::make_unique<SimFile>(*this, inode, path, true);
}

Result<> SimDisk::rename(const std::string& from, const std::string& to) {
    const std::lock_guard lock(mutex_);
    const auto found = names_.find(from);
    if (found == names_.end()) {
        return fail(Code::NotFound, "renaming {}: no such file", from);
    }
    ASSERT(parent_of(from) == parent_of(to));
    if (const auto error = begin(Operation::Rename, from)) {
        return std::unexpected(*error);
    }
    const std::shared_ptr<Inode> inode = found->second;
    names_.erase(found);
    names_[to] = inode;
    auto& changes = pending_names_[parent_of(to)];
    changes.push_back({to, inode});
    changes.push_back({from, nullptr});
    return {};
}

Result<> SimDisk::remove(const std::string& path) {
    const std::lock_guard lock(mutex_);
    if (!names_.contains(path)) {
        return fail(Code::NotFound, "removing {}: no such file", path);
    }
    if (const auto error = begin(Operation::Remove, path)) {
        return std::unexpected(*error);
    }
    names_.erase(path);
    pending_names_[parent_of(path)].push_back({path, nullptr});
    return {};
}

Result<> SimDisk::make_directory(const std::string& path) {
    const std::lock_guard lock(mutex_);
    folders_.insert(path);
    return {};
}

Result<> SimDisk::sync_directory(const std::string& path) {
    const std::lock_guard lock(mutex_);
    if (const auto error = begin(Operation::Sync, path)) {
        return std::unexpected(*error);
    }
    for (const NameChange& change : pending_names_[path]) {
        if (change.inode) {
            durable_names_[change.path] = change.inode;
        } else {
            durable_names_.erase(change.path);
        }
    }
    pending_names_.erase(path);
    return {};
}

Result<std::vector<std::string>> SimDisk::list(const std::string& path) const {
    const std::lock_guard lock(mutex_);
    if (!folders_.contains(path)) {
        return fail(Code::NotFound, "listing {}: no such folder", path);
    }
    std::vector<std::string> out;
    for (const auto& [name, inode] : names_) {
        if (parent_of(name) == path) {
            out.push_back(name.substr(path.size() + 1));
        }
    }
    return out;
}

Result<bool> SimDisk::exists(const std::string& path) const {
    const std::lock_guard lock(mutex_);
    return names_.contains(path) || folders_.contains(path);
}

Result<std::uint64_t> SimDisk::free_bytes(const std::string&) const {
    const std::uint64_t used = used_bytes();
    const std::lock_guard lock(mutex_);
    return capacity_ > used ? capacity_ - used : 0;
}

void SimDisk::set_fault(std::function<std::optional<Error>(Operation, const std::string&)> hook) {
    const std::lock_guard lock(mutex_);
    fault_ = std::move(hook);
}

void SimDisk::set_capacity(std::uint64_t bytes) {
    const std::lock_guard lock(mutex_);
    capacity_ = bytes;
}

std::uint64_t SimDisk::used_bytes() const {
    const std::lock_guard lock(mutex_);
    std::uint64_t used = 0;
    for (const auto& [name, inode] : names_) {
        used += inode->current.size();
    }
    return used;
}

std::uint64_t SimDisk::operations() const {
    const std::lock_guard lock(mutex_);
    return operations_;
}

Result<> SimDisk::flip_bit(const std::string& path, std::uint64_t byte, unsigned bit) {
    const std::lock_guard lock(mutex_);
    const auto found = names_.find(path);
    if (found == names_.end() || byte >= found->second->current.size()) {
        return fail(Code::NotFound, "{} has no byte {}", path, byte);
    }
    const auto mask = static_cast<std::byte>(1U << bit);
    found->second->current[byte] ^= mask;
    if (byte < found->second->durable.size()) {
        found->second->durable[byte] ^= mask;
    }
    return {};
}

std::unique_ptr<SimDisk> SimDisk::copy(std::uint64_t seed) const {
    auto other = std::make_unique<SimDisk>(seed);
    const std::lock_guard lock(mutex_);
    other->folders_ = folders_;
    for (const auto& [name, inode] : durable_names_) {
        auto twin = std::make_shared<Inode>();
        twin->durable = inode->durable;
        twin->current = inode->durable;
        other->names_[name] = twin;
        other->durable_names_[name] = twin;
    }
    return other;
}

}  // namespace gantry
