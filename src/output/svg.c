/* SPDX-License-Identifier: MIT */
/* The canvas as an SVG picture. Words are placed by their column and spaced to their cells, so that
 * Hangul lines up in any font; rules, bars, arrows and dots are drawn as shapes, since fonts
 * disagree about the width of those characters. */
#include <string.h>

#include "tcptop/base/utf8.h"
#include "tcptop/output/output.h"

enum { CELL_W = 8, CELL_H = 19, BASELINE = 14, MARGIN = 8 };

/* No common monospaced font is wider than 0.603 of its size (DejaVu Sans Mono, Menlo), so that at
 * this size a word stays in its cells even where textLength is not obeyed, as in librsvg. A wide
 * character is as wide as its size. */
#define FONT_SIZE      "13.25"
#define FONT_SIZE_WIDE "16" /* two cells */

/* How one cell is painted. */
struct paint {
    uint32_t fg, bg;
    bool bold;
};

struct svg {
    struct sink *out;
    const struct canvas *c;
    const struct theme *theme;
    struct paint plain;
};

/* `part` per cent of a, the rest b, channel by channel. */
static uint32_t mix(uint32_t a, uint32_t b, uint32_t part)
{
    uint32_t mixed = 0;
    for (int shift = 0; shift <= 16; shift += 8) {
        uint32_t x = a >> shift & 255, y = b >> shift & 255;
        mixed |= (x * part + y * (100 - part)) / 100 << shift;
    }
    return mixed;
}

static struct paint paint_of(const struct svg *svg, const struct cell *cell)
{
    const struct style *style = &svg->theme->style[cell->role];
    struct paint p = {
        .fg = style->fg < 0 ? svg->plain.fg : theme_rgb(style->fg),
        .bg = style->bg < 0 ? svg->plain.bg : theme_rgb(style->bg),
        .bold = (style->attributes & STYLE_BOLD) || cell->bold,
    };
    if (style->attributes & STYLE_DIM) {
        p.fg = mix(p.fg, p.bg, 62);
    }
    if (style->attributes & STYLE_REVERSE) {
        uint32_t swapped = p.fg;
        p.fg = p.bg;
        p.bg = swapped;
    }
    return p;
}

static bool paint_same(struct paint a, struct paint b)
{
    return a.fg == b.fg && a.bg == b.bg && a.bold == b.bold;
}

static const struct cell *cell_at(const struct svg *svg, int x, int y)
{
    return canvas_at(svg->c, x, y);
}

static int left_of(int x)
{
    return MARGIN + x * CELL_W;
}

static int top_of(int y)
{
    return MARGIN + y * CELL_H;
}

static void draw_rect(const struct svg *svg, int x, int y, int w, int h, uint32_t color)
{
    sink_addf(svg->out, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"#%06x\"/>\n", x,
              y, w, h, color);
}

/* Backgrounds of a row, one rectangle for neighbours that share one. */
static void draw_backgrounds(const struct svg *svg, int y)
{
    for (int x = 0; x < svg->c->w;) {
        int from = x;
        uint32_t bg = paint_of(svg, cell_at(svg, x, y)).bg;
        while (x < svg->c->w && paint_of(svg, cell_at(svg, x, y)).bg == bg) {
            x++;
        }
        if (bg != svg->plain.bg) {
            draw_rect(svg, left_of(from), top_of(y), (x - from) * CELL_W, CELL_H, bg);
        }
    }
}

/* Box characters as arms from the middle of the cell; 1 is light, 2 heavy. */
struct box_glyph {
    char glyph[4];
    uint8_t left, right, up, down;
};

static const struct box_glyph *box_of(const char *text)
{
    static const struct box_glyph boxes[] = {
        {"─", 1, 1, 0, 0}, {"━", 2, 2, 0, 0}, {"│", 0, 0, 1, 1}, {"┌", 0, 1, 0, 1},
        {"┐", 1, 0, 0, 1}, {"└", 0, 1, 1, 0}, {"┘", 1, 0, 1, 0}, {"├", 0, 1, 1, 1},
        {"┤", 1, 0, 1, 1}, {"┬", 1, 1, 0, 1}, {"┴", 1, 1, 1, 0}, {"┼", 1, 1, 1, 1},
        {"┭", 2, 1, 0, 1}, {"┮", 1, 2, 0, 1}, {"┥", 2, 0, 1, 1}, {"┝", 0, 2, 1, 1},
    };
    for (size_t i = 0; i < sizeof(boxes) / sizeof(boxes[0]); i++) {
        if (strcmp(boxes[i].glyph, text) == 0) {
            return &boxes[i];
        }
    }
    return NULL;
}

/* Eighths of the cell that ▁ to █ fill from below, 0 for any other text. */
static int bar_of(const char *text)
{
    uint32_t cp = 0;
    utf8_decode(text, strlen(text), &cp);
    return cp >= 0x2581 && cp <= 0x2588 ? (int)(cp - 0x2580) : 0;
}

static void draw_box(const struct svg *svg, int x, int y, int n, const struct box_glyph *b,
                     uint32_t color)
{
    int left = left_of(x), top = top_of(y), middle = left + CELL_W / 2, line = top + CELL_H / 2;
    if (b->left == b->right && b->left > 0) {
        draw_rect(svg, left, line, n * CELL_W, b->left, color);
    } else if (b->left > 0) {
        draw_rect(svg, left, line, CELL_W / 2 + 1, b->left, color);
    }
    if (b->left != b->right && b->right > 0) {
        draw_rect(svg, middle, line, CELL_W - CELL_W / 2, b->right, color);
    }
    if (b->up > 0) {
        draw_rect(svg, middle, top, b->up, CELL_H / 2 + (b->down > 0 ? 0 : 1), color);
    }
    if (b->down > 0) {
        draw_rect(svg, middle, line, b->down, CELL_H - CELL_H / 2, color);
    }
}

/* Small signs as paths in a cell; hollow ones are outlined. */
struct sign {
    char glyph[4];
    bool hollow;
    const char *path;
};

static const struct sign *sign_of(const char *text)
{
    static const struct sign signs[] = {
        {"▸", false, "M1.5 5l5 4.5l-5 4.5z"},
        {"▹", true, "M1.5 5.5l4.5 4l-4.5 4z"},
        {"▴", false, "M1 12l3.5-6l3.5 6z"},
        {"▾", false, "M1 7l3.5 6l3.5-6z"},
        {"→", false, "M0 9h4v-3l4 3.5l-4 3.5v-3h-4z"},
        {"←", false, "M8 9h-4v-3l-4 3.5l4 3.5v-3h4z"},
        {"↑", false, "M4 19v-10h-3l3.5-5l3.5 5h-3v10z"},
        {"↓", false, "M4 0v10h-3l3.5 5l3.5-5h-3v-10z"},
        {"–", false, "M1 9h6v1h-6z"},
        {"·", false, "M3 9h2v2h-2z"},
        {"…", false, "M0 13h2v2h-2zM3 13h2v2h-2zM6 13h2v2h-2z"},
    };
    for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
        if (strcmp(signs[i].glyph, text) == 0) {
            return &signs[i];
        }
    }
    return NULL;
}

static void draw_sign(const struct svg *svg, int x, int y, const struct sign *sign, uint32_t color)
{
    sink_addf(svg->out, "<path transform=\"translate(%d %d)\" d=\"%s\" ", left_of(x), top_of(y),
              sign->path);
    sink_addf(svg->out, sign->hollow ? "fill=\"none\" stroke=\"#%06x\"/>\n" : "fill=\"#%06x\"/>\n",
              color);
}

/* Equal cells from (x, y) on that can be drawn as one: rules and bars. Returns how many. */
static int equal_cells(const struct svg *svg, int x, int y)
{
    const struct cell *first = cell_at(svg, x, y);
    struct paint paint = paint_of(svg, first);
    int n = 1;
    while (x + n < svg->c->w && strcmp(cell_at(svg, x + n, y)->text, first->text) == 0 &&
           paint_same(paint_of(svg, cell_at(svg, x + n, y)), paint)) {
        n++;
    }
    return n;
}

/* Draw the character at (x, y) without a font where that is possible; returns the cells drawn. */
static int draw_shape(const struct svg *svg, int x, int y)
{
    const struct cell *cell = cell_at(svg, x, y);
    const struct box_glyph *box = box_of(cell->text);
    const struct sign *sign = sign_of(cell->text);
    int bar = bar_of(cell->text);
    uint32_t color = paint_of(svg, cell).fg;
    if (sign) {
        draw_sign(svg, x, y, sign, color);
        return 1;
    }
    if (!box && !bar) {
        return 0;
    }
    int n = bar || (box->up == 0 && box->down == 0) ? equal_cells(svg, x, y) : 1;
    if (box) {
        draw_box(svg, x, y, n, box, color);
    } else {
        int height = (CELL_H * bar + 4) / 8;
        draw_rect(svg, left_of(x), top_of(y) + CELL_H - height, n * CELL_W, height, color);
    }
    return n;
}

static void add_escaped(struct sink *out, const char *text)
{
    for (; *text; text++) {
        switch (*text) {
        case '&':
            sink_add(out, "&amp;");
            break;
        case '<':
            sink_add(out, "&lt;");
            break;
        case '>':
            sink_add(out, "&gt;");
            break;
        default:
            sink_add_bytes(out, text, 1);
        }
    }
}

static bool is_blank(const struct cell *cell)
{
    return strcmp(cell->text, " ") == 0 || strcmp(cell->text, "\xc2\xa0") == 0;
}

/* A run of text: cells of one look and one width. A narrow character beyond ASCII stands alone, as
 * its font may be another one. Returns the cells it covers. */
static int run_length(const struct svg *svg, int x, int y)
{
    const struct cell *first = cell_at(svg, x, y);
    struct paint paint = paint_of(svg, first);
    bool ascii = (unsigned char)first->text[0] < 0x80;
    int n = first->width;
    if (!ascii && n == 1) {
        return 1;
    }
    while (x + n < svg->c->w) {
        const struct cell *next = cell_at(svg, x + n, y);
        if (next->width != first->width || is_blank(next) ||
            ((unsigned char)next->text[0] < 0x80) != ascii ||
            !paint_same(paint_of(svg, next), paint)) {
            break;
        }
        n += next->width;
    }
    return n;
}

static int draw_run(const struct svg *svg, int x, int y)
{
    int n = run_length(svg, x, y);
    struct paint paint = paint_of(svg, cell_at(svg, x, y));
    sink_addf(svg->out, "<text x=\"%d\" y=\"%d\" textLength=\"%d\"", left_of(x),
              top_of(y) + BASELINE, n * CELL_W);
    if (cell_at(svg, x, y)->width == 2) {
        sink_add(svg->out, " font-size=\"" FONT_SIZE_WIDE "\"");
    }
    if (paint.fg != svg->plain.fg) {
        sink_addf(svg->out, " fill=\"#%06x\"", paint.fg);
    }
    sink_add(svg->out, paint.bold ? " font-weight=\"bold\">" : ">");
    for (int i = 0; i < n; i++) {
        add_escaped(svg->out, cell_at(svg, x + i, y)->text);
    }
    sink_add(svg->out, "</text>\n");
    return n;
}

static void draw_row(const struct svg *svg, int y)
{
    draw_backgrounds(svg, y);
    for (int x = 0; x < svg->c->w;) {
        const struct cell *cell = cell_at(svg, x, y);
        int drawn = 1;
        if (cell->width > 0 && !is_blank(cell)) {
            drawn = draw_shape(svg, x, y);
            drawn = drawn > 0 ? drawn : draw_run(svg, x, y);
        }
        x += drawn;
    }
}

void svg_print(struct sink *out, const struct canvas *c, const struct theme *theme,
               enum theme_background background)
{
    static const struct paint plain[] = {
        [BACKGROUND_DARK] = {.fg = 0xd8d8d8, .bg = 0x1e1e1e},
        [BACKGROUND_ANY] = {.fg = 0xd8d8d8, .bg = 0x1e1e1e},
        [BACKGROUND_LIGHT] = {.fg = 0x1c1c1c, .bg = 0xffffff},
    };
    struct svg svg = {.out = out, .c = c, .theme = theme, .plain = plain[background]};
    int w = 2 * MARGIN + c->w * CELL_W, h = 2 * MARGIN + c->h * CELL_H;
    sink_addf(out,
              "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
              "viewBox=\"0 0 %d %d\">\n",
              w, h, w, h);
    sink_addf(out, "<rect width=\"%d\" height=\"%d\" rx=\"6\" fill=\"#%06x\"/>\n", w, h,
              svg.plain.bg);
    sink_addf(out,
              "<g font-family=\"NanumGothicCoding, 'Nanum Gothic Coding', D2Coding, "
              "'DejaVu Sans Mono', monospace\" font-size=\"" FONT_SIZE "\" fill=\"#%06x\">\n",
              svg.plain.fg);
    for (int y = 0; y < c->h; y++) {
        draw_row(&svg, y);
    }
    sink_add(out, "</g>\n</svg>\n");
}
