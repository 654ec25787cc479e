/* One key of the configuration and what it does to the settings; the command line uses the same
 * keys for the options that have a twin there. */
#ifndef TCPTOP_SRC_APP_SETTINGS_OPTIONS_H
#define TCPTOP_SRC_APP_SETTINGS_OPTIONS_H

#include "tcptop/app/settings.h"

/* SETTING(IDENT, section, key, type, min, max, choices, default, help). */
#define SETTINGS(SETTING)                                                                          \
    SETTING(INTERVAL, "general", "interval", OPTION_DURATION, 0.01, 3600, NULL, "1 s",             \
            "Time between two samples, 10 ms to 1 h.")                                             \
    SETTING(LANGUAGE, "general", "language", OPTION_CHOICE, 0, 0, "auto en ko", "auto",            \
            "auto: as LC_ALL, LC_MESSAGES or LANG say; en; ko.")                                   \
    SETTING(GLYPHS, "general", "glyphs", OPTION_CHOICE, 0, 0, "auto unicode ascii", "auto",        \
            "Lines and bars; auto asks the terminal whether it draws them one column wide.")       \
    SETTING(COLOR, "general", "color", OPTION_CHOICE, 0, 0, "auto always never", "auto",           \
            "auto: where the terminal has colours and NO_COLOR is not set.")                       \
    SETTING(FADE, "general", "fade", OPTION_DURATION, 0, 60, NULL, "3 s",                          \
            "How long new, changed and closed rows stay marked.")                                  \
    SETTING(                                                                                       \
        HISTORY, "general", "history", OPTION_DURATION, 60, 3600, NULL, "5 min",                   \
        "How far back samples are kept, at most 6,000; the state diagram looks back a minute.")    \
    SETTING(ESC_DELAY, "general", "esc_delay", OPTION_DURATION, 0.001, 1, NULL, "25 ms",           \
            "How long Esc waits for the rest of a key's bytes.")                                   \
    SETTING(MOUSE, "general", "mouse", OPTION_BOOL, 0, 0, NULL, "yes",                             \
            "Clicks select and sort; Shift-drag still selects text.")                              \
    SETTING(CPU_BUDGET, "general", "cpu_budget", OPTION_NUMBER, 1, 100, NULL, "25",                \
            "Per cent of one core: above it the interval stretches, ends of connections are "      \
            "missed; two fifths more for owners.")                                                 \
    SETTING(NAMES, "general", "names", OPTION_CHOICE, 0, 0, "none hosts services both", "none",    \
            "Names in the place of addresses (hosts: asks DNS) and ports (services) on screen.")   \
    SETTING(READONLY, "general", "readonly", OPTION_BOOL, 0, 0, NULL, "no",                        \
            "Offer nothing that changes the host.")                                                \
    SETTING(SHOW, "columns", "show", OPTION_TEXT, 0, 255, NULL, "",                                \
            "Column ids separated by commas; empty: what fits, most important first.")             \
    SETTING(SORT, "columns", "sort", OPTION_TEXT, 0, 64, NULL, "state",                            \
            "A column id, with :desc for the largest first.")                                      \
    SETTING(GROUP, "columns", "group", OPTION_TEXT, 0, 64, NULL, "",                               \
            "A column id: start with groups of the rows that have it in common; empty: rows.")     \
    SETTING(BACKGROUND, "colors", "background", OPTION_CHOICE, 0, 0, "auto dark light", "auto",    \
            "The theme; auto reads COLORFGBG, else dark.")

enum setting_id {
#define SETTING(ident, ...) SETTING_##ident,
    SETTINGS(SETTING)
#undef SETTING
        SETTING_ROLES,                             /* then one row per role in [colors] … */
    SETTING_KEYS = SETTING_ROLES + ROLE_COUNT,     /* … one per command in [keys] … */
    SETTING_LIMITS = SETTING_KEYS + COMMAND_COUNT, /* … and one per threshold in [doctor] */
    SETTING_COUNT = SETTING_LIMITS + THRESHOLD_COUNT
};

/** Put a checked value into force. Returns 0 or -EINVAL with `err`; then nothing has changed. */
int setting_apply(struct settings *s, enum setting_id id, const struct option_value *value,
                  struct err *err);

/** The same from text, checked against the row first. */
int setting_apply_text(struct settings *s, enum setting_id id, const char *text, struct err *err);

/** Parse "COL[:asc|:desc]". */
int sort_parse(struct sort *sort, const char *text, struct err *err);

/** Split "NAME[:asc|:desc]": the length of the name, and the direction, -1 where it is left open.
 */
int sort_split(const char *text, size_t *len, int *descending, struct err *err);

/** Refuse a name that is no column's; -EINVAL. */
int column_refuse(const char *text, size_t len, struct err *err);

/** "NAME[:asc|:desc]" for groups: "count", "change", the column they are made by, or one that is
 *  summed. Returns 0; -ENOENT when it names none of these; -EINVAL with `err`. */
int group_sort_parse(struct group_sort *sort, const struct grouping *how, const char *text,
                     struct err *err);

/** The column to group by; "" for none. */
int group_by_parse(struct settings *s, const char *name, struct err *err);

/** Are samples printed, not shown? */
bool settings_print(const struct settings *s);

/** Groups that are printed have sums in place of columns: is each that was named one? */
int group_sums_check(const struct settings *s, struct err *err);

#endif
