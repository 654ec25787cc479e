/* SPDX-License-Identifier: MIT */
/* Reads the settings from the defaults, the configuration file and the command line, in this order,
 * and derives language, characters, theme and colour from them and the environment. */
#include "tcptop/app/settings.h"

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "app.h"
#include "cli_error.h"
#include "options.h"
#include "tcptop/base/privileges.h"
#include "tcptop/base/rehearsal.h"
#include "tcptop/base/utf8.h"
#include "tcptop/model/state.h"

#define INTERVAL_PLAUSIBLE_S 600 /* without COUNT; on a terminal a tenth of it */

static void set_defaults(struct settings *s)
{
    *s = (struct settings){
        .language = -1,
        .ui = {.group_by = -1, .group_sort = {.figure = GROUP_COUNT, .descending = true}}};
    keymap_init(&s->ui.bindings);
    rules_limits_init(&s->limits);
    size_t n;
    const struct option *rows = options_keys(&n);
    for (size_t i = 0; i < n; i++)
        if (*rows[i].initial && i < SETTING_KEYS) /* keys: the table's own, just set */
            option_setting_text(s, (enum setting_id)i, NULL, rows[i].initial, NULL);
}

/* Say it on stderr now, and on the screen if one opens. */
static void warn(struct settings *s, const char *line)
{
    cli_error(line);
    if (!s->n_warnings++)
        err_set(&s->warning, 0, "%s", line);
}

/* Warn of a key that the file gives to a command while another command has it, too: only the last
 * one in the order of the table gets it. A command that the file does not name has its own keys. */
static void warn_of_keys(struct settings *s, const char *path, const struct option_value *values)
{
    const struct option_value *of = values + SETTING_KEYS;
    for (size_t a = 0; a < COMMAND_COUNT; a++)
        for (size_t b = 0; b < COMMAND_COUNT; b++) {
            char key[24];
            if (a == b || !of[a].set || (of[b].set && b < a) ||
                !keymap_shared(of[a].text, of[b].set ? of[b].text : commands[b].keys, key))
                continue;
            const int has = keymap_find_name(&s->ui.bindings, key);
            struct str line = STR_INIT;
            text_fill(&line, MSG_KEY_TWICE, path, key, commands[a].name, commands[b].name,
                      has < 0 ? "" : commands[has].name, NULL);
            warn(s, str_text(&line));
            str_fini(&line);
            break; /* one for each command is enough */
        }
}

/* Every key of the file that is good comes into force; the others keep their defaults. What is
 * wrong is said in the order of the file. */
static int apply_file(struct settings *s, const char *path, const struct option *rows,
                      const struct option_value *values, size_t n, struct ini_problems *problems)
{
    int rc = 0;
    for (size_t i = 0; i < n && !rc; i++) {
        struct err why, what;
        if (!values[i].set || option_setting(s, (enum setting_id)i, &values[i], &why) == 0)
            continue;
        err_set(&what, 0, "[%s] %s: %s", rows[i].section, rows[i].key, why.msg);
        rc = ini_problems_add(problems, path, values[i].line, what.msg);
    }
    for (size_t i = 0; i < problems->n; i++)
        warn(s, problems->list[i].msg);
    warn_of_keys(s, path, values);
    return rc;
}

/* What ini_load() gets, and returns. */
struct load {
    const char *path;
    struct option_value *values;
    struct ini_problems problems;
    struct err err;
    int rc;
};

static void load(void *arg)
{
    struct load *l = arg;
    size_t n;
    const struct option *rows = options_keys(&n);
    l->rc = ini_load(l->path, rows, n, l->values, &l->problems, &l->err);
}

/* Load it, but first in a child: iniparser crashes where it finds no memory. */
static int load_safely(struct load *l)
{
    if (rehearsal_run(load, l))
        return l->rc = err_set(&l->err, -ENOMEM, "%s", text_error(ENOMEM));
    load(l);
    return l->rc;
}

static int load_file(struct settings *s, const char *path, bool asked, struct err *err)
{
    size_t n;
    const struct option *rows = options_keys(&n);
    struct option_value *values = calloc(n, sizeof *values);
    if (!values)
        return err_set(err, -ENOMEM, "%s", text_error(ENOMEM));
    struct load l = {.path = path, .values = values};
    int rc = load_safely(&l);
    *err = l.err;
    for (size_t i = 0; rc && i < l.problems.n; i++)
        warn(s, l.problems.list[i].msg);
    if (rc == 0 && apply_file(s, path, rows, values, n, &l.problems)) {
        rc = err_set(err, -ENOMEM, "%s", text_error(ENOMEM));
    } else if (rc == -ENOENT && asked) {
        cli_error_usage(err, MSG_NO_CONFIG_FILE, path, NULL);
    } else if (rc && !asked) { /* nobody asked for it: say so and go on without */
        if (rc != -ENOENT)
            warn(s, err->msg);
        rc = 0;
    }
    ini_problems_fini(&l.problems);
    free(values);
    return rc;
}

/* What the host's own configuration says of `readonly`. One that cannot be read forbids. */
static bool system_is_readonly(void)
{
    size_t n;
    options_keys(&n);
    struct option_value *values = calloc(n, sizeof *values);
    struct load l = {.path = INI_SYSTEM_PATH, .values = values};
    int rc = values ? load_safely(&l) : -ENOMEM;
    bool readonly = rc ? rc != -ENOENT : values[SETTING_READONLY].number != 0;

    ini_problems_fini(&l.problems);
    free(values);
    return readonly;
}

/* Does the mode print samples on standard output? */
static bool is_printed(const struct settings *s)
{
    return s->mode == MODE_ONCE || s->mode == MODE_BATCH;
}

struct grouping settings_grouping(const struct settings *s)
{
    struct grouping how = {.by = (enum column_id)s->ui.group_by, .sort = s->ui.group_sort};
    const bool printed = is_printed(s);
    if (!printed || s->columns_given)
        groups_choose_sums(&how, s->ui.columns, s->ui.n_columns, !printed);
    return how;
}

/* Printed rows have a column at least, and printed groups only columns that can be summed: refuse
 * what --columns names else. On the screen none means those that fit. */
static int check_columns(const struct settings *s, struct err *err)
{
    if (is_printed(s) && s->columns_given && !s->ui.n_columns && !s->group_given)
        return cli_error_usage(err, MSG_COLUMNS_EMPTY, NULL, NULL);
    for (size_t i = 0; i < s->ui.n_columns && is_printed(s) && s->group_given; i++)
        if (s->columns_given && !(columns[s->ui.columns[i]].flags & COLUMN_SUM))
            return cli_error_usage(err, MSG_BAD_SUM, columns[s->ui.columns[i]].id, NULL);
    return 0;
}

/* An expression of ss needs no -f: it begins with one of these words. */
static bool begins_ss(const char *value)
{
    static const char *const words[] = {"state", "exclude", "src", "dst", "dev", "sport", "dport"};
    const size_t len = strcspn(value, " =!<>");
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (len == strlen(words[i]) && strncmp(value, words[i], len) == 0)
            return true;
    return value[0] == '(';
}

static int take_operand(struct command_line *c, const char *value, struct err *err)
{
    if (c->words.len || (!c->interval && begins_ss(value))) {
        str_addf(&c->words, "%s%s", c->words.len ? " " : "", value);
        return 0;
    }
    if (*value == ':')
        return option_port(c, value + 1, err);
    if (strchr(value, '@'))
        return option_host(c, value, err);
    if (!c->interval)
        c->interval = value;
    else if (!c->count)
        c->count = value;
    else
        return cli_error_usage(err, MSG_ARG_TOO_MANY, value, NULL);
    return 0;
}

static int take_early(void *context, enum argument_id id, const char *value, struct err *err)
{
    const bool early = id == ARGUMENT_LANG || id == ARGUMENT_CONFIG || id == ARGUMENT_NO_CONFIG;
    return early ? option_argument(context, id, value, err) : 0;
}

static int take(void *context, enum argument_id id, const char *value, struct err *err)
{
    return id == ARGUMENT_OPERAND ? take_operand(context, value, err)
                                  : option_argument(context, id, value, err);
}

/* INTERVAL and COUNT as vmstat has them. A number that looks like a port is refused. */
static int apply_operands(struct command_line *c, struct err *err)
{
    unsigned long whole = 0, count;
    if (!c->interval)
        return 0;
    const bool number = option_number(c->interval, 0, 65535, &whole) == 0;
    const bool implausible = !c->count && whole > (isatty(STDOUT_FILENO) ? INTERVAL_PLAUSIBLE_S / 10
                                                                         : INTERVAL_PLAUSIBLE_S);
    if (number && (whole > UI_INTERVAL_MAX || implausible))
        return cli_error_usage(err, MSG_BAD_INTERVAL_PORT, c->interval, NULL);
    if (strspn(c->interval, "0123456789.")) {
        char quoted[64]; /* the message names what was typed */
        snprintf(quoted, sizeof quoted, "'%s'", c->interval);
        const int rc = option_setting_text(c->s, SETTING_INTERVAL, quoted, c->interval, err);
        if (rc)
            return rc;
    } else {
        return cli_error_usage(err, c->pid_missing ? MSG_BAD_PID : MSG_BAD_OPERAND, c->interval,
                               NULL);
    }
    c->s->interval_given = true;
    if (!c->count)
        return 0;
    if (option_number(c->count, 1, UINT32_MAX, &count))
        return cli_error_usage(err, MSG_BAD_COUNT, c->count, NULL);
    if (c->given & OPT(ONCE) && count > 1)
        return cli_error_usage(err, MSG_ONCE_COUNT, c->count, NULL);
    c->s->count = count;
    if (!(c->given & OPT(ONCE)))
        c->given |= OPT(OPERAND);
    return 0;
}

/* Join -P -p -4 -6 --state -l and -f into one expression of the filter, which the screen shows. */
static int join_filter(struct command_line *c, struct err *err)
{
    struct str all = STR_INIT;
    if (c->ports.len)
        str_addf(&all, "port:%s ", str_text(&c->ports));
    if (c->pids.len)
        str_addf(&all, "pid:%s ", str_text(&c->pids));
    if (c->states) {
        str_add(&all, "state:");
        for (unsigned state = 1, n = 0; state < TCP_STATE_COUNT; state++)
            if (c->states & STATE_BIT(state))
                str_addf(&all, "%s%s", n++ ? "," : "", state_name(state));
        str_add(&all, " ");
    }
    if (c->ipv4 != c->ipv6) /* IPv4 clients reach a listener on [::] that is not IPv6's alone */
        str_add(&all, c->ipv4 ? "(laddr:[::] not v6only:1 or proto:tcp) " : "proto:tcp6 ");
    if (c->filter)
        str_addf(&all, all.len ? "(%s) " : "%s ", c->filter);
    if (c->words.len)
        str_addf(&all, all.len ? "(%s) " : "%s ", str_text(&c->words));
    if (all.len)
        str_truncate(&all, all.len - 1);
    int rc = 0;
    if (str_failed(&all) || c->ports.failed || c->pids.failed || c->words.failed)
        rc = err_set(err, -ENOMEM, "%s", text_error(ENOMEM));
    else if (all.len >= sizeof c->s->ui.filter)
        rc = cli_error_usage(err, MSG_FILTER_TOO_LONG, NULL, NULL);
    else
        memcpy(c->s->ui.filter, str_text(&all), all.len + 1);
    c->given &= ~OPT(FILTER); /* with whatever makes one */
    c->given |= *c->s->ui.filter ? OPT(FILTER) : 0;
    str_fini(&all);
    return rc;
}

/* Apply -s. It sorts the groups if they have the column that it names, else the rows; only the
 * screen shows rows below groups. */
static int pick_sort(struct command_line *c, struct err *err)
{
    struct settings *s = c->s;
    const bool prints = is_printed(s);
    const bool grouped = s->ui.group_by >= 0 && (s->group_given || !prints);
    if (grouped && c->sort) {
        struct err why;
        struct grouping how = settings_grouping(s);
        const int rc = option_group_sort(&s->ui.group_sort, &how, c->sort, &why);
        if (rc == -EINVAL)
            return err_set(err, rc, "--sort: %s", why.msg);
        if (rc == 0 && !(prints && s->ui.group_sort.figure == GROUP_CHANGE))
            return 0;
        if (prints)
            return cli_error_usage(err, MSG_BAD_GROUP_SORT, c->sort, columns[s->ui.group_by].id);
    }
    if (!c->sort)
        return 0;
    s->ui.sort_given = true;
    return option_setting_text(s, SETTING_SORT, "--sort", c->sort, err);
}

/* First pass over the command line: applies --lang, --config and --no-config, which must be known
 * before the configuration file is read, and refuses unknown options. */
static int read_early(struct settings *s, int argc, char **argv, struct err *err)
{
    struct command_line c = {.s = s};
    return arguments_walk(argc, argv, take_early, &c, err);
}

/* Second pass: applies all options, which come before those of the file. */
static int read_command_line(struct settings *s, int argc, char **argv, struct err *err)
{
    struct command_line c = {.s = s, .asked = MODE_LIVE, .rival = ARGUMENT_COUNT};
    int rc = arguments_walk(argc, argv, take, &c, err);
    if (!rc && c.words.len)
        rc = option_check_filter(str_text(&c.words), err);
    if (!rc)
        rc = apply_operands(&c, err);
    if (!rc)
        rc = join_filter(&c, err);
    if (!rc)
        rc = combinations_check(&c, err);
    if (!rc)
        rc = pick_sort(&c, err);
    if (!rc)
        rc = check_columns(s, err);
    str_fini(&c.ports);
    str_fini(&c.pids);
    str_fini(&c.words);
    return rc;
}

int settings_load(struct settings *s, int argc, char **argv, bool utf8, struct err *err)
{
    set_defaults(s);
    text_use(settings_language(s, utf8)); /* the environment's, until --lang is read */
    int rc = read_early(s, argc, argv, err);
    if (rc && s->language >= 0) { /* what is wrong is said in the language that was asked for */
        text_use((enum language)s->language);
        rc = read_early(s, argc, argv, err);
    }
    if (!rc)
        text_use(settings_language(s, utf8));
    char found[4096];
    if (!rc && s->config_path && !s->no_config)
        rc = load_file(s, s->config_path, true, err);
    else if (!rc && !s->no_config && ini_find(found, sizeof found) == 0)
        rc = load_file(s, found, false, err);
    if (!rc)
        rc = read_command_line(s, argc, argv, err);
    if (!rc) {
        text_use(settings_language(s, utf8));
        if (s->language == LANG_KO && text_language() != LANG_KO)
            warn(s, text(MSG_LANG_NEEDS_UTF8));
    }
    if (!rc && privileges_are_borrowed()) /* who lends them decides */
        s->ui.readonly = s->ui.readonly || system_is_readonly();
    if (!rc && s->ui.readonly &&
        (s->output_path || (s->mode == MODE_RECORD && strcmp(s->write_path, "-") != 0)))
        rc = cli_error_usage(err, MSG_WRITE_READONLY, NULL, NULL);
    return rc == -ENOMEM ? EXIT_FAILED : rc ? EXIT_USAGE : 0;
}

/* The first warning, and how many more there are. */
static void warn_on_screen(const struct settings *s, struct ui_settings *ui)
{
    char more[24];
    struct str line = STR_INIT;
    snprintf(more, sizeof more, "%zu", s->n_warnings - 1);
    if (s->n_warnings > 1)
        text_fill(&line, MSG_WARNINGS_MORE, s->warning.msg, more, NULL);
    else if (s->n_warnings)
        str_add(&line, s->warning.msg);
    utf8_sanitise_into(ui->warning, sizeof ui->warning, str_text(&line), line.len);
    str_fini(&line);
}

void settings_for_ui(const struct settings *s, struct ui_settings *ui)
{
    const bool counts_closed = s->mode == MODE_LIVE || s->mode == MODE_LEARN;
    *ui = s->ui;
    ui->close_stats = counts_closed ? s->cpu_budget : 0;
    ui->report = cli_error;
    ui->open_recording = app_open_recording;
    ui->context = s;
    warn_on_screen(s, ui);
}

/* The locale's name as setlocale() would choose it; "" when the environment names none. */
static const char *named_locale(const char *category)
{
    const char *names[] = {"LC_ALL", category, "LANG"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *value = getenv(names[i]);
        if (value && *value)
            return value;
    }
    return "";
}

static bool names_utf8(const char *locale)
{
    const char *charset = strchr(locale, '.');
    return charset &&
           (strncasecmp(charset, ".utf-8", 6) == 0 || strncasecmp(charset, ".utf8", 5) == 0);
}

bool settings_locale(void)
{
    const char *chosen = setlocale(LC_CTYPE, "");
    const bool utf8 =
        chosen ? strcmp(nl_langinfo(CODESET), "UTF-8") == 0 : names_utf8(named_locale("LC_CTYPE"));
    /* Only the encoding is wanted: in Turkish, TIMEWAIT is not timewait in another case. */
    if (utf8)
        setlocale(LC_CTYPE, "C.UTF-8");
    return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

/* A Linux console has no Hangul. */
static bool linux_console(void)
{
    const char *term = getenv("TERM");
    return term && strncmp(term, "linux", 5) == 0 && isatty(STDOUT_FILENO);
}

enum language settings_language(const struct settings *s, bool utf8)
{
    const bool prints = s->mode != MODE_LIVE && s->mode != MODE_LEARN;
    if (s->language >= 0 && (utf8 || prints))
        return (enum language)s->language;
    if (!utf8 || linux_console())
        return LANG_EN;
    return text_language_of_locale(named_locale("LC_MESSAGES"));
}

/* COLORFGBG is "15;0", "0;default;15": the background comes last, as an index of the 16 colours. A
 * Linux console is black. */
static enum theme_background named_background(void)
{
    const char *value = getenv("COLORFGBG");
    const char *last = value ? strrchr(value, ';') : NULL;
    if (last && last[1] >= '0' && last[1] <= '9')
        return strcmp(last, ";7") == 0 || strcmp(last, ";15") == 0 ? BACKGROUND_LIGHT
                                                                   : BACKGROUND_DARK;
    return linux_console() ? BACKGROUND_DARK : BACKGROUND_ANY;
}

enum theme_background settings_background(const struct settings *s)
{
    for (int background = 0; background < BACKGROUND_COUNT; background++)
        if (strcmp(s->theme_name, theme_name((enum theme_background)background)) == 0)
            return (enum theme_background)background;
    return named_background();
}

void settings_theme(const struct settings *s, enum theme_depth depth,
                    enum theme_background background, struct theme *theme)
{
    theme_init(theme, depth, background);
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
