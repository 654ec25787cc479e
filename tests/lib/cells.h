/* SPDX-License-Identifier: MIT */
/* Cells as scripts and people read them. */
#ifndef TESTS_LIB_CELLS_H
#define TESTS_LIB_CELLS_H

#include "tcptop/query/column.h"

/** The value, "absent" where there is none. Until the next call. */
const char *cell_raw(const struct sample *s, uint32_t row, enum column_id id);

/** The text on the screen. Until the next call. */
const char *cell_shown(const struct sample *s, uint32_t row, enum column_id id);

/* Both at once. */
#define assert_cell(s, row, id, value, text)                                                       \
    do {                                                                                           \
        assert_string_equal(cell_raw(s, row, id), value);                                          \
        assert_string_equal(cell_shown(s, row, id), text);                                         \
    } while (0)

#endif
