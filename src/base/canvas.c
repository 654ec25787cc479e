/* SPDX-License-Identifier: MIT */
/* A canvas of cells. Text is put and cut so that no wide character is ever shown by half. */
#include "tcptop/base/canvas.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tcptop/base/utf8.h"

static const struct cell blank = {.text = " ", .width = 1, .role = ROLE_TEXT};

const char *canvas_role_key(enum role role)
{
    static const char *const keys[ROLE_COUNT] = {
#define ROLE(ident, key) key,
        ROLES(ROLE)
#undef ROLE
    };
    return keys[role];
}

int canvas_init(struct canvas *c, int w, int h)
{
    *c = (struct canvas){.cursor_x = -1, .cursor_y = -1};
    return canvas_resize(c, w, h);
}

void canvas_fini(struct canvas *c)
{
    if (c) {
        free(c->cells);
        *c = (struct canvas){.cursor_x = -1, .cursor_y = -1};
    }
}

void canvas_clear(struct canvas *c)
{
    for (int i = 0; i < c->w * c->h; i++) {
        c->cells[i] = blank;
    }
    c->cursor_x = c->cursor_y = -1;
}

int canvas_resize(struct canvas *c, int w, int h)
{
    w = w < 1 ? 1 : w;
    h = h < 1 ? 1 : h;
    if (!c->cells || w != c->w || h != c->h) {
        if (w > INT32_MAX / h) {
            return -ENOMEM;
        }
        struct cell *cells = calloc((size_t)w * (size_t)h, sizeof(*cells));
        if (!cells) {
            return -ENOMEM;
        }
        free(c->cells);
        c->cells = cells;
        c->w = w;
        c->h = h;
    }
    canvas_clear(c);
    return 0;
}

struct cell *canvas_at(const struct canvas *c, int x, int y)
{
    if (x < 0 || y < 0 || x >= c->w || y >= c->h) {
        return NULL;
    }
    return &c->cells[y * c->w + x];
}

static void blank_text(struct cell *cell)
{
    memcpy(cell->text, " ", 2);
    cell->width = 1;
}

/* Before (x, y) is overwritten: the other half of a wide character there becomes a blank. */
static void free_cell(struct canvas *c, int x, int y)
{
    struct cell *cell = canvas_at(c, x, y);
    if (!cell) {
        return;
    }
    struct cell *other = cell->width == 0   ? canvas_at(c, x - 1, y)
                         : cell->width == 2 ? canvas_at(c, x + 1, y)
                                            : NULL;
    if (other) {
        blank_text(other);
    }
    blank_text(cell);
}

/* One character with its marks into the one or two cells at x. */
static void set_cell(struct canvas *c, int x, int y, enum role role, const char *bytes, size_t len,
                     int width)
{
    for (int i = 0; i < width; i++) {
        free_cell(c, x + i, y);
        struct cell *cell = canvas_at(c, x + i, y);
        if (cell) {
            *cell = (struct cell){.width = 0, .role = (uint8_t)role};
        }
    }
    struct cell *first = canvas_at(c, x, y);
    if (first) {
        memcpy(first->text, bytes, len);
        first->width = (uint8_t)width;
    }
}

/* A base character and the marks that belong to it. */
struct cluster {
    const char *bytes;
    size_t len;  /* of them in the text */
    size_t keep; /* of them that a cell can hold, cut at a character */
    int width;
};

/* The cluster at the start of `text`; a character that a cell must not hold shows as U+FFFD. */
static struct cluster next_cluster(const char *text, size_t len)
{
    struct cluster k = {.bytes = text};
    uint32_t cp = 0;
    k.len = k.keep = utf8_decode(text, len, &cp);
    k.width = utf8_cp_width(cp);
    if (cp == UTF8_BAD || cp < 0x20 || (cp >= 0x7f && cp < 0xa0)) {
        return (struct cluster){.bytes = "\xef\xbf\xbd", .len = k.len, .keep = 3, .width = 1};
    }
    while (k.len < len) {
        size_t n = utf8_decode(text + k.len, len - k.len, &cp);
        if (cp < 0x300 || utf8_cp_width(cp) != 0) {
            break;
        }
        if (k.keep == k.len && k.keep + n <= CELL_BYTES) {
            k.keep += n;
        }
        k.len += n;
    }
    return k;
}

int canvas_put(struct canvas *c, int x, int y, int columns, enum role role, const char *text)
{
    size_t left = strlen(text);
    int64_t end = (int64_t)x + columns < c->w ? (int64_t)x + columns : c->w;
    int at = x;
    while (left > 0 && at < end && y >= 0 && y < c->h) {
        struct cluster k = next_cluster(text, left);
        text += k.len;
        left -= k.len;
        if (at < 0 || at + k.width > end) {
            /* only half of it is inside: a blank stands there */
            for (int i = 0; i < k.width && at + i < end; i++) {
                set_cell(c, at + i, y, role, " ", 1, 1);
            }
        } else if (k.width > 0) {
            set_cell(c, at, y, role, k.bytes, k.keep, k.width);
        }
        at = at + k.width > end ? (int)end : at + k.width;
    }
    return at - x;
}

void canvas_put_right(struct canvas *c, int x, int y, int columns, enum role role, const char *text)
{
    int used = 0;
    utf8_fit(text, strlen(text), columns, &used);
    canvas_fill(c, x, y, columns - used, 1, role, " ");
    canvas_put(c, x + columns - used, y, used, role, text);
}

void canvas_fill(struct canvas *c, int x, int y, int w, int h, enum role role, const char *glyph)
{
    size_t len = strnlen(glyph, CELL_BYTES);
    int right = x < c->w - w ? x + w : c->w;
    int bottom = y < c->h - h ? y + h : c->h;
    for (int row = y < 0 ? 0 : y; row < bottom; row++) {
        for (int column = x < 0 ? 0 : x; column < right; column++) {
            set_cell(c, column, row, role, glyph, len, 1);
        }
    }
}

void canvas_paint(struct canvas *c, int x, int y, int w, int h, enum role role)
{
    int right = x < c->w - w ? x + w : c->w;
    int bottom = y < c->h - h ? y + h : c->h;
    for (int row = y < 0 ? 0 : y; row < bottom; row++) {
        for (int column = x < 0 ? 0 : x; column < right; column++) {
            c->cells[row * c->w + column].role = (uint8_t)role;
        }
    }
}

/* Glyphs that some terminals lack or draw two columns wide, and what stands for them. */
static const struct {
    const char *glyphs; /* UTF-8, all of three bytes but the last row */
    char ascii;
} twins[] = {
    {"─", '-'},  {"━", '='},  {"│", '|'},  {"┬┤├┴┼┌┐└┘┭┮┥┝┷", '+'},
    {"▁▂", '_'}, {"▃▄", '-'}, {"▅▆", '='}, {"▇", '#'},
    {"▸", '>'},  {"▹", '.'},  {"▴", '^'},  {"▾", 'v'},
    {"–", '-'},  {"…", '~'},  {"→", '>'},  {"←", '<'},
    {"↑", '^'},  {"↓", 'v'},  {"·", '.'},
};

const char *canvas_glyph_ascii(const char *text)
{
    static const char ascii[128][2] = {
#define A(c) [c] = {c, 0}
        A('-'), A('='), A('|'), A('+'), A('_'), A('#'),
        A('>'), A('<'), A('.'), A('^'), A('v'), A('~'),
#undef A
    };
    size_t len = strlen(text);
    if (len < 2 || len > 3) {
        return text;
    }
    for (size_t i = 0; i < sizeof(twins) / sizeof(twins[0]); i++) {
        for (const char *g = twins[i].glyphs; *g;) {
            uint32_t cp = 0;
            size_t n = utf8_decode(g, strlen(g), &cp);
            if (n == len && memcmp(g, text, n) == 0) {
                return ascii[(unsigned char)twins[i].ascii];
            }
            g += n;
        }
    }
    return text;
}

void canvas_to_ascii(struct canvas *c)
{
    for (int i = 0; i < c->w * c->h; i++) {
        const char *twin = canvas_glyph_ascii(c->cells[i].text);
        if (twin != c->cells[i].text) {
            memcpy(c->cells[i].text, twin, 2);
        }
    }
}

bool canvas_same(const struct canvas *a, const struct canvas *b)
{
    if (a->w != b->w || a->h != b->h || a->cursor_x != b->cursor_x || a->cursor_y != b->cursor_y) {
        return false;
    }
    for (int i = 0; i < a->w * a->h; i++) {
        const struct cell *p = &a->cells[i], *q = &b->cells[i];
        if (p->width != q->width || p->role != q->role || p->bold != q->bold ||
            strcmp(p->text, q->text) != 0) {
            return false;
        }
    }
    return true;
}
