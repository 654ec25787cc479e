/* SPDX-License-Identifier: MIT */
/* Any bytes through the sanitiser give valid UTF-8 without a control or invisible character, of the
 * width that is announced; any bytes on a canvas leave every wide character whole. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/fuzz.h"
#include "tcptop/base/canvas.h"
#include "tcptop/base/utf8.h"

FUZZ_SEEDS(FUZZ_SEED("plain"), FUZZ_SEED("한글 가나다"), FUZZ_SEED("\x1b[2J\u202eabc"),
           FUZZ_SEED("e\u0301\u0301 \u1112\u1161\u11ab"),
           FUZZ_SEED("\xff\xc0\x80\xed\xa0\x80\xf4\x90"))

static void demand(bool holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "text_fuzz: %s\n", what);
        abort();
    }
}

static void check_safe(const char *text, size_t len)
{
    for (size_t at = 0; at < len;) {
        uint32_t cp = 0;
        at += utf8_decode(text + at, len - at, &cp);
        demand(cp != UTF8_BAD && cp >= 0x20 && !(cp >= 0x7f && cp < 0xa0), "unsafe character");
        demand(cp != 0x202e && cp != 0x200b && cp != 0xfeff, "invisible character");
    }
}

static void check_canvas(const char *text, int x)
{
    struct canvas c;
    if (canvas_init(&c, 7, 1) != 0) {
        return;
    }
    canvas_put(&c, 0, 0, 7, ROLE_TEXT, "\uac00\ub098\ub2e4");
    canvas_put(&c, x, 0, 5, ROLE_TEXT, text);
    for (int i = 0; i < c.w; i++) {
        const struct cell *cell = canvas_at(&c, i, 0);
        demand(utf8_width(cell->text) == cell->width, "a cell's text is as wide as the cell");
        const struct cell *next = canvas_at(&c, i + 1, 0);
        demand((cell->width == 2) == (next && next->width == 0), "half a character");
    }
    canvas_fini(&c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const size_t room = 3 * len + 1; /* every byte may have to be replaced by three */
    char *clean = malloc(room), *raw = calloc(1, len + 1), small[9];
    demand(clean && raw, "no memory");
    utf8_sanitise_into(clean, room, data, len);
    check_safe(clean, strlen(clean));
    utf8_sanitise_into(small, sizeof(small), data, len);
    check_safe(small, strlen(small));
    demand(strncmp(small, clean, strlen(small)) == 0, "less room changes nothing before its end");

    int used = 0;
    size_t fits = utf8_fit(clean, strlen(clean), 9, &used);
    demand(used <= 9 && used == utf8_width_n(clean, fits), "utf8_fit");
    check_canvas(clean, len > 0 ? data[0] % 10 - 2 : 0);

    if (len > 0)
        memcpy(raw, data, len);
    check_canvas(raw, len > 0 ? data[0] % 10 - 2 : 0);
    free(clean);
    free(raw);
    return 0;
}
