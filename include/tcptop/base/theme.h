/* SPDX-License-Identifier: MIT */
/* How roles look: the three built-in themes, and colours set by the user. */
#ifndef TCPTOP_BASE_THEME_H
#define TCPTOP_BASE_THEME_H

#include <stdbool.h>
#include <stdint.h>

#include "tcptop/base/canvas.h"

enum theme_depth { DEPTH_MONO, DEPTH_16, DEPTH_256 };
/* ANY: it is not known, so what is shown must be readable on both. */
enum theme_background { BACKGROUND_DARK, BACKGROUND_LIGHT, BACKGROUND_ANY, BACKGROUND_COUNT };

enum style_attribute { STYLE_BOLD = 1, STYLE_DIM = 2, STYLE_REVERSE = 4 };

struct style {
    int16_t fg, bg; /* colour index, -1: the terminal's own */
    uint8_t attributes;
};

struct theme {
    struct style style[ROLE_COUNT];
};

/** The built-in theme of that depth and background. */
void theme_init(struct theme *t, enum theme_depth depth, enum theme_background background);

/** What --theme calls it: "dark", "light", "any". */
const char *theme_name(enum theme_background background);

/** Set one role from config text: "117 bold", "yellow", "white on red bold", "default", "reverse".
 *  Colour names are the eight base ones and 0…255. Mono ignores colours, keeps attributes.
 *  Returns 0 or -EINVAL (then unchanged). */
int theme_set(struct theme *t, enum role role, const char *value, enum theme_depth depth);

/** Red, green, blue of an xterm-256 index, for the SVG writer. */
uint32_t theme_rgb(int index);

#endif
