/* SPDX-License-Identifier: MIT */
/* What the user wants, from the command line, the configuration file and the environment. */
#ifndef TCPTOP_APP_SETTINGS_H
#define TCPTOP_APP_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tcptop/base/err.h"
#include "tcptop/base/moment.h"
#include "tcptop/base/theme.h"
#include "tcptop/config/ini.h"
#include "tcptop/doctor/doctor.h"
#include "tcptop/output/output.h"
#include "tcptop/query/groups.h"
#include "tcptop/query/rows.h"
#include "tcptop/term/tty.h"
#include "tcptop/ui/ui_settings.h"

/* Exit codes, the contract of the command line. */
enum exit_code { EXIT_COMPLETE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_PARTIAL = 3 };

enum mode {
#define MODE(ident, ...) MODE_##ident,
#include "tcptop/app/modes.def"
    MODE_COUNT
};
enum when { WHEN_AUTO, WHEN_ALWAYS, WHEN_NEVER };
enum dump_format { DUMP_TEXT, DUMP_SVG };

struct settings {
    struct ui_settings ui; /* what the screen obeys; what is printed obeys much of it, too */
    enum mode mode;
    enum format format;
    bool summary;
    uint64_t count;          /* batch: samples, 0 for ever */
    const char *output_path; /* --output, of metrics; NULL: standard output */
    bool answer_http;        /* metrics are asked for on standard input, by HTTP */
    bool interval_given;
    bool columns_given; /* on the command line: JSON and CSV obey them too */
    bool group_given;   /* on the command line: output obeys it too */
    uint32_t limit;
    int language; /* enum language, -1: from the locale */
    unsigned explain_state;
    unsigned learn_state;         /* one that there is a lesson about */
    struct moment begin, end, at; /* of the recording that is read */
    const char *diff_path;        /* --diff: compare it with that one; NULL: the same */
    struct moment diff_at;        /* the moment of it */
    const char *write_path;       /* --write */
    int64_t keep_ns;              /* 0: no limit */
    uint64_t max_bytes;           /* the same */
    bool redact, force;
    const char *config_path;
    bool no_config;
    enum when color;
    enum glyph_choice glyphs;
    const char *keys_path;
    enum dump_format dump;

    char theme_name[32];            /* "auto", or that of a theme */
    char role_text[ROLE_COUNT][64]; /* [colors], "" when not set */

    size_t n_warnings;  /* that went to stderr … */
    struct err warning; /* … and the first of them, for the screen */

    double cpu_budget;       /* share of one core */
    struct limits limits;    /* of the doctor */
    uint64_t history_memory; /* bytes; 0: no past is kept */
    bool mouse;
    int esc_delay_ms;
};

/** Are samples taken on this host, when they are asked for? Else they are read, as they come. */
static inline bool settings_samples_here(const struct settings *s)
{
    return !s->ui.read_path && !s->ui.host;
}

/** Are metrics for Prometheus wanted, whatever way? */
static inline bool settings_want_metrics(const struct settings *s)
{
    return s->answer_http || s->format == FORMAT_PROMETHEUS || s->format == FORMAT_OPENMETRICS;
}

/** Are these metrics those of a process that takes sample after sample? */
static inline bool settings_metrics_go_on(const struct settings *s)
{
    return s->mode == MODE_METRICS && !s->answer_http && s->count != 1;
}

/** Every key of the configuration file. */
const struct option *options_keys(size_t *n);

/** Defaults, then the configuration file, then the command line; puts the language in force.
 *  `utf8`: what settings_locale() said. Returns 0, or EXIT_USAGE with `err` filled. Warnings about
 *  the file go to stderr. */
int settings_load(struct settings *s, int argc, char **argv, bool utf8, struct err *err);

/** setlocale() for characters; true when they are UTF-8. C.UTF-8 is taken when the named locale is
 *  not installed but names UTF-8. */
bool settings_locale(void);

/** The language to speak: what was asked for, else the locale's. Without UTF-8, and on a Linux
 *  console, which has no Hangul, English. */
enum language settings_language(const struct settings *s, bool utf8);

/** Is output drawn in ASCII? `utf8`: what settings_locale() said. */
static inline bool settings_ascii(const struct settings *s, bool utf8)
{
    return !utf8 || s->glyphs == GLYPHS_ASCII;
}

/** How the rows are grouped, with the sums of the columns in force; only where group_by says. */
struct grouping settings_grouping(const struct settings *s);

/** What a screen needs: `s->ui`, and what the mode puts beside it. `s` outlives it. */
void settings_for_ui(const struct settings *s, struct ui_settings *ui);

/** The colours for a terminal of that depth: theme, background, [colors]. */
void settings_theme(const struct settings *s, enum theme_depth depth,
                    enum theme_background background, struct theme *theme);
enum theme_background settings_background(const struct settings *s);

/** Colours where they are possible? As --color, general.color and NO_COLOR say, in this order. */
bool settings_color(const struct settings *s);

#endif
