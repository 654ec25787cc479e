/* SPDX-License-Identifier: MIT */
/* --help and --version, from the table of options. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app.h"
#include "arguments.h"
#include "tcptop/app/modes.h"
#include "tcptop/base/program.h"
#include "tcptop/query/column.h"

#define WIDTH       78
#define HELP_COLUMN 26 /* where the explanations begin */

static void add_line(struct sink *out, const char *left, enum msg right)
{
    char padded[80];
    snprintf(padded, sizeof padded, "  %-*s ", HELP_COLUMN - 3, left);
    sink_add(out, padded);
    sink_add(out, text(right));
    sink_add(out, "\n");
}

static void add_option(struct sink *out, enum argument_id id)
{
    const struct argument_row *row = &argument_rows[id];
    char letter[8] = "    ", left[64];
    if (row->letter)
        snprintf(letter, sizeof letter, "-%c%s", row->letter, row->name ? ", " : "");
    snprintf(left, sizeof left, "%s%s%s%s%s", letter, row->name ? "--" : "",
             row->name ? row->name : "", row->value ? " " : "", row->value ? row->value : "");
    add_line(out, left, row->help);
}

static void add_group(struct sink *out, enum msg title)
{
    sink_add(out, "\n");
    sink_add(out, text(title));
    sink_add(out, "\n");
}

/* The ids of all columns, as --columns, --sort, --group-by and filters take them. */
static void add_columns(struct sink *out)
{
    size_t at = WIDTH;
    add_group(out, MSG_USAGE_COLUMNS);
    for (int id = 0; id < COL_COUNT; id++) {
        const size_t len = strlen(columns[id].id);
        if (at + 1 + len > WIDTH) {
            sink_add(out, id ? "\n " : " ");
            at = 1;
        }
        sink_add(out, " ");
        sink_add(out, columns[id].id);
        at += 1 + len;
    }
    sink_add(out, "\n");
}

int help_mode_run(const struct settings *s, bool utf8)
{
    struct sink out;
    (void)s, (void)utf8;
    if (sink_init(&out, STDOUT_FILENO))
        return EXIT_FAILED;
    sink_add(&out, text(MSG_USAGE));
    sink_add(&out, "\n");
    sink_add(&out, text(MSG_USAGE_INTRO));
    sink_add(&out, "\n");
    sink_add(&out, text(MSG_USAGE_SCREEN));
    sink_add(&out, "\n\n");
    add_line(&out, "USER@HOST", MSG_USAGE_HOST);
    add_line(&out, ":PORT", MSG_USAGE_PORT);
    add_line(&out, "INTERVAL [COUNT]", MSG_USAGE_INTERVAL);
#define GROUP(ident)         add_group(&out, MSG_OPTS_##ident);
#define ARGUMENT(ident, ...) add_option(&out, ARGUMENT_##ident);
#define KEY(...)
#define OPTION(ident, ...) add_option(&out, ARGUMENT_##ident);
#include "options.def"
    add_columns(&out);
    sink_add(&out, "\n");
    sink_add(&out, text(MSG_USAGE_OWNERS));
    sink_add(&out, "\n\n");
    sink_add(&out, text(MSG_USAGE_EXIT));
    sink_add(&out, "\n");
    return app_finish(&out, EXIT_COMPLETE);
}

int help_mode_version(const struct settings *s, bool utf8)
{
    struct sink out;
    (void)s, (void)utf8;
    if (sink_init(&out, STDOUT_FILENO))
        return EXIT_FAILED;
    sink_add(&out, TCPTOP_NAME " " TCPTOP_VERSION "\n");
    return app_finish(&out, EXIT_COMPLETE);
}
