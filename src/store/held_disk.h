// SPDX-License-Identifier: Apache-2.0
// For tests: a disk that hangs, or is slow, for as long as the test wants. Not part of the program.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>

#include "base/disk.h"

namespace gantry::store {

// Passes everything on to another disk. Whatever changes a file of a path that is held waits until
// it is let go: nothing else tells it from a disk that has stopped to answer. Reading goes on.
class HeldDisk final : public Disk {
public:
    explicit HeldDisk(Disk& disk) : disk_(disk) {}

    // From now on, work on paths that have this text in them waits.
    void hold(std::string part) {
        const std::lock_guard lock(mutex_);
        held_ = std::move(part);
        holding_ = true;
        passes_ = 0;
    }
    // Lets so many operations that wait, or come, through; then the disk hangs again.
    void pass(std::uint64_t operations) {
        const std::lock_guard lock(mutex_);
        passes_ += operations;
        changed_.notify_all();
    }
    void release() {
        const std::lock_guard lock(mutex_);
        holding_ = false;
        changed_.notify_all();
    }
    // Returns when so many operations wait.
    void wait_until_held(std::uint64_t operations = 1) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return waiting_ >= operations; });
    }
    // Returns when an operation waits, or `done` holds, which wake() says may have changed.
    template <class Done>
    void wait_until_held_or(Done done) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return waiting_ > passes_ || done(); });
    }
    void wake() {
        const std::lock_guard lock(mutex_);
        changed_.notify_all();
    }

    Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override {
        if (mode == OpenMode::Create) {
            enter(path);
        }
        TRY_ASSIGN(auto file, disk_.open(path, mode));
        return std::make_unique<HeldFile>(*this, std::move(file), path);
    }
    Result<> rename(const std::string& from, const std::string& to) override {
        enter(from);
        return disk_.rename(from, to);
    }
    Result<> remove(const std::string& path) override {
        enter(path);
        return disk_.remove(path);
    }
    Result<> make_directory(const std::string& path) override { return disk_.make_directory(path); }
    Result<> sync_directory(const std::string& path) override { return disk_.sync_directory(path); }
    Result<std::vector<std::string>> list(const std::string& path) const override {
        return disk_.list(path);
    }
    Result<bool> exists(const std::string& path) const override { return disk_.exists(path); }
    Result<std::uint64_t> free_bytes(const std::string& path) const override {
        return disk_.free_bytes(path);
    }

private:
    class HeldFile final : public File {
    public:
        HeldFile(HeldDisk& disk, std::unique_ptr<File> file, std::string path)
            : disk_(disk), file_(std::move(file)), path_(std::move(path)) {}

        Result<std::size_t> read(std::uint64_t offset, std::span<std::byte> out) const override {
            return file_->read(offset, out);
        }
        Result<> write(std::uint64_t offset, ByteView bytes) override {
            disk_.enter(path_);
            return file_->write(offset, bytes);
        }
        Result<> sync() override {
            disk_.enter(path_);
            return file_->sync();
        }
        Result<> truncate(std::uint64_t size) override {
            disk_.enter(path_);
            return file_->truncate(size);
        }
        Result<> allocate(std::uint64_t size) override {
            disk_.enter(path_);
            return file_->allocate(size);
        }
        Result<std::uint64_t> size() const override { return file_->size(); }
        Result<std::unique_ptr<Mapping>> map() const override { return file_->map(); }

    private:
        HeldDisk& disk_;
        std::unique_ptr<File> file_;
        const std::string path_;
    };

    void enter(const std::string& path) {
        std::unique_lock lock(mutex_);
        if (!holding_ || !path.contains(held_)) {
            return;
        }
        ++waiting_;
        changed_.notify_all();
        changed_.wait(lock, [this] { return !holding_ || passes_ > 0; });
        --waiting_;
        passes_ -= passes_ > 0 ? 1 : 0;
    }

    Disk& disk_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::string held_;
    bool holding_ = false;
    std::uint64_t passes_ = 0;
    std::uint64_t waiting_ = 0;
};

}  // namespace gantry::store
