// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.h"
#include "model/sample_batch.h"

namespace gantry::store {

inline constexpr std::uint32_t batch_record = 1;

// A batch as the payload of a journal record (docs/formats/store.md).
Bytes encode_batch(const SampleBatch& batch);
[[nodiscard]] bool decode_batch(ByteView payload, SampleBatch& out);

}  // namespace gantry::store
