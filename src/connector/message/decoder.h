// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "connector/message/lookup.h"
#include "payload/convert.h"
#include "payload/json_reader.h"
#include "payload/limits.h"

namespace gantry::connector {

// Finds values in messages. Each message is read once, whatever is looked for. Its memory
// is used again from message to message. One thread.
class Decoder {
public:
    struct Found {
        Reading reading;           // its text is good until the next one
        std::optional<Time> time;  // the source's
        bool silent = false;       // the message says nothing of it
        std::string trouble;       // why there is no value
    };

    Decoder();

    // The message must outlive what is looked for in it.
    void begin(std::string_view payload);
    // What it says of a value. What is no JSON, or has not the value or not of that type, is said
    // to be so.
    Found find(const Lookup& lookup);
    // The same of something that stands in a document that was read otherwise: a row. A time is
    // not looked for, and of a row that is sparse also a null says nothing.
    Found find_in(const payload::Document& document, payload::NodeIndex item,
                  payload::Typing typing, const Lookup& lookup);

    // It as JSON, for who wants to see all of it. Good until the next message.
    Result<const payload::Document*> json();

private:
    Result<const payload::Document*> whole();
    Found look(const payload::Document& document, payload::NodeIndex node, payload::Typing typing,
               const Lookup& lookup);
    void scale(const Lookup& lookup, Found& found) const;
    void add_quality(const payload::Document& document, payload::NodeIndex item,
                     const Lookup& lookup, Found& found) const;
    void add_time(const Lookup& lookup, Found& found);

    const payload::PayloadLimits limits_;
    payload::JsonReader reader_;
    std::string_view payload_;
    payload::Document json_;
    std::optional<Result<>> json_read_;
    payload::Document text_;
    std::optional<Result<>> text_read_;
    std::string scratch_;
};

}  // namespace gantry::connector
