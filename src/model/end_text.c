/* SPDX-License-Identifier: MIT */
/* Texts by number. They lie in blocks that never move, so that a text is found without a lock. */
#include "tcptop/model/end_text.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "tcptop/base/hash_table.h"
#include "tcptop/base/utf8.h"

#define BLOCK    1024u /* texts in a block */
#define BLOCKS   (END_TEXTS / BLOCK + 1)
#define ELLIPSIS "…"

typedef char text_slot[END_TEXT_SIZE];

static struct {
    pthread_mutex_t lock;
    _Atomic(text_slot *) block[BLOCKS]; /* owned by the process */
    atomic_uint n;                      /* numbers up to it are in use */
    struct hash_table by_text;          /* the text, padded with NUL: its number, a uint32_t */
} texts = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void clean_text(text_slot out, const char *text, size_t len)
{
    memset(out, 0, END_TEXT_SIZE);
    if (len < END_TEXT_SIZE) {
        utf8_sanitise_into(out, END_TEXT_SIZE, text, len);
        return;
    }
    utf8_sanitise_into(out, END_TEXT_SIZE - strlen(ELLIPSIS), text, len);
    strcat(out, ELLIPSIS);
}

/* Needs the lock. Returns the number, 0 without memory. */
static uint32_t add_text(const text_slot text)
{
    uint32_t number = atomic_load(&texts.n) + 1, *value;
    text_slot *block = atomic_load(&texts.block[number / BLOCK]);

    if (!block) {
        block = calloc(BLOCK, sizeof *block);
        if (!block)
            return 0;
        atomic_store(&texts.block[number / BLOCK], block);
    }
    value = hash_table_add(&texts.by_text, text, NULL);
    if (!value)
        return 0;
    memcpy(block[number % BLOCK], text, END_TEXT_SIZE);
    *value = number;
    atomic_store(&texts.n, number);
    return number;
}

uint32_t end_text_add(const char *text, size_t len)
{
    text_slot clean;
    uint32_t number = 0;

    if (!len)
        return 0;
    clean_text(clean, text, len);
    pthread_mutex_lock(&texts.lock);
    if (!texts.by_text.key_size)
        hash_table_init(&texts.by_text, END_TEXT_SIZE, sizeof(uint32_t));
    const uint32_t *known = hash_table_find(&texts.by_text, clean);
    if (known)
        number = *known;
    else if (atomic_load(&texts.n) < END_TEXTS)
        number = add_text(clean);
    pthread_mutex_unlock(&texts.lock);
    return number;
}

const char *end_text(uint32_t number)
{
    if (number == 0 || number > atomic_load(&texts.n))
        return "";
    return atomic_load(&texts.block[number / BLOCK])[number % BLOCK];
}

/* The highest byte comes first, and a number has no more than 20 bits: see the header. The last
 * byte is 0 in every IPv4 address. */
void end_text_put(uint8_t address[16], uint32_t number)
{
    memset(address, 0, 16);
    address[15] = 0xff;
    for (int i = 0; i < 4; i++)
        address[i] = (uint8_t)(number >> (24 - 8 * i));
}

uint32_t end_text_number(const uint8_t address[16])
{
    uint32_t number = 0;

    for (int i = 0; i < 4; i++)
        number = number << 8 | address[i];
    return number;
}
