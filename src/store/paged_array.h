// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>

namespace gantry::store {

// An array with an element for every u32, zero until it is written. Memory is taken a page of
// elements at a time, when at() first asks for one of them; elements never move. Any thread may
// call any method without a lock; what threads do with one element is up to its type.
template <class T>
class PagedArray {
    static_assert(std::is_trivially_destructible_v<T>);

public:
    static constexpr std::uint32_t page_size = 1U << 12;

    PagedArray() = default;
    PagedArray(const PagedArray&) = delete;
    PagedArray& operator=(const PagedArray&) = delete;
    ~PagedArray() {
        for (std::atomic<Directory*>& place : root_) {
            const std::unique_ptr<Directory> directory(place.load());
            for (std::size_t i = 0; directory && i < fan_out; ++i) {
                const std::unique_ptr<Page> page(directory->pages[i].load());
            }
        }
    }

    // Null when the page that it would be in was never asked for: the element is zero.
    const T* find(std::uint32_t index) const {
        const Directory* directory = root_[index >> 22].load(std::memory_order_acquire);
        if (directory == nullptr) {
            return nullptr;
        }
        const Page* page =
            directory->pages[(index >> 12) % fan_out].load(std::memory_order_acquire);
        return page == nullptr ? nullptr : &page->items[index % page_size];
    }
    T* find(std::uint32_t index) {
        return const_cast<T*>(static_cast<const PagedArray&>(*this).find(index));
    }
    T& at(std::uint32_t index) {
        Directory& directory = made(root_[index >> 22]);
        return made(directory.pages[(index >> 12) % fan_out]).items[index % page_size];
    }

    // What it takes beside itself: the pages, and the directories that lead to them.
    std::uint64_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

private:
    static constexpr std::size_t fan_out = 1U << 10;
    struct Page {
        T items[page_size];
    };
    struct Directory {
        std::atomic<Page*> pages[fan_out];
    };

    template <class Node>
    Node& made(std::atomic<Node*>& place) {
        if (Node* node = place.load(std::memory_order_acquire)) {
            return *node;
        }
        auto node = std::make_unique<Node>();
        Node* first = nullptr;
        if (!place.compare_exchange_strong(first, node.get(), std::memory_order_acq_rel)) {
            return *first;
        }
        bytes_.fetch_add(sizeof(Node), std::memory_order_relaxed);
        return *node.release();
    }

    std::atomic<Directory*> root_[fan_out] = {};
    std::atomic<std::uint64_t> bytes_ = 0;
};

}  // namespace gantry::store
