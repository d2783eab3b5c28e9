// SPDX-License-Identifier: Apache-2.0
#include "cli/terminal.h"

#include <fcntl.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <print>

#include "cli/loop.h"

namespace gantry::cli {
namespace {

// While it lives, what is typed is not shown.
class Silence {
public:
    Silence() {
        active_ = tcgetattr(STDIN_FILENO, &before_) == 0;
        if (active_) {
            termios silent = before_;
            silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
        }
    }
    Silence(const Silence&) = delete;
    Silence& operator=(const Silence&) = delete;
    ~Silence() {
        if (active_) {
            tcsetattr(STDIN_FILENO, TCSADRAIN, &before_);
            std::println(stderr, "");
        }
    }

private:
    termios before_{};
    bool active_ = false;
};

}  // namespace

Result<std::string> Terminal::read_line() {
    std::string line;
    while (true) {
        std::array<pollfd, 2> files = {
            {{STDIN_FILENO, POLLIN, 0}, {loop_.signal_descriptor(), POLLIN, 0}}};
        if (poll(files.data(), files.size(), -1) < 0 && errno != EINTR) {
            return fail(Code::Io, "waiting for an answer: {}", std::strerror(errno));
        }
        if (loop_.interrupted()) {
            return fail(Code::Cancelled, "stopped");
        }
        if ((files[0].revents & (POLLIN | POLLHUP)) == 0) {
            continue;
        }
        char c = 0;
        const ssize_t size = read(STDIN_FILENO, &c, 1);
        if (size <= 0) {
            return fail(Code::Cancelled, "the answer ended before it was whole");
        }
        if (c == '\n') {
            return line;
        }
        line += c;
    }
}

Result<std::string> Terminal::ask(std::string_view question, std::string_view otherwise,
                                  std::string_view remedy) {
    if (!may_ask_) {
        return fail(Code::InvalidArgument, "{}", remedy);
    }
    std::print(stderr, "{}{}: ", question,
               otherwise.empty() ? "" : std::format(" [{}]", otherwise));
    TRY_ASSIGN(std::string line, read_line());
    return line.empty() ? std::string(otherwise) : line;
}

Result<Secret> Terminal::ask_secret(std::string_view question, std::string_view remedy) {
    if (!may_ask_) {
        return fail(Code::InvalidArgument, "{}", remedy);
    }
    // First, because what is typed before the echo is off is thrown away.
    const Silence silence;
    std::print(stderr, "{}: ", question);
    TRY_ASSIGN(std::string line, read_line());
    return Secret(std::move(line));
}

Result<bool> Terminal::confirm(std::string_view question, std::string_view remedy) {
    TRY_ASSIGN(const std::string answer, ask(std::format("{} [y/N]", question), "", remedy));
    return answer == "y" || answer == "Y" || answer == "yes" || answer == "是";
}

Result<std::string> read_text(const std::string& path, std::size_t bytes_max) {
    const int file = path == "-" ? STDIN_FILENO : open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return fail(errno == ENOENT ? Code::NotFound : Code::Io, "cannot read {}: {}", path,
                    std::strerror(errno));
    }
    std::string out;
    std::array<char, 65536> buffer{};
    Result<> result;
    while (true) {
        const ssize_t size = read(file, buffer.data(), buffer.size());
        if (size < 0 && errno == EINTR) {
            continue;
        }
        if (size < 0) {
            result = fail(Code::Io, "cannot read {}: {}", path, std::strerror(errno));
        }
        if (size <= 0) {
            break;
        }
        out.append(buffer.data(), static_cast<std::size_t>(size));
        if (out.size() > bytes_max) {
            result = fail(Code::TooLarge, "{} has more than {} MiB", path, bytes_max >> 20);
            break;
        }
    }
    if (file != STDIN_FILENO) {
        close(file);
    }
    TRY(result);
    return out;
}

Result<Secret> read_secret(const std::string& path) {
    TRY_ASSIGN(std::string text, read_text(path));
    text.erase(std::min(text.find_first_of("\r\n"), text.size()));
    if (text.empty()) {
        return fail(Code::InvalidArgument, "{} is empty: its first line is to be the secret", path);
    }
    return Secret(std::move(text));
}

}  // namespace gantry::cli
