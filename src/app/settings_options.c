/* The keys of the configuration file as one table, and what each does to the settings. */
#include "settings_options.h"

#include <stdio.h>
#include <string.h>

#include "cli_error.h"

#define OPTION_OF_COUNT    OPTION_NUMBER
#define OPTION_OF_PERCENT  OPTION_DECIMAL
#define OPTION_OF_DURATION OPTION_DURATION

static const struct option rows[SETTING_COUNT] = {
#define SETTING(ident, section, key, type, min, max, choices, initial, help)                       \
    {section, key, type, min, max, choices, initial, help},
    SETTINGS(SETTING)
#undef SETTING
#define ROLE(ident, key)                                                                           \
    {"colors", key, OPTION_TEXT, 0, 63, NULL, "", "Empty: as the theme has it."},
        ROLES(ROLE)
#undef ROLE
#define COMMAND(ident, name, keys, shown, group)                                                   \
    {"keys", name, OPTION_TEXT, 0, 127, NULL, keys, "Keys separated by blanks; empty: none."},
            COMMANDS(COMMAND)
#undef COMMAND
#define RULE(ident, name, states, judges, per_row, commands)
#define LIMIT(rule, field, key, kind, min, max, number, initial, help)                             \
    {"doctor", key, OPTION_OF_##kind, min, max, NULL, initial, help},
#define FIGURE(rule, field, key, kind)
#include "tcptop/doctor/rules.def"
};

const struct option *settings_options(size_t *n)
{
    *n = SETTING_COUNT;
    return rows;
}

int sort_parse(struct sort *sort, const char *text, struct err *err)
{
    size_t len;
    int descending;
    int rc = sort_split(text, &len, &descending, err);
    if (rc)
        return rc;
    const int column = column_find(text, len);
    if (column < 0)
        return column_refuse(text, len, err);
    if (descending < 0) /* as the menu would */
        descending = (columns[column].flags & COLUMN_LARGEST) != 0;
    *sort = (struct sort){(enum column_id)column, descending == 1};
    return 0;
}

static int show_columns(struct settings *s, const char *list, struct err *err)
{
    enum column_id ids[COL_COUNT];
    const int n = *list ? column_parse_list(list, ids, COL_COUNT, err) : 0;
    if (n < 0)
        return n;
    memcpy(s->columns, ids, (size_t)n * sizeof ids[0]);
    s->n_columns = (size_t)n;
    return 0;
}

static int color_role(struct settings *s, enum role role, const char *value, struct err *err)
{
    struct theme scratch;
    theme_init(&scratch, DEPTH_256, BACKGROUND_DARK);
    if (*value && theme_set(&scratch, role, value, DEPTH_256))
        return cli_error_usage(err, MSG_BAD_STYLE, value, NULL);
    snprintf(s->role_text[role], sizeof s->role_text[role], "%.63s", value);
    return 0;
}

static int bind_keys(struct settings *s, enum command_id command, const char *keys, struct err *err)
{
    char bad[32];
    if (bindings_set(&s->bindings, command, keys, bad))
        return cli_error_usage(err, MSG_BAD_KEY, bad, NULL);
    return 0;
}

static uint64_t to_ms(double seconds)
{
    return (uint64_t)(seconds * 1000 + 0.5);
}

static void set_number(struct settings *s, enum setting_id id, double n)
{
    /* A choice counts from 0 in the order of its row, which is the order of the enums. */
    switch ((int)id) {
    case SETTING_INTERVAL:
        s->interval_ms = to_ms(n);
        break;
    case SETTING_LANGUAGE:
        s->language = (int)n - 1;
        break;
    case SETTING_GLYPHS:
        s->glyphs = (enum glyph_choice)n;
        break;
    case SETTING_COLOR:
        s->color = (enum when)n;
        break;
    case SETTING_FADE:
        s->fade_s = n;
        break;
    case SETTING_HISTORY:
        s->history_s = n;
        break;
    case SETTING_ESC_DELAY:
        s->esc_delay_ms = (int)to_ms(n);
        break;
    case SETTING_MOUSE:
        s->mouse = n != 0;
        break;
    case SETTING_CPU_BUDGET:
        s->cpu_budget = n / 100;
        break;
    case SETTING_NAMES:
        s->host_names = n == 1 || n == 3;
        s->service_names = n >= 2;
        break;
    case SETTING_READONLY:
        s->readonly = n != 0;
        break;
    default:
        break;
    }
}

int setting_apply(struct settings *s, enum setting_id id, const struct option_value *value,
                  struct err *err)
{
    if (id >= SETTING_LIMITS) {
        s->limits.value[id - SETTING_LIMITS] = value->number;
        return 0;
    }
    if (id >= SETTING_KEYS)
        return bind_keys(s, (enum command_id)(id - SETTING_KEYS), value->text, err);
    if (id >= SETTING_ROLES)
        return color_role(s, (enum role)(id - SETTING_ROLES), value->text, err);
    if (id == SETTING_SHOW)
        return show_columns(s, value->text, err);
    if (id == SETTING_SORT)
        return sort_parse(&s->sort, value->text, err);
    if (id == SETTING_GROUP)
        return group_by_parse(s, value->text, err);
    if (id == SETTING_BACKGROUND)
        snprintf(s->theme_name, sizeof s->theme_name, "%.31s", value->text);
    else
        set_number(s, id, value->number);
    return 0;
}

int setting_apply_text(struct settings *s, enum setting_id id, const char *text, struct err *err)
{
    struct option_value value;
    const int rc = option_parse(&rows[id], text, &value, err);
    return rc ? rc : setting_apply(s, id, &value, err);
}
