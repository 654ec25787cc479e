/* SPDX-License-Identifier: MIT */
/* The string's tests once more, its first buffer 1 byte: every boundary of growth is met. */
#define STR_INITIAL 1
#include "../../src/base/str.c"
#include "str_test.c"
