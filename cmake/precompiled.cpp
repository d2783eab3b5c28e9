// SPDX-License-Identifier: Apache-2.0
// Carries the precompiled headers; it has no code of its own.
