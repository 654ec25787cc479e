/* SPDX-License-Identifier: MIT */
/* Counting the lines of an imported dump. */
#include "tcptop/model/import.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tcptop/base/array.h"
#include "tcptop/base/utf8.h"

static const struct {
    const char *word;
    bool loss;
} reasons[IMPORT_SKIPPED_COUNT] = {
#define SKIPPED(ident, word, loss) [IMPORT_SKIPPED_##ident] = {word, loss},
    IMPORT_SKIPPED(SKIPPED)
#undef SKIPPED
};

struct import *import_new(void)
{
    struct import *i = calloc(1, sizeof *i);

    if (i)
        atomic_init(&i->refs, 1);
    return i;
}

struct import *import_ref(struct import *i)
{
    if (i)
        atomic_fetch_add_explicit(&i->refs, 1, memory_order_relaxed);
    return i;
}

void import_unref(struct import *i)
{
    if (!i || atomic_fetch_sub_explicit(&i->refs, 1, memory_order_acq_rel) != 1)
        return;
    free(i->listed);
    free(i->files);
    free(i);
}

int import_add_file(struct import *i, const char *name)
{
    char(*files)[IMPORT_FILE] = array_room(i->files, i->n_files, &i->cap_files, 1, IMPORT_FILE);

    if (!files)
        return -ENOMEM;
    i->files = files;
    utf8_sanitise_into(i->files[i->n_files++], IMPORT_FILE, name, strlen(name));
    return 0;
}

void import_skip(struct import *i, uint32_t line, enum import_skipped_for why)
{
    struct import_skipped_line *listed;

    i->skipped++;
    i->skipped_for[why]++;
    if (i->n_listed == IMPORT_LISTED)
        return;
    listed = array_room(i->listed, i->n_listed, &i->cap_listed, 64, sizeof *listed);
    if (!listed)
        return;
    i->listed = listed;
    listed[i->n_listed++] = (struct import_skipped_line){
        .line = line, .file = (uint16_t)(i->n_files ? i->n_files - 1 : 0), .why = (uint8_t)why};
}

const char *import_skipped_word(enum import_skipped_for why)
{
    return reasons[why].word;
}

uint32_t import_not_understood(const struct import *i)
{
    uint32_t n = 0;

    for (unsigned why = 0; why < IMPORT_SKIPPED_COUNT; why++)
        n += reasons[why].loss ? i->skipped_for[why] : 0;
    return n;
}

uint32_t import_lost(const struct import *i)
{
    return import_not_understood(i) - i->skipped_for[IMPORT_SKIPPED_TEXT];
}
