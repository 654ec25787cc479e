/* The theme and the use of colour that settings, environment and terminal lead to. */
#include <stdlib.h>
#include <string.h>

#include "tcptop/app/settings.h"

/* COLORFGBG is "15;0", "0;default;15": the background comes last, as an index of the 16 colours. */
static bool light_background(void)
{
    const char *value = getenv("COLORFGBG");
    const char *last = value ? strrchr(value, ';') : NULL;
    return last && (strcmp(last, ";7") == 0 || strcmp(last, ";15") == 0);
}

enum theme_background settings_background(const struct settings *s)
{
    if (strcmp(s->theme_name, "auto") != 0)
        return strcmp(s->theme_name, "light") == 0 ? BACKGROUND_LIGHT : BACKGROUND_DARK;
    return light_background() ? BACKGROUND_LIGHT : BACKGROUND_DARK;
}

void settings_theme(const struct settings *s, enum theme_depth depth, struct theme *theme)
{
    theme_init(theme, depth, settings_background(s));
    for (int role = 0; role < ROLE_COUNT; role++)
        if (*s->role_text[role])
            theme_set(theme, (enum role)role, s->role_text[role], depth);
}

bool settings_color(const struct settings *s)
{
    const char *no_color = getenv("NO_COLOR");
    if (s->color != WHEN_AUTO)
        return s->color == WHEN_ALWAYS;
    return !(no_color && *no_color);
}
