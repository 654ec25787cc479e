/* SPDX-License-Identifier: MIT */
/* Rows for tests of the model. */
#ifndef TESTS_LIB_MODEL_BUILD_H
#define TESTS_LIB_MODEL_BUILD_H

#include "tcptop/model/sample.h"

/** A live row 10.0.0.1:sport → 10.0.0.2:dport, where both ports come from `cookie`. */
struct conn *model_add(struct sample *s, uint64_t cookie, unsigned state);

/** A deterministic random number below `n`; the state of the generator is `*seed`. */
uint32_t model_random(uint64_t *seed, uint32_t n);

#endif
