// SPDX-License-Identifier: Apache-2.0
#include "connector/fins/protocol.h"

#include "connector/fins/fins.h"

namespace gantry::connector::fins {

void Settings::describe(Form& form) {
    describe_place(form);
    form.number(
        "network", network, 0, 127,
        {{"Network", "网络号"}, {"0: the one that the controller is in", "0 表示本地网络"}});
    form.number("node", node, 0, 254,
                {{"Node", "节点号"},
                 {"0: the one that answers; another one is reached by way of it",
                  "0 表示应答的节点；其他节点经由它访问"}});
    form.number("unit", unit, 0, 255, {{"Unit", "单元号"}, {"0: the CPU unit", "0 表示 CPU 单元"}});
    describe_polling(form);
}

Result<Settings> read_settings(std::string_view text) {
    TRY_ASSIGN(Settings out, read_form<Settings>(text, "/settings"));
    TRY(check_settings(out));
    out.language = std::make_shared<Fins>(Route{.network = static_cast<std::uint8_t>(out.network),
                                                .node = static_cast<std::uint8_t>(out.node),
                                                .unit = static_cast<std::uint8_t>(out.unit)});
    return out;
}

ProtocolText FinsProtocol::text() const {
    return {
        .title = {"Omron (FINS)", "欧姆龙（FINS）"},
        .address =
            {"An area as the engineering tool shows it, and a type: D100, D100:f32, "
             "CIO100.05, W10.0, H2, E0_100, T5 (present value), TU5 (completion flag). Then "
             "@order, *scale+offset, and options. Types of words: u16 (when nothing is "
             "said), i16, i32, u32, i64, u64, f32, f64, str16. Options: db=0.5 or db=1% "
             "(report changes only), max=30s (and at least so often), grp=fast (poll "
             "group).",
             "区域写法与编程软件一致，并可加类型：D100、D100:f32、CIO100.05、W10.0、H2、E0_100、"
             "T5（当前值）、TU5（完成标志）；后接 "
             "@字节序、*倍率+偏移与选项。字的类型：u16（默认）、"
             "i16、i32、u32、i64、u64、f32、f64、str16。选项：db=0.5 或 db=1%（仅上报变化）、"
             "max=30s（最长静默）、grp=fast（采集组）。"},
        .examples = {"D100:f32", "D200:i16*0.1 db=0.5", "CIO100.05", "W10",
                     "E0_100:str16 grp=slow"},
        .areas = {"CIO", "W", "H", "A", "D", "E", "T", "C", "TU", "CU"},
        .port = 9600,
    };
}

Result<Settings> FinsProtocol::settings_of(std::string_view text) const {
    return read_settings(text);
}

}  // namespace gantry::connector::fins
