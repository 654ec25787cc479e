/* SPDX-License-Identifier: MIT */
/* One sample in the format asked for, and what the formats share: counts, colours and text on
 * standard output. */
#include "print.h"

#include <stdio.h>
#include <string.h>

#include "tcptop/base/utf8.h"
#include "tcptop/explain/explain.h"
#include "tcptop/output/output.h"

void print_sample(struct sink *out, const struct print *p)
{
    static void (*const printers[])(struct sink *, const struct print *) = {
#define FORMAT(ident, name) [FORMAT_##ident] = name##_print,
        PRINTED_FORMATS(FORMAT)
#undef FORMAT
    };
    printers[p->format](out, p);
}

unsigned print_counts_state(int i)
{
    if (i < STATE_LIST_COUNT) {
        return state_list_order[i];
    }
    return i == STATE_LIST_COUNT ? TCP_STATE_BOUND_INACTIVE : 0;
}

uint32_t print_measured_states(const struct sample *s)
{
    if (s->status == SAMPLE_FAILED) {
        return 0;
    }
    uint32_t states = 0;
    for (int i = 0; i < STATE_LIST_COUNT; i++) {
        states |= STATE_BIT(state_list_order[i]);
    }
    if (s->count[TCP_STATE_CLOSE] == 0) {
        states &= ~STATE_BIT(TCP_STATE_CLOSE);
    }
    return s->needs & NEED_BOUND ? states | STATE_BIT(TCP_STATE_BOUND_INACTIVE) : states;
}

struct counts print_counts_of(const struct print *p)
{
    const struct sample *s = p->sample;
    struct counts c = {.measured = print_measured_states(s)};
    if (!p->filter || p->filter->n_steps == 0 || s->streamed) {
        c.total = s->total;
        for (int i = 0; i < TCP_STATE_COUNT; i++) {
            c.state[i] = s->count[i];
        }
        return c;
    }
    for (uint32_t row = 0; row < s->n_live; row++) {
        if (predicate_match(p->filter, s, row)) {
            c.total++;
            c.state[conn_counts_as(&s->conn[row])]++;
        }
    }
    return c;
}

/* Roles as SGR sequences (ECMA-48, with the 256-colour extension of xterm). */

/* `base` is 30 for the foreground, 40 for the background. */
static int color(char *out, size_t size, int base, int index)
{
    if (index < 0) {
        return 0;
    }
    if (index < 8) {
        return snprintf(out, size, ";%d", base + index);
    }
    return snprintf(out, size, ";%d;5;%d", base + 8, index);
}

const char *print_escape(char out[ESCAPE_SIZE], const struct theme *theme, enum role role)
{
    static const char *const attributes[] = {"",   ";1",   ";2",   ";1;2",
                                             ";7", ";1;7", ";2;7", ";1;2;7"};
    const struct style *style = &theme->style[role];
    if (style->fg < 0 && style->bg < 0 && style->attributes == 0) {
        return NULL;
    }
    size_t n = (size_t)snprintf(out, ESCAPE_SIZE, "\x1b[0%s", attributes[style->attributes & 7]);
    n += (size_t)color(out + n, ESCAPE_SIZE - n, 30, style->fg);
    n += (size_t)color(out + n, ESCAPE_SIZE - n, 40, style->bg);
    snprintf(out + n, ESCAPE_SIZE - n, "m");
    return out;
}

/* Text and canvases. */

void print_glyphs(struct sink *out, const char *text, bool ascii)
{
    if (!ascii) {
        sink_add(out, text);
        return;
    }
    for (size_t at = 0, len = strlen(text); at < len;) {
        uint32_t cp;
        char one[8] = "";
        const size_t n = utf8_decode(text + at, len - at, &cp);
        memcpy(one, text + at, n);
        sink_add(out, canvas_glyph_ascii(one));
        at += n;
    }
}

void print_words_line(struct sink *out, const struct explain_text *words, uint32_t line, bool ascii)
{
    const struct explain_line *runs = &words->lines[line];
    for (uint32_t i = runs->first; i < runs->first + runs->count; i++)
        print_glyphs(out, words->runs[i].text, ascii);
    sink_add(out, "\n");
}

void print_canvas(struct sink *out, const struct canvas *c)
{
    for (int y = 0; y < c->h; y++) {
        for (int x = 0; x < c->w; x++) {
            sink_add(out, canvas_at(c, x, y)->text);
        }
        sink_add_bytes(out, "\n", 1);
    }
}
