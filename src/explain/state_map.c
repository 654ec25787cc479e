/* SPDX-License-Identifier: MIT */
/* Puts counts under the names of states in a map. */
#include "tcptop/explain/state_map.h"

#include <string.h>

#include "tcptop/base/fmt.h"
#include "tcptop/base/utf8.h"
#include "tcptop/explain/typeset.h"

#define NAME_CHARS "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"

/* The state that these bytes name, 0 when none. */
static unsigned state_of(const char *name, size_t len)
{
    for (unsigned state = 1; state < TCP_STATE_COUNT; state++)
        if (strlen(state_name(state)) == len && memcmp(state_name(state), name, len) == 0)
            return state;
    return 0;
}

/* CLOSE is listed by other programs alone, bound-only sockets only when asked for: else there is no
 * number. */
static const char *count_text(char out[FMT_SIZE], const struct sample *s, unsigned state,
                              int columns)
{
    bool known =
        s->count[state] || (state != TCP_STATE_CLOSE &&
                            (state != TCP_STATE_BOUND_INACTIVE || (s->needs & NEED_BOUND)));

    return known ? fmt_count_fit(out, FMT_SIZE, s->count[state], columns) : FMT_NONE;
}

/* The line of counts below `line`; nothing when it names no state. */
static void add_counts(struct str *out, const char *line, size_t len, const struct sample *s)
{
    int col = 0;
    bool any = false;

    for (size_t i = 0; i < len;) {
        size_t name = strspn(line + i, NAME_CHARS);
        unsigned state = state_of(line + i, name);
        if (state) {
            char count[FMT_SIZE];
            const char *text = count_text(count, s, state, (int)name);
            int end = utf8_width_n(line, i + name);
            str_add(out, any ? "" : "\n");
            str_add_many(out, ' ', (size_t)(end - utf8_width(text) - col));
            str_addf(out, MARK_LIVE "%s" MARK_END, text);
            col = end;
            any = true;
        }
        i += name ? name : 1;
    }
}

void state_map_draw(struct str *out, const char *lines, const struct sample *s)
{
    for (const char *end; *lines; lines = *end ? end + 1 : end) {
        end = strchrnul(lines, '\n');
        if (out->len)
            str_add_char(out, '\n');
        str_add_bytes(out, lines, (size_t)(end - lines));
        if (s && s->status != SAMPLE_FAILED)
            add_counts(out, lines, (size_t)(end - lines), s);
    }
}
