/* The meaning of each option: one apply_IDENT per row of options.def. */
#include "command_options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli_error.h"
#include "settings_options.h"
#include "tcptop/lesson/lesson.h"
#include "tcptop/model/state.h"
#include "tcptop/query/filter.h"

int command_number(const char *text, unsigned long min, unsigned long max, unsigned long *n)
{
    if (*text < '0' || *text > '9')
        return -EINVAL;
    char *end;
    errno = 0;
    *n = strtoul(text, &end, 10);
    return *end || errno || *n < min || *n > max ? -EINVAL : 0;
}

int command_setting(struct command_line *c, enum setting_id setting, const char *name,
                    const char *value, struct err *err)
{
    struct err why;
    if (setting_apply_text(c->s, setting, value, &why))
        return err_set(err, -EINVAL, "%s: %s", name, why.msg);
    return 0;
}

/* The options that cannot be wrong. netstat's -t and -a (TCP, every state) are what tcptop shows
 * anyway, -n (numbers) unless the configuration says otherwise; what -s sorts is known at the end
 * of the line. SIMPLE(IDENT, what it does). */
#define SIMPLE(ident, action)                                                                      \
    static int apply_##ident(struct command_line *c, const char *value, struct err *err)           \
    {                                                                                              \
        (void)c, (void)value, (void)err;                                                           \
        action;                                                                                    \
        return 0;                                                                                  \
    }
SIMPLE(ONCE, c->once = true)
SIMPLE(BATCH, c->batch = true)
SIMPLE(SUMMARY, c->s->summary = c->prints = true)
SIMPLE(IPV4, c->ipv4 = true)
SIMPLE(IPV6, c->ipv6 = true)
SIMPLE(LISTENING, c->states |= STATE_BIT(TCP_STATE_LISTEN))
SIMPLE(READONLY, c->s->readonly = true)
SIMPLE(NO_CONFIG, c->s->no_config = true)
SIMPLE(DOCTOR, c->asked = MODE_DOCTOR)
SIMPLE(HELP, c->asked = MODE_HELP)
SIMPLE(VERSION, c->asked = MODE_VERSION)
SIMPLE(TCP, (void)0)
SIMPLE(EVERY, (void)0)
SIMPLE(NUMERIC, c->s->host_names = c->s->service_names = false)
SIMPLE(SORT, c->sort = value)
SIMPLE(READ, c->s->read_path = value)
SIMPLE(KEYS, (c->s->keys_path = value, c->dump = true))
SIMPLE(CONFIG, (c->s->config_path = value, c->s->no_config = false))
#undef SIMPLE

/* The options that have a twin in the configuration file, which says what a value means.
 * SAME(IDENT, its SETTING_, what else it does). */
#define SAME(ident, setting, action)                                                               \
    static int apply_##ident(struct command_line *c, const char *value, struct err *err)           \
    {                                                                                              \
        char name[32];                                                                             \
        action;                                                                                    \
        return command_setting(c, SETTING_##setting,                                               \
                               argument_name(ARGUMENT_##ident, name, sizeof name), value, err);    \
    }
SAME(COLUMNS, SHOW, c->s->columns_given = true)
SAME(GROUP_BY, GROUP, c->s->group_given = true)
SAME(INTERVAL, INTERVAL, c->s->interval_given = true)
SAME(LANG, LANGUAGE, (void)0)
SAME(NAMES, NAMES, (void)0)
SAME(COLOR, COLOR, (void)0)
SAME(THEME, BACKGROUND, (void)0)
SAME(GLYPHS, GLYPHS, (void)0)
#undef SAME

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
    return cli_error_usage(err, MSG_BAD_CHOICE, "--format", "text, json, csv");
}

static int apply_JSON(struct command_line *c, const char *value, struct err *err)
{
    (void)value;
    return apply_FORMAT(c, "json", err);
}

static int apply_LIMIT(struct command_line *c, const char *value, struct err *err)
{
    unsigned long n;
    if (command_number(value, 1, UINT32_MAX, &n))
        return cli_error_usage(err, MSG_BAD_LIMIT, value, NULL);
    c->s->limit = (uint32_t)n;
    c->prints = true;
    return 0;
}

static int apply_EXPLAIN(struct command_line *c, const char *value, struct err *err)
{
    c->s->explain_state = state_parse(value, strlen(value));
    if (!c->s->explain_state)
        return cli_error_usage(err, MSG_BAD_STATE, value, NULL);
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
        return cli_error_usage(err, MSG_BAD_STATE, value, NULL);
    c->s->learn_state = state;
    c->asked = MODE_LEARN;
    if (lesson_script(state))
        return 0;
    add_lessons(&all);
    const int rc = cli_error_usage(err, MSG_LESSON_NO_STATE, state_name(state), str_text(&all));
    str_fini(&all);
    return rc;
}

static int apply_FILTER(struct command_line *c, const char *value, struct err *err)
{
    struct filter_error error;
    if (filter_parse(value, NULL, &error) == -EINVAL) {
        char at[24];
        snprintf(at, sizeof at, "%zu", error.at + 1);
        return cli_error_usage(err, MSG_BAD_FILTER, at, error.what);
    }
    c->filter = value;
    return 0;
}

static int apply_PORT(struct command_line *c, const char *value, struct err *err)
{
    unsigned long port;
    if (command_number(value, 1, 65535, &port))
        return cli_error_usage(err, MSG_BAD_PORT, value, NULL);
    str_addf(&c->ports, "%s%lu", c->ports.len ? "," : "", port);
    return 0;
}

static int apply_PID(struct command_line *c, const char *value, struct err *err)
{
    unsigned long pid;
    if (command_number(value, 1, UINT32_MAX, &pid))
        return cli_error_usage(err, MSG_BAD_PID, value, NULL);
    str_addf(&c->pids, "%s%lu", c->pids.len ? "," : "", pid);
    return 0;
}

static int apply_STATE(struct command_line *c, const char *value, struct err *err)
{
    for (;;) {
        const size_t len = strcspn(value, ",");
        const unsigned state = state_parse(value, len);
        if (!state)
            return cli_error_usage(err, MSG_BAD_STATE, value, NULL);
        c->states |= STATE_BIT(state);
        if (!value[len])
            return 0;
        value += len + 1;
    }
}

static int apply_NETNS(struct command_line *c, const char *value, struct err *err)
{
    if (!*value)
        return cli_error_usage(err, MSG_BAD_NETNS, NULL, NULL);
    c->s->netns = value;
    return 0;
}

static int apply_SIZE(struct command_line *c, const char *value, struct err *err)
{
    char width[8];
    const size_t len = strcspn(value, "xX");
    unsigned long w, h;
    snprintf(width, sizeof width, "%.*s", (int)(len < 7 ? len : 7), value);
    if (!value[len] || command_number(width, 1, 500, &w) ||
        command_number(value + len + 1, 1, 300, &h))
        return cli_error_usage(err, MSG_BAD_SIZE, value, NULL);
    c->s->width = (int)w;
    c->s->height = (int)h;
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
        return cli_error_usage(err, MSG_BAD_CHOICE, "--dump", "text, svg");
    return 0;
}

int command_port(struct command_line *c, const char *value, struct err *err)
{
    return apply_PORT(c, value, err);
}

int command_option(struct command_line *c, enum argument_id id, const char *value, struct err *err)
{
    static int (*const apply[ARGUMENT_COUNT])(struct command_line *, const char *, struct err *) = {
#define GROUP(ident)
#define OPTION(ident, letter, name, value) apply_##ident,
#include "options.def"
    };
    return apply[id](c, value, err);
}
