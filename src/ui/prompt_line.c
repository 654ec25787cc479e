/* SPDX-License-Identifier: MIT */
/* One line of UTF-8 being edited. A character is a base with the marks that belong to it. */
#include <string.h>

#include "prompt_line.h"
#include "tcptop/base/utf8.h"

enum { CTRL_A = 1, CTRL_E = 5, CTRL_U = 21, CTRL_W = 23 };

void prompt_line_set(struct ui_line *line, const char *text)
{
    size_t len = utf8_fit(text, strlen(text), UI_FILTER_MAX, NULL);
    if (len >= sizeof(line->text))
        len = 0;
    memcpy(line->text, text, len);
    line->text[len] = '\0';
    line->len = line->cursor = (uint32_t)len;
    line->proposed = false;
}

void prompt_line_trim(struct ui_line *line)
{
    while (line->len && line->text[line->len - 1] == ' ')
        line->text[--line->len] = '\0';
    if (line->cursor > line->len)
        line->cursor = line->len;
}

/* Replace the bytes from `from` to `to` by `len` others and stand after them. */
static bool splice(struct ui_line *line, uint32_t from, uint32_t to, const char *bytes, size_t len)
{
    size_t tail = line->len - to;
    if (from + len + tail >= sizeof(line->text))
        return false;
    memmove(line->text + from + len, line->text + to, tail + 1);
    memcpy(line->text + from, bytes, len);
    line->len = (uint32_t)(from + len + tail);
    line->cursor = (uint32_t)(from + len);
    return true;
}

bool prompt_line_insert(struct ui_line *line, keycode character)
{
    if (character < ' ' || character == KEY_CODE_BACKSPACE || character >= KEY_CODE_SPECIAL)
        return false;
    if (line->proposed)
        prompt_line_set(line, "");
    char bytes[5] = "x", clean[16]; /* a mark may stand after a base */
    size_t base = line->cursor > 0, len = utf8_encode(character, bytes + base);
    utf8_sanitise_into(clean, sizeof(clean), bytes, base + len);
    if (strlen(clean) != base + len || memcmp(clean, bytes, base + len) != 0)
        return false;
    return splice(line, line->cursor, line->cursor, bytes + base, len);
}

void prompt_line_complete(struct ui_line *line, size_t from, const char *word)
{
    if (from <= line->cursor)
        splice(line, (uint32_t)from, line->cursor, word, strlen(word));
}

static uint32_t character_at(const struct ui_line *line, uint32_t at, uint32_t *cp)
{
    return (uint32_t)utf8_decode(line->text + at, line->len - at, cp);
}

static uint32_t next(const struct ui_line *line, uint32_t at)
{
    uint32_t cp;
    at += character_at(line, at, &cp);
    for (uint32_t n; (n = character_at(line, at, &cp)) > 0 && utf8_cp_width(cp) == 0;)
        at += n;
    return at;
}

static uint32_t previous(const struct ui_line *line, uint32_t at)
{
    uint32_t before = 0;
    for (uint32_t here = 0; here < at; here = next(line, here))
        before = here;
    return before;
}

/* Where the word before the cursor begins. */
static uint32_t word_start(const struct ui_line *line)
{
    uint32_t at = line->cursor;
    while (at > 0 && line->text[at - 1] == ' ')
        at--;
    while (at > 0 && line->text[at - 1] != ' ')
        at--;
    return at;
}

bool prompt_line_edit(struct ui_line *line, keycode key, bool *changed)
{
    uint32_t len = line->len, at = line->cursor;
    switch (key) {
    case KEY_CODE_LEFT:
        line->cursor = previous(line, at);
        break;
    case KEY_CODE_RIGHT:
        line->cursor = next(line, at);
        break;
    case KEY_CODE_HOME:
    case CTRL_A:
        line->cursor = 0;
        break;
    case KEY_CODE_END:
    case CTRL_E:
        line->cursor = len;
        break;
    case KEY_CODE_BACKSPACE:
        splice(line, previous(line, at), at, "", 0);
        break;
    case KEY_CODE_DELETE:
        splice(line, at, next(line, at), "", 0);
        break;
    case CTRL_U:
        splice(line, 0, len, "", 0);
        break;
    case CTRL_W:
        splice(line, word_start(line), at, "", 0);
        break;
    default:
        return false;
    }
    line->proposed = false;
    *changed = line->len != len;
    return true;
}
