// SPDX-License-Identifier: Apache-2.0
#include "connector/record/taker.h"

#include <algorithm>

namespace gantry::connector::record {

Result<std::optional<Time>> time_of(const Row& row, const std::optional<payload::Path>& path,
                                    const TimeReader& reader) {
    if (!path) {
        return std::nullopt;
    }
    const payload::NodeIndex node = path->find(row.document, row.node);
    if (node == payload::no_node || row.document[node].kind == payload::Kind::Null) {
        return fail(Code::InvalidArgument, "there is no time in {}", path->text());
    }
    TRY_ASSIGN(const Time time, reader.read(row.document, node));
    return time;
}

bool is_meant(const Tag& tag, const Row& row, std::string& scratch) {
    return std::ranges::all_of(tag.where, [&](const auto& condition) {
        const payload::NodeIndex node = condition.first.find(row.document, row.node);
        scratch.clear();
        if (node != payload::no_node) {
            row.document.append_text(node, scratch);
        }
        return node != payload::no_node && scratch == condition.second;
    });
}

Taker::Taker(DeviceState& device, const TagTable& table) : device_(device), table_(table) {
    for (std::size_t i = 0; i < table.tags.size(); ++i) {
        const Tag& tag = table.tags[i];
        if (tag.where.empty()) {
            always_.push_back(i);
            continue;
        }
        const auto& [path, value] = tag.where.front();
        chosen_.try_emplace(path.text(), path, decltype(Chosen::by_value){})
            .first->second.by_value[value]
            .push_back(i);
    }
}

void Taker::take(const Row& row, Time time, SampleBatch& out) {
    for (const std::size_t tag : always_) {
        take_tag(tag, row, time, out);
    }
    for (const auto& [name, chosen] : chosen_) {
        const payload::NodeIndex node = chosen.path.find(row.document, row.node);
        if (node == payload::no_node) {
            continue;
        }
        scratch_.clear();
        row.document.append_text(node, scratch_);
        const auto found = chosen.by_value.find(scratch_);
        if (found == chosen.by_value.end()) {
            continue;
        }
        for (const std::size_t tag : found->second) {
            if (is_meant(table_.tags[tag], row, scratch_)) {
                take_tag(tag, row, time, out);
            }
        }
    }
}

void Taker::take_tag(std::size_t tag, const Row& row, Time time, SampleBatch& out) {
    const Decoder::Found found =
        decoder_.find_in(row.document, row.node, row.typing, table_.tags[tag].lookup);
    if (!found.silent) {
        note(tag, found.trouble);
        device_.value(tag, found.reading, time, std::nullopt, out);
    }
}

// Each trouble once, and that it is over.
void Taker::note(std::size_t tag, const std::string& trouble) {
    const auto known = troubles_.find(tag);
    if (known == troubles_.end() ? trouble.empty() : known->second == trouble) {
        return;
    }
    device_.vitals().part(table_.paths[tag], trouble);
    if (trouble.empty()) {
        troubles_.erase(known);
    } else {
        troubles_[tag] = trouble;
    }
}

}  // namespace gantry::connector::record
