// SPDX-License-Identifier: Apache-2.0
// What is done to files. All of it waits for the disk; any thread.
#pragma once

#include <string>
#include <vector>

#include "base/time.h"
#include "connector/local/allowed_folders.h"

namespace gantry::connector::file {

// Which file it is, whatever its name.
struct FileId {
    std::uint64_t device = 0;
    std::uint64_t number = 0;

    auto operator<=>(const FileId&) const = default;
};

struct Entry {
    std::string name;
    FileId id;
    std::uint64_t size = 0;
    Time modified = 0;
};

bool name_fits(const std::string& pattern, const std::string& name);

// Unavailable: what has the folder's name now is another one.
Result<> check_same_folder(const Folder& before, const Folder& now);

// The plain files in the folder, by name; links are none. TooLarge if there are too many.
Result<std::vector<Entry>> list_files(const Folder& folder);

// NotFound: meanwhile the name is of another file.
Result<std::shared_ptr<Descriptor>> open_file(const Folder& folder, const Entry& entry);

struct Piece {
    std::uint64_t size = 0;  // of the whole file now
    std::string head;        // the first bytes, as many as were asked for
    std::string bytes;       // from the offset on; empty: there is nothing more
};
Result<Piece> read_piece(const Descriptor& file, std::size_t head, std::uint64_t offset,
                         std::size_t most);

// Moves a file into a folder of the folder, which is made if it is not there. One of that name that
// is there already stays: the new one has a number behind its name.
Result<> put_aside(const Folder& folder, const Entry& entry, const std::string& aside);
Result<> remove_file(const Folder& folder, const Entry& entry);

}  // namespace gantry::connector::file
