/* SPDX-License-Identifier: MIT */
/* The three built-in themes as one table, role by role. */
#include "tcptop/base/theme.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define PLAIN                                                                                      \
    {                                                                                              \
        -1, -1, 0                                                                                  \
    }
#define WITH(a)                                                                                    \
    {                                                                                              \
        -1, -1, a                                                                                  \
    }
#define C(i)                                                                                       \
    {                                                                                              \
        i, -1, 0                                                                                   \
    }
#define CB(i)                                                                                      \
    {                                                                                              \
        i, -1, STYLE_BOLD                                                                          \
    }
#define ON(f, b)                                                                                   \
    {                                                                                              \
        f, b, STYLE_BOLD                                                                           \
    }
#define DIM       WITH(STYLE_DIM)
#define BOLD      WITH(STYLE_BOLD)
#define REVERSE   WITH(STYLE_REVERSE)
#define REVERSE_B WITH(STYLE_REVERSE | STYLE_BOLD)

enum { RED = 1, YELLOW = 3, BLUE = 4, MAGENTA = 5, CYAN = 6, WHITE = 7 };

/* Mono, then 16 colours on dark and on light, 256 on dark, on light and on any ground. Calm is grey
 * and blue, trouble orange or dark red; red is never set against green. On a ground that is not
 * known what stands out is the terminal's own foreground, in bold: of 16 colours none can be read
 * on black and on white, and of 256 a handful. */
enum {
    STYLES_MONO,
    STYLES_16_DARK,
    STYLES_16_LIGHT,
    STYLES_256_DARK,
    STYLES_256_LIGHT,
    STYLES_256_ANY,
    STYLES_COUNT
};

static const struct style styles[ROLE_COUNT][STYLES_COUNT] = {
    [ROLE_TEXT] = {PLAIN, PLAIN, PLAIN, PLAIN, PLAIN, PLAIN},
    [ROLE_DIM] = {DIM, DIM, DIM, C(246), C(241), C(243)},
    [ROLE_RULE] = {DIM, DIM, DIM, C(243), C(244), C(243)},
    [ROLE_FLAT] = {DIM, DIM, DIM, C(243), C(244), C(243)},
    [ROLE_TITLE] = {BOLD, BOLD, BOLD, CB(250), CB(238), BOLD},
    [ROLE_FOCUS] = {BOLD, CB(CYAN), CB(BLUE), CB(117), CB(25), CB(63)},
    [ROLE_KEY] = {BOLD, BOLD, BOLD, C(117), C(25), C(63)},
    [ROLE_CURSOR] = {REVERSE, REVERSE, REVERSE, REVERSE, REVERSE, REVERSE},
    [ROLE_CURSOR_OFF] = {BOLD, BOLD, BOLD, CB(255), CB(232), BOLD},
    [ROLE_LIVE] = {BOLD, BOLD, BOLD, CB(255), CB(232), BOLD},
    [ROLE_HEAD] = {BOLD, C(CYAN), C(BLUE), CB(110), CB(25), CB(63)},
    [ROLE_ST_LISTEN] = {PLAIN, C(CYAN), C(BLUE), C(110), C(25), C(63)},
    [ROLE_ST_OPEN] = {PLAIN, PLAIN, PLAIN, PLAIN, PLAIN, PLAIN},
    [ROLE_ST_OPENING] = {PLAIN, CB(YELLOW), C(MAGENTA), C(222), C(91), C(163)},
    [ROLE_ST_CLOSING] = {PLAIN, C(CYAN), C(BLUE), C(116), C(23), C(29)},
    [ROLE_ST_DONE] = {DIM, DIM, DIM, C(247), C(241), C(243)},
    [ROLE_ST_STUCK] = {BOLD, CB(YELLOW), C(RED), CB(208), CB(124), CB(131)},
    [ROLE_OK] = {PLAIN, C(CYAN), C(BLUE), C(74), C(24), C(63)},
    [ROLE_WARN] = {BOLD, CB(YELLOW), C(RED), CB(208), CB(124), CB(131)},
    [ROLE_CRIT] = {REVERSE_B, ON(WHITE, RED), ON(WHITE, RED), ON(231, 160), ON(231, 160),
                   ON(231, 160)},
    [ROLE_NEW] = {BOLD, CB(CYAN), CB(BLUE), C(81), C(26), C(63)},
    [ROLE_CHANGED] = {BOLD, CB(YELLOW), C(MAGENTA), C(222), C(94), C(163)},
    [ROLE_CLOSED] = {DIM, DIM, DIM, C(246), C(242), C(243)},
    [ROLE_BADGE] = {REVERSE_B, REVERSE_B, REVERSE_B, ON(16, 214), ON(231, 94), REVERSE_B},
};

void theme_init(struct theme *t, enum theme_depth depth, enum theme_background background)
{
    static const uint8_t column[][BACKGROUND_COUNT] = {
        [DEPTH_MONO] = {STYLES_MONO, STYLES_MONO, STYLES_MONO},
        [DEPTH_16] = {STYLES_16_DARK, STYLES_16_LIGHT, STYLES_MONO},
        [DEPTH_256] = {STYLES_256_DARK, STYLES_256_LIGHT, STYLES_256_ANY},
    };

    for (unsigned role = 0; role < ROLE_COUNT; role++)
        t->style[role] = styles[role][column[depth][background]];
}

const char *theme_name(enum theme_background background)
{
    static const char *const names[] = {
        [BACKGROUND_DARK] = "dark", [BACKGROUND_LIGHT] = "light", [BACKGROUND_ANY] = "any"};

    return names[background];
}

static const char *const color_names[] = {"black", "red",     "green", "yellow",
                                          "blue",  "magenta", "cyan",  "white"};
static const struct {
    const char *name;
    uint8_t attribute;
} attribute_names[] = {{"bold", STYLE_BOLD}, {"dim", STYLE_DIM}, {"reverse", STYLE_REVERSE}};

/* A colour's index, -1 for "default", -2 when the word is none. */
static int color_of(const char *word)
{
    char *end;
    long number;

    if (!strcasecmp(word, "default"))
        return -1;
    for (size_t i = 0; i < sizeof color_names / sizeof *color_names; i++) {
        if (!strcasecmp(word, color_names[i]))
            return (int)i;
    }
    number = strtol(word, &end, 10);
    return *end == '\0' && *word >= '0' && *word <= '9' && number <= 255 ? (int)number : -2;
}

static uint8_t attribute_of(const char *word)
{
    for (size_t i = 0; i < sizeof attribute_names / sizeof *attribute_names; i++) {
        if (!strcasecmp(word, attribute_names[i].name))
            return attribute_names[i].attribute;
    }
    return 0;
}

/* Take one word of the text into `look`. `place` is where the next colour goes: 0 foreign ground,
 * 1 background, 2 nowhere. */
static bool take_word(struct style *style, const char *word, int *place, bool *on)
{
    uint8_t attribute = attribute_of(word);
    int color = color_of(word);

    if (attribute) {
        style->attributes |= attribute;
        return !*on;
    }
    if (!strcasecmp(word, "on"))
        return !*on && *place == 1 ? (*on = true) : false;
    if (color == -2 || (*place == 1 && !*on) || *place > 1)
        return false;
    *(*place == 0 ? &style->fg : &style->bg) = (int16_t)color;
    ++*place;
    *on = false;
    return true;
}

int theme_set(struct theme *t, enum role role, const char *value, enum theme_depth depth)
{
    struct style style = PLAIN;
    char words[64], *word, *rest = NULL;
    int place = 0, n = 0;
    bool on = false;

    if (strlen(value) >= sizeof words)
        return -EINVAL;
    strcpy(words, value);
    for (word = strtok_r(words, " ", &rest); word; word = strtok_r(NULL, " ", &rest), n++) {
        if (!take_word(&style, word, &place, &on))
            return -EINVAL;
    }
    if (n == 0 || on)
        return -EINVAL;
    if (depth == DEPTH_MONO)
        style.fg = style.bg = -1;
    if (depth == DEPTH_16 && (style.fg > 15 || style.bg > 15))
        return 0; /* such a terminal keeps the built-in look */
    t->style[role] = style;
    return 0;
}

uint32_t theme_rgb(int index)
{
    static const uint32_t base[16] = {
        0x000000, 0xcd3131, 0x0dbc79, 0xb58900, 0x2472c8, 0xbc3fbc, 0x11a8cd, 0xe5e5e5,
        0x666666, 0xf14c4c, 0x23d18b, 0xf5f543, 0x3b8eea, 0xd670d6, 0x29b8db, 0xffffff,
    };
    static const uint32_t step[6] = {0, 95, 135, 175, 215, 255};

    if (index < 16)
        return base[index < 0 ? 0 : index];
    if (index < 232) {
        unsigned cube = (unsigned)index - 16;

        return step[cube / 36] << 16 | step[cube / 6 % 6] << 8 | step[cube % 6];
    }
    return (uint32_t)(8 + 10 * (index - 232)) * 0x010101u;
}
