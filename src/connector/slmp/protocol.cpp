// SPDX-License-Identifier: Apache-2.0
#include "connector/slmp/protocol.h"

#include "connector/slmp/slmp.h"

namespace gantry::connector::slmp {

using namespace std::chrono_literals;

void Settings::describe(Form& form) {
    describe_place(form);
    form.text(
        "frame", frame, false,
        {{"Frame", "帧类型"}, {"3E, or 4E, which numbers the requests", "3E；或带序列号的 4E"}});
    form.number("network", network, 0, 255,
                {{"Network", "网络号"}, {"0: the controller itself", "0 表示本站网络"}});
    form.number("pc", pc, 0, 255,
                {{"PC number", "PC 编号"}, {"255: the controller itself", "255 表示本站"}});
    form.number("module_io", module_io, 0, 65535,
                {{"Module I/O", "模块 I/O 编号"},
                 {"1023: the own CPU; 992 to 995: CPU 1 to 4 of several",
                  "1023 为本 CPU；992–995 为多 CPU 系统的 1–4 号"}});
    form.number(
        "station", station, 0, 31,
        {{"Station", "站号"}, {"Of a multidrop line, else 0", "多点连接时的站号，否则为 0"}});
    form.flag("octal", octal,
              {{"X and Y are octal", "X、Y 为八进制"},
               {"As MELSEC iQ-F counts its inputs and outputs", "用于 MELSEC iQ-F 的输入输出"}});
    describe_polling(form);
}

Result<Settings> read_settings(std::string_view text) {
    TRY_ASSIGN(Settings out, read_form<Settings>(text, "/settings"));
    TRY(check_settings(out));
    if (out.frame != "3E" && out.frame != "4E") {
        return bad_field("/settings/frame", "is 3E or 4E");
    }
    out.language = std::make_shared<Slmp>(
        Route{.network = static_cast<std::uint8_t>(out.network),
              .pc = static_cast<std::uint8_t>(out.pc),
              .module_io = static_cast<std::uint16_t>(out.module_io),
              .station = static_cast<std::uint8_t>(out.station),
              // Longer than we wait ourselves is of no use; 0 would be for ever.
              .wait = static_cast<std::uint16_t>(out.timeout / 250ms + 1),
              .serial_numbers = out.frame == "4E",
              .octal = out.octal});
    return out;
}

ProtocolText SlmpProtocol::text() const {
    return {
        .title = {"Mitsubishi MELSEC (SLMP)", "三菱 MELSEC（SLMP）"},
        .address =
            {"A device as the engineering tool shows it, and a type: D100, D100:f32, "
             "D100.A, M20, X1F. Then @order, *scale+offset, and options. Types of words: "
             "u16 (when nothing is said), i16, i32, u32, i64, u64, f32, f64, str16. "
             "Options: db=0.5 or db=1% (report changes only), max=30s (and at least so "
             "often), grp=fast (poll group).",
             "软元件写法与编程软件一致，并可加类型：D100、D100:f32、D100.A、M20、X1F；后接 "
             "@字节序、*倍率+偏移与选项。字的类型：u16（默认）、i16、i32、u32、i64、u64、f32、"
             "f64、str16。选项：db=0.5 或 db=1%（仅上报变化）、max=30s（最长静默）、grp=fast"
             "（采集组）。"},
        .examples = {"D100:f32", "D200:i16*0.1 db=0.5", "D10.A", "M20", "W1F:str16 grp=slow"},
        .areas = {"D", "W", "R", "ZR", "X", "Y", "M", "L", "B", "SD", "SM", "TN", "CN"},
        .port = 5007,
    };
}

Result<Settings> SlmpProtocol::settings_of(std::string_view text) const {
    return read_settings(text);
}

}  // namespace gantry::connector::slmp
