// SPDX-License-Identifier: Apache-2.0
#include "api/problem.h"

#include <array>
#include <charconv>

#include "base/error_tables.h"
#include "base/json_writer.h"

namespace gantry::api {
namespace {

struct Title {
    std::string_view en;
    std::string_view zh;
};

// In the order of Code.
constexpr std::array<Title, code_count> titles = {{
    {"The request is wrong", "请求有误"},
    {"Sign in first", "请先登录"},
    {"Not allowed", "没有权限"},
    {"Not found", "未找到"},
    {"In conflict with what is there", "与现有状态冲突"},
    {"Changed meanwhile", "已被他人修改"},
    {"Say which version you change", "请指明要修改的版本"},
    {"Too large", "内容过大"},
    {"Not offered here", "此处不支持"},
    {"Too many requests", "请求过于频繁"},
    {"The quota is used up", "配额已用尽"},
    {"Given up", "已取消"},
    {"No answer in time", "响应超时"},
    {"Cannot be served now", "暂时无法提供服务"},
    {"The disk is full", "磁盘空间已满"},
    {"Stored data is damaged", "存储的数据已损坏"},
    {"The system refused", "系统输入输出错误"},
    {"A defect of ours", "内部错误"},
}};

}  // namespace

std::string_view problem_title(Code code, Language language) {
    const Title& title = titles[static_cast<std::size_t>(code)];
    return language == Language::Chinese ? title.zh : title.en;
}

http::Response problem(const Error& error, Language language, std::string_view trace) {
    std::string body;
    JsonWriter json(body);
    const int status = http_status(error.code);
    json.begin_object();
    json.field("type", "/docs/errors#" + std::string(code_name(error.code)));
    json.field("title", problem_title(error.code, language));
    json.field("status", status);
    json.field("detail", error.message);
    json.field("code", code_name(error.code));
    json.field("trace", trace);
    if (!error.field.empty()) {
        json.key("fields").begin_array().begin_object();
        json.field("field", error.field).field("detail", error.message);
        json.end_object().end_array();
    }
    json.end_object();
    http::Response out = http::Response::text(status, "application/problem+json", std::move(body));
    if (status == 401) {
        out.with("WWW-Authenticate", "Bearer realm=\"gantry\"");
    }
    if (status == 429 || status == 503) {
        out.with("Retry-After", "1");
    }
    return out;
}

Language language_of(std::string_view accept_language) {
    double best = 0;
    Language language = Language::English;
    while (!accept_language.empty()) {
        const std::size_t end = std::min(accept_language.find(','), accept_language.size());
        std::string_view item = accept_language.substr(0, end);
        accept_language.remove_prefix(std::min(end + 1, accept_language.size()));
        while (item.starts_with(' ')) {
            item.remove_prefix(1);
        }
        double weight = 1;
        if (const std::size_t q = item.find(";q="); q != std::string_view::npos) {
            std::from_chars(item.data() + q + 3, item.data() + item.size(), weight);
            item = item.substr(0, q);
        }
        const bool chinese = item.starts_with("zh");
        if ((chinese || item.starts_with("en")) && weight > best) {
            best = weight;
            language = chinese ? Language::Chinese : Language::English;
        }
    }
    return language;
}

}  // namespace gantry::api
