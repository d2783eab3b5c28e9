// SPDX-License-Identifier: Apache-2.0
#include "mqtt/retained_store.h"

#include <array>
#include <functional>

#include "mqtt/codec/topic.h"

namespace gantry::mqtt {

using detail::no_node;
using detail::NodeId;

// Goes down the tree along one filter.
class RetainedStore::Walk {
public:
    Walk(const Trie& trie, Time now, std::vector<MessagePtr>& out)
        : trie_(trie), now_(now), out_(out) {}

    void run(std::string_view filter) {
        detail::LevelSplit split(filter);
        for (std::string_view text; split.next(text); ++count_) {
            if (count_ == levels_max) {
                return;
            }
            levels_[count_] = text;
        }
        down(Trie::root, 0);
    }

private:
    void down(NodeId node, std::size_t depth) {
        if (depth == count_) {
            collect(node);
            return;
        }
        const std::string_view level = levels_[depth];
        if (level == "#") {
            all_below(node, depth == 0);
            return;
        }
        if (level == "+") {
            each_child(node, depth == 0, [&](NodeId child) { down(child, depth + 1); });
            return;
        }
        const detail::LevelId id = trie_.level(level);
        const NodeId child = id == detail::Levels::none ? no_node : trie_.child(node, id);
        if (child != no_node) {
            down(child, depth + 1);
        }
    }
    // 4.7.2: at the first level not what begins with '$'.
    template <class Visit>
    void each_child(NodeId node, bool first, Visit visit) {
        for (NodeId child = trie_[node].first_child; child != no_node; child = trie_[child].next) {
            if (!first || !trie_.text(child).starts_with('$')) {
                visit(child);
            }
        }
    }
    void all_below(NodeId node, bool first) {
        collect(node);
        each_child(node, first, [&](NodeId child) { all_below(child, false); });
    }
    void collect(NodeId node) {
        const MessagePtr& message = trie_[node].payload;
        if (message != nullptr && !message->expired(now_)) {
            out_.push_back(message);
        }
    }

    const Trie& trie_;
    const Time now_;
    std::vector<MessagePtr>& out_;
    std::size_t count_ = 0;
    std::array<std::string_view, levels_max> levels_;
};

RetainedStore::Kept RetainedStore::put(MessagePtr message) {
    return store(std::move(message), true);
}

RetainedStore::Kept RetainedStore::store(MessagePtr message, bool limited) {
    if (message->payload().empty()) {
        return remove(message->topic()) ? Kept::Removed : Kept::Nothing;
    }
    if (level_count(message->topic()) > levels_max) {
        return Kept::TooDeep;
    }
    NodeId node = trie_.find(message->topic());
    const bool fresh = node == no_node || trie_[node].payload == nullptr;
    const std::size_t before = fresh ? 0 : trie_[node].payload->bytes();
    const bool too_large =
        message->bytes() > before && message_bytes_ + message->bytes() - before > limits_.bytes_max;
    if (limited && (too_large || (fresh && size_ >= limits_.messages_max))) {
        return Kept::Full;
    }
    if (node == no_node) {
        node = trie_.make(message->topic(), [](NodeId) {});
    }
    size_ += fresh ? 1 : 0;
    message_bytes_ = message_bytes_ - before + message->bytes();
    note_expiry(node, message);
    trie_[node].payload = std::move(message);
    return Kept::Stored;
}

bool RetainedStore::remove(std::string_view topic) {
    const NodeId node = trie_.find(topic);
    if (node == no_node || trie_[node].payload == nullptr) {
        return false;
    }
    remove(node);
    return true;
}

void RetainedStore::note_expiry(NodeId node, const MessagePtr& message) {
    if (message->expires() == time_max) {
        return;
    }
    if (expiries_.size() > 2 * size_ + 64) {
        std::vector<Expiry> good;
        for (; !expiries_.empty(); expiries_.pop()) {
            if (trie_[expiries_.top().node].payload.get() == expiries_.top().message) {
                good.push_back(expiries_.top());
            }
        }
        expiries_ = decltype(expiries_)(std::greater<>(), std::move(good));
    }
    expiries_.push({message->expires(), node, message.get()});
}

void RetainedStore::match(std::string_view filter, Time now, std::vector<MessagePtr>& out) const {
    Walk(trie_, now, out).run(filter);
}

bool RetainedStore::sweep(Time now, std::size_t most) {
    while (!expiries_.empty() && expiries_.top().at <= now) {
        if (most-- == 0) {
            return true;
        }
        const Expiry expiry = expiries_.top();
        expiries_.pop();
        const MessagePtr& message = trie_[expiry.node].payload;
        if (message != nullptr && message.get() == expiry.message && message->expired(now)) {
            remove(expiry.node);
        }
    }
    return false;
}

void RetainedStore::remove(NodeId node) {
    MessagePtr& message = trie_[node].payload;
    message_bytes_ -= message->bytes();
    --size_;
    message.reset();
    trie_.prune(node, [](const MessagePtr& kept) { return kept != nullptr; }, [](NodeId) {});
}

}  // namespace gantry::mqtt
