/* The meaning of each option: one apply_IDENT per row of options.def, then the checks that need
 * the whole line. */
#include "command_line.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "arguments.h"
#include "complain.h"
#include "lesson.h"
#include "settings_options.h"
#include "tcptop/base/str.h"
#include "tcptop/model/state.h"
#include "tcptop/query/filter.h"

#define INTERVAL_MAX_S       3600 /* longer is no interval but a port */
#define INTERVAL_PLAUSIBLE_S 60   /* without COUNT, on a terminal */

/* The line as far as it has been read. */
struct command_line {
    struct settings *s;
    bool once, batch, dump;
    bool prints;     /* an option was given that only printing has */
    enum mode asked; /* MODE_HELP, MODE_VERSION, MODE_EXPLAIN, MODE_LEARN; else MODE_LIVE */
    uint32_t states; /* --state, -l: bits */
    bool ipv4, ipv6;
    struct str ports;     /* "3000,4000" */
    struct str pids;      /* the same of -p */
    const char *filter;   /* the last -f */
    const char *sort;     /* the last -s */
    const char *interval; /* operands */
    const char *count;
};

/* Whole number of `text` from `min` to `max`; 0 or -EINVAL. */
static int parse_whole(const char *text, unsigned long min, unsigned long max, unsigned long *n)
{
    if (*text < '0' || *text > '9')
        return -EINVAL;
    char *end;
    errno = 0;
    *n = strtoul(text, &end, 10);
    return *end || errno || *n < min || *n > max ? -EINVAL : 0;
}

/* Options that have a twin in the configuration file. */
static int apply_setting(struct command_line *c, enum argument_id id, enum setting_id setting,
                         const char *value, struct err *err)
{
    char name[32];
    struct err why;
    if (setting_apply_text(c->s, setting, value, &why) == 0)
        return 0;
    argument_name(id, name, sizeof name);
    return err_set(err, -EINVAL, "%s: %s", name, why.msg);
}

/* Options that need no argument and cannot be wrong. netstat's -t and -a (TCP, every state) are
 * what tcptop shows anyway, -n (numbers) unless the configuration says otherwise. */
#define FLAG(ident, action)                                                                        \
    static int apply_##ident(struct command_line *c, const char *value, struct err *err)           \
    {                                                                                              \
        (void)c, (void)value, (void)err;                                                           \
        action;                                                                                    \
        return 0;                                                                                  \
    }
FLAG(ONCE, c->once = true)
FLAG(BATCH, c->batch = true)
FLAG(SUMMARY, c->s->summary = c->prints = true)
FLAG(IPV4, c->ipv4 = true)
FLAG(IPV6, c->ipv6 = true)
FLAG(LISTENING, c->states |= STATE_BIT(TCP_STATE_LISTEN))
FLAG(READONLY, c->s->readonly = true)
FLAG(NO_CONFIG, c->s->no_config = true)
FLAG(DOCTOR, c->asked = MODE_DOCTOR)
FLAG(HELP, c->asked = MODE_HELP)
FLAG(VERSION, c->asked = MODE_VERSION)
FLAG(TCP, (void)0)
FLAG(EVERY, (void)0)
FLAG(NUMERIC, c->s->host_names = c->s->service_names = false)
#undef FLAG

static int apply_FORMAT(struct command_line *c, const char *value, struct err *err)
{
    static const char *const names[] = {
        [FORMAT_TEXT] = "text", [FORMAT_JSON] = "json", [FORMAT_CSV] = "csv"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcasecmp(value, names[i]) == 0) {
            c->s->format = (enum format)i;
            c->s->format_given = c->prints = true;
            return 0;
        }
    }
    return app_refuse(err, MSG_BAD_CHOICE, "--format", "text, json, csv");
}

static int apply_JSON(struct command_line *c, const char *value, struct err *err)
{
    (void)value;
    return apply_FORMAT(c, "json", err);
}

static int apply_LIMIT(struct command_line *c, const char *value, struct err *err)
{
    unsigned long n;
    if (parse_whole(value, 1, UINT32_MAX, &n))
        return app_refuse(err, MSG_BAD_LIMIT, value, NULL);
    c->s->limit = (uint32_t)n;
    c->prints = true;
    return 0;
}

static int apply_EXPLAIN(struct command_line *c, const char *value, struct err *err)
{
    c->s->explain_state = state_parse(value, strlen(value));
    if (!c->s->explain_state)
        return app_refuse(err, MSG_BAD_STATE, value, NULL);
    c->asked = MODE_EXPLAIN;
    return 0;
}

/* The names of the states that there are lessons about. */
static void add_lessons(struct str *out)
{
    for (unsigned state = 1; state < TCP_STATE_COUNT; state++)
        if (lesson_script(state))
            str_addf(out, "%s%s", out->len ? " " : "", state_name(state));
}

static int apply_LEARN(struct command_line *c, const char *value, struct err *err)
{
    struct str all = STR_INIT;
    const unsigned state = state_parse(value, strlen(value));
    if (!state)
        return app_refuse(err, MSG_BAD_STATE, value, NULL);
    c->s->learn_state = state;
    c->asked = MODE_LEARN;
    if (lesson_script(state))
        return 0;
    add_lessons(&all);
    const int rc = app_refuse(err, MSG_LESSON_NO_STATE, state_name(state), str_text(&all));
    str_fini(&all);
    return rc;
}

static int apply_COLUMNS(struct command_line *c, const char *value, struct err *err)
{
    c->s->columns_given = true;
    return apply_setting(c, ARGUMENT_COLUMNS, SETTING_SHOW, value, err);
}

/* What it sorts is known at the end of the line. */
static int apply_SORT(struct command_line *c, const char *value, struct err *err)
{
    (void)err;
    c->sort = value;
    return 0;
}

static int apply_GROUP_BY(struct command_line *c, const char *value, struct err *err)
{
    c->s->group_given = true;
    return apply_setting(c, ARGUMENT_GROUP_BY, SETTING_GROUP, value, err);
}

static int apply_FILTER(struct command_line *c, const char *value, struct err *err)
{
    struct filter_error error;
    if (filter_parse(value, NULL, &error) == -EINVAL) {
        char at[24];
        snprintf(at, sizeof at, "%zu", error.at + 1);
        return app_refuse(err, MSG_BAD_FILTER, at, error.what);
    }
    c->filter = value;
    return 0;
}

static int apply_PORT(struct command_line *c, const char *value, struct err *err)
{
    unsigned long port;
    if (parse_whole(value, 1, 65535, &port))
        return app_refuse(err, MSG_BAD_PORT, value, NULL);
    str_addf(&c->ports, "%s%lu", c->ports.len ? "," : "", port);
    return 0;
}

static int apply_PID(struct command_line *c, const char *value, struct err *err)
{
    unsigned long pid;
    if (parse_whole(value, 1, UINT32_MAX, &pid))
        return app_refuse(err, MSG_BAD_PID, value, NULL);
    str_addf(&c->pids, "%s%lu", c->pids.len ? "," : "", pid);
    return 0;
}

static int apply_STATE(struct command_line *c, const char *value, struct err *err)
{
    for (;;) {
        const size_t len = strcspn(value, ",");
        const unsigned state = state_parse(value, len);
        if (!state)
            return app_refuse(err, MSG_BAD_STATE, value, NULL);
        c->states |= STATE_BIT(state);
        if (!value[len])
            return 0;
        value += len + 1;
    }
}

static int apply_INTERVAL(struct command_line *c, const char *value, struct err *err)
{
    c->s->interval_given = true;
    return apply_setting(c, ARGUMENT_INTERVAL, SETTING_INTERVAL, value, err);
}

static int apply_READ(struct command_line *c, const char *value, struct err *err)
{
    (void)err;
    c->s->read_path = value;
    return 0;
}

static int apply_NETNS(struct command_line *c, const char *value, struct err *err)
{
    if (!*value)
        return app_refuse(err, MSG_BAD_NETNS, NULL, NULL);
    c->s->netns = value;
    return 0;
}

static int apply_LANG(struct command_line *c, const char *value, struct err *err)
{
    return apply_setting(c, ARGUMENT_LANG, SETTING_LANGUAGE, value, err);
}

static int apply_COLOR(struct command_line *c, const char *value, struct err *err)
{
    return apply_setting(c, ARGUMENT_COLOR, SETTING_COLOR, value, err);
}

static int apply_THEME(struct command_line *c, const char *value, struct err *err)
{
    return apply_setting(c, ARGUMENT_THEME, SETTING_BACKGROUND, value, err);
}

static int apply_NAMES(struct command_line *c, const char *value, struct err *err)
{
    return apply_setting(c, ARGUMENT_NAMES, SETTING_NAMES, value, err);
}

static int apply_GLYPHS(struct command_line *c, const char *value, struct err *err)
{
    return apply_setting(c, ARGUMENT_GLYPHS, SETTING_GLYPHS, value, err);
}

static int apply_SIZE(struct command_line *c, const char *value, struct err *err)
{
    char width[8];
    const size_t len = strcspn(value, "xX");
    unsigned long w, h;
    snprintf(width, sizeof width, "%.*s", (int)(len < 7 ? len : 7), value);
    if (!value[len] || parse_whole(width, 1, 500, &w) || parse_whole(value + len + 1, 1, 300, &h))
        return app_refuse(err, MSG_BAD_SIZE, value, NULL);
    c->s->width = (int)w;
    c->s->height = (int)h;
    c->dump = true;
    return 0;
}

static int apply_KEYS(struct command_line *c, const char *value, struct err *err)
{
    (void)err;
    c->s->keys_path = value;
    c->dump = true;
    return 0;
}

static int apply_DUMP(struct command_line *c, const char *value, struct err *err)
{
    c->dump = true;
    if (strcasecmp(value, "svg") == 0)
        c->s->dump = DUMP_SVG;
    else if (strcasecmp(value, "text") == 0)
        c->s->dump = DUMP_TEXT;
    else
        return app_refuse(err, MSG_BAD_CHOICE, "--dump", "text, svg");
    return 0;
}

static int apply_CONFIG(struct command_line *c, const char *value, struct err *err)
{
    (void)err;
    c->s->config_path = value;
    c->s->no_config = false;
    return 0;
}

static int apply_operand(struct command_line *c, const char *value, struct err *err)
{
    if (*value == ':')
        return apply_PORT(c, value + 1, err);
    if (!c->interval)
        c->interval = value;
    else if (!c->count)
        c->count = value;
    else
        return app_refuse(err, MSG_ARG_TOO_MANY, value, NULL);
    return 0;
}

static int take_early(void *context, enum argument_id id, const char *value, struct err *err)
{
    struct command_line *c = context;
    if (id == ARGUMENT_LANG)
        return apply_LANG(c, value, err);
    if (id == ARGUMENT_CONFIG)
        return apply_CONFIG(c, value, err);
    return id == ARGUMENT_NO_CONFIG ? apply_NO_CONFIG(c, value, err) : 0;
}

static int take(void *context, enum argument_id id, const char *value, struct err *err)
{
    static int (*const apply[])(struct command_line *, const char *, struct err *) = {
#define GROUP(ident)
#define OPTION(ident, letter, name, value) apply_##ident,
#include "options.def"
        apply_operand};
    return apply[id](context, value, err);
}

/* INTERVAL and COUNT as vmstat has them, minus the trap of taking a port for an interval. */
static int apply_operands(struct command_line *c, struct err *err)
{
    unsigned long whole = 0, count;
    if (!c->interval)
        return 0;
    const bool number = parse_whole(c->interval, 0, 65535, &whole) == 0;
    const bool implausible = !c->count && whole > INTERVAL_PLAUSIBLE_S && isatty(STDOUT_FILENO);
    if (number && (whole > INTERVAL_MAX_S || implausible))
        return app_refuse(err, MSG_BAD_INTERVAL_PORT, c->interval, NULL);
    if (setting_apply_text(c->s, SETTING_INTERVAL, c->interval, NULL))
        return app_refuse(err, MSG_BAD_OPERAND, c->interval, NULL);
    c->s->interval_given = true;
    if (!c->count)
        return 0;
    if (parse_whole(c->count, 1, UINT32_MAX, &count))
        return app_refuse(err, MSG_BAD_COUNT, c->count, NULL);
    if (c->once && count > 1)
        return app_refuse(err, MSG_ONCE_COUNT, c->count, NULL);
    c->s->count = count;
    c->batch = !c->once;
    return 0;
}

static void pick_mode(struct command_line *c)
{
    struct settings *s = c->s;
    if (c->asked != MODE_LIVE)
        s->mode = c->asked;
    else if (c->dump)
        s->mode = MODE_DUMP;
    else if (c->once)
        s->mode = MODE_ONCE;
    else if (c->batch)
        s->mode = MODE_BATCH;
    else
        s->mode = c->prints || !isatty(STDOUT_FILENO) ? MODE_ONCE : MODE_LIVE;
}

/* A lesson is a scene of its own on the screen. */
static int check_lesson(const struct command_line *c, struct err *err)
{
    const char *other = c->s->netns       ? "--netns"
                        : c->s->read_path ? "--read"
                        : c->dump         ? "--size, --keys, --dump"
                        : c->once         ? "--once"
                        : c->batch        ? "--batch, COUNT"
                        : c->prints       ? "--format, --json, --summary, --limit"
                                          : NULL;
    return c->asked == MODE_LEARN && other ? app_refuse(err, MSG_LESSON_ALONE, other, NULL) : 0;
}

/* -P -p -4 -6 --state -l and -f as one text of the filter language: what the screen's title shows.
 */
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
    if (c->ipv4 != c->ipv6)
        str_addf(&all, "proto:%s ", c->ipv4 ? "tcp" : "tcp6");
    if (c->filter)
        str_addf(&all, all.len ? "(%s) " : "%s ", c->filter);
    if (all.len)
        str_truncate(&all, all.len - 1);
    int rc = 0;
    if (str_failed(&all) || c->ports.failed || c->pids.failed)
        rc = err_set(err, -ENOMEM, "%s", err_name(ENOMEM));
    else if (all.len >= sizeof c->s->filter)
        rc = app_refuse(err, MSG_FILTER_TOO_LONG, NULL, NULL);
    else
        memcpy(c->s->filter, str_text(&all), all.len + 1);
    str_fini(&all);
    return rc;
}

/* -s is about the groups where they have what it names; else about the rows, which only the screen
 * has below its groups. */
static int apply_sort(struct command_line *c, struct err *err)
{
    struct settings *s = c->s;
    const bool prints = settings_print(s);
    const bool grouped = s->group_by >= 0 && (s->group_given || !prints);
    if (grouped && c->sort) {
        struct err why;
        struct grouping how = settings_grouping(s);
        const int rc = group_sort_parse(&s->group_sort, &how, c->sort, &why);
        if (rc == -EINVAL)
            return err_set(err, rc, "--sort: %s", why.msg);
        if (rc == 0 && !(prints && s->group_sort.figure == GROUP_CHANGE))
            return 0;
        if (prints)
            return app_refuse(err, MSG_BAD_GROUP_SORT, c->sort, columns[s->group_by].id);
    }
    if (!c->sort)
        return 0;
    s->sort_given = true;
    return apply_setting(c, ARGUMENT_SORT, SETTING_SORT, c->sort, err);
}

int command_line_early(struct settings *s, int argc, char **argv, struct err *err)
{
    struct command_line c = {.s = s};
    return arguments_walk(argc, argv, take_early, &c, err);
}

int command_line_apply(struct settings *s, int argc, char **argv, struct err *err)
{
    struct command_line c = {.s = s, .asked = MODE_LIVE};
    int rc = arguments_walk(argc, argv, take, &c, err);
    if (!rc)
        rc = apply_operands(&c, err);
    if (!rc)
        rc = join_filter(&c, err);
    if (!rc)
        rc = check_lesson(&c, err);
    if (!rc && s->netns && s->read_path)
        rc = app_refuse(err, MSG_NETNS_READ, NULL, NULL);
    if (!rc) {
        pick_mode(&c);
        rc = apply_sort(&c, err);
    }
    if (!rc)
        rc = group_sums_check(s, err);
    str_fini(&c.ports);
    str_fini(&c.pids);
    return rc;
}
