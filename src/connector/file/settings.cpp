// SPDX-License-Identifier: Apache-2.0
#include "connector/file/settings.h"

#include <algorithm>

#include "base/assert.h"
#include "connector/record/address.h"

namespace gantry::connector::file {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t path_bytes_max = 1024;

Result<> check_word(const char* field, const std::string& word,
                    std::initializer_list<std::string_view> known) {
    if (std::ranges::find(known, std::string_view(word)) != known.end()) {
        return {};
    }
    std::string words;
    for (const std::string_view one : known) {
        words += (words.empty() ? "" : " or ") + std::string(one);
    }
    return bad_field(std::string("/settings/") + field, "must be " + words);
}

}  // namespace

void Settings::describe(Form& form) {
    form.text("path", path, true,
              {{"File or folder", "文件或文件夹"},
               {"On the computer of gantryd, in a folder that its configuration allows",
                "位于 gantryd 所在计算机上、配置允许的文件夹内"}});
    form.text("pattern", pattern, false,
              {{"Names", "文件名"},
               {"Of files in the folder, with * and ?, as in *.csv; empty: the path is one file",
                "文件夹内的文件名，可用 * 和 ?，如 *.csv；留空表示路径是一个文件"}});
    form.text("mode", mode, false,
              {{"Mode", "模式"},
               {"tail: files that grow; drop: whole files, each read once",
                "tail：持续增长的文件；drop：整个文件，各读取一次"}});
    form.text("format", format, false,
              {{"Format", "格式"},
               {"csv, or jsonl (a JSON object a line)", "csv，或 jsonl（每行一个 JSON 对象）"}});
    form.text("delimiter", delimiter, false,
              {{"Delimiter", "分隔符"},
               {"Of CSV: one character, or tab", "CSV 的分隔符：一个字符，或 tab"}});
    form.flag("header", header,
              {{"Header", "表头"},
               {"The first row names the columns; without it they are 1, 2, 3",
                "首行为列名；否则列名为 1、2、3"}});
    form.number("skip_lines", skip_lines, 0, 1000,
                {{"Lines to skip", "跳过行数"},
                 {"At the beginning of each file", "每个文件开头跳过的行数"}});
    form.flag(
        "decimal_comma", decimal_comma,
        {{"Decimal comma", "小数逗号"}, {"Numbers are written as in 1.234,5", "数字写作 1.234,5"}});
    form.text("time", time, false,
              {{"Time column", "时间列"},
               {"Or a path, as in $.ts; empty: when a row is read",
                "或路径，如 $.ts；留空则为读取时间"}});
    form.text("time_format", time_format, false,
              {{"Time format", "时间格式"},
               {"iso, s, ms, us, ns (since 1970), or a pattern, as in %d.%m.%Y %H:%M:%S",
                "iso、s、ms、us、ns（自 1970 年起），或格式，如 %d.%m.%Y %H:%M:%S"}});
    form.text("time_zone", time_zone, false,
              {{"Time zone", "时区"},
               {"Of times without an offset: Europe/Berlin or +08:00; empty: UTC",
                "用于不带偏移的时间：Asia/Shanghai 或 +08:00；留空为 UTC"}});
    form.text("start", start, false,
              {{"Start", "起点"},
               {"Of files that are there before the first run: beginning, or end",
                "首次运行前已有的文件：beginning（开头）或 end（末尾）"}});
    form.text(
        "order", order, false,
        {{"Order", "顺序"}, {"Of dropped files: name, or time", "投放文件的顺序：name 或 time"}});
    form.text("after", after, false,
              {{"Afterwards", "读取之后"},
               {"With dropped files: keep, move (to done/ and failed/), or delete",
                "投放文件：keep、move（移至 done/ 与 failed/）或 delete"}});
    form.duration("settle", settle, 0ms, 1h,
                  {{"Settled after", "稳定时间"},
                   {"For so long a dropped file has not changed", "投放文件保持不变的时长"}});
    form.duration("rescan", rescan, 100ms, 1h,
                  {{"Look again", "重新扫描"},
                   {"At least so often, also where changes are not told (network shares)",
                    "最长扫描间隔，也用于不通知变化的网络共享"}});
    form.duration("stale_after", stale_after, 1s, std::chrono::hours(24),
                  {{"Stale after", "失效时间"},
                   {"How long the last value counts as usable when the folder is away",
                    "文件夹不可用后最后值仍可用的时长"}});
}

std::string Settings::folder() const {
    return pattern.empty() ? path.substr(0, std::max<std::size_t>(path.rfind('/'), 1)) : path;
}

// A name with characters of patterns in it stands for itself.
std::string Settings::names() const {
    if (!pattern.empty()) {
        return pattern;
    }
    std::string out;
    for (const char c : path.substr(path.rfind('/') + 1)) {
        out += std::string_view("*?[\\").contains(c) ? std::string{'\\', c} : std::string{c};
    }
    return out;
}

record::TimeReader Settings::times() const {
    auto out = record::TimeReader::make(time_format, time_zone);
    ASSERT(out);
    return std::move(*out);
}

std::optional<payload::Path> Settings::time_path() const {
    if (time.empty()) {
        return std::nullopt;
    }
    auto out = record::path_to(time);
    ASSERT(out);
    return std::move(*out);
}

Result<Settings> read_settings(std::string_view text) {
    TRY_ASSIGN(Settings out, read_form<Settings>(text, "/settings"));
    if (!out.path.starts_with('/') || out.path.size() > path_bytes_max || out.path.contains('\0')) {
        return bad_field("/settings/path", "must be a whole one, as in /srv/machines/press.csv");
    }
    if (out.pattern.empty() && out.path.ends_with('/')) {
        return bad_field("/settings/pattern", "must say which files of the folder, as in *.csv");
    }
    if (out.pattern.contains('/') || out.pattern.size() > 255 || out.pattern.contains('\0')) {
        return bad_field("/settings/pattern", "is about names in one folder: it has no /");
    }
    TRY(check_word("mode", out.mode, {"tail", "drop"}));
    TRY(check_word("format", out.format, {"csv", "jsonl"}));
    TRY(check_word("start", out.start, {"beginning", "end"}));
    TRY(check_word("order", out.order, {"name", "time"}));
    TRY(check_word("after", out.after, {"keep", "move", "delete"}));
    if (out.delimiter != "tab" &&
        (out.delimiter.size() != 1 || std::string_view("\"\r\n").contains(out.delimiter[0]) ||
         static_cast<unsigned char>(out.delimiter[0]) >= 0x80)) {
        return bad_field("/settings/delimiter", "must be one character of ASCII, or tab");
    }
    if (out.decimal_comma && out.delimiter == "," && out.csv()) {
        return bad_field("/settings/delimiter", "must not be the decimal comma: ; is usual");
    }
    if (!out.drops() && out.after != "keep") {
        return bad_field("/settings/after", "must be keep in mode tail: the files are in use");
    }
    if (!out.time.empty()) {
        if (const auto path = record::path_to(out.time); !path) {
            return bad_field("/settings/time", path.error().message);
        }
    }
    TRY(record::TimeReader::make(out.time_format, out.time_zone));
    return out;
}

}  // namespace gantry::connector::file
