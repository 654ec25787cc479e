/* The whole command line: operands, and what can be said only when every option is known. */
#include "command_line.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cli_error.h"
#include "command_options.h"
#include "tcptop/model/state.h"

#define INTERVAL_MAX_S       3600 /* longer is no interval but a port */
#define INTERVAL_PLAUSIBLE_S 60   /* without COUNT, on a terminal */

static int take_operand(struct command_line *c, const char *value, struct err *err)
{
    if (*value == ':')
        return command_port(c, value + 1, err);
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
    return early ? command_option(context, id, value, err) : 0;
}

static int take(void *context, enum argument_id id, const char *value, struct err *err)
{
    return id == ARGUMENT_OPERAND ? take_operand(context, value, err)
                                  : command_option(context, id, value, err);
}

/* INTERVAL and COUNT as vmstat has them, minus the trap of taking a port for an interval. */
static int apply_operands(struct command_line *c, struct err *err)
{
    unsigned long whole = 0, count;
    if (!c->interval)
        return 0;
    const bool number = command_number(c->interval, 0, 65535, &whole) == 0;
    const bool implausible = !c->count && whole > INTERVAL_PLAUSIBLE_S && isatty(STDOUT_FILENO);
    if (number && (whole > INTERVAL_MAX_S || implausible))
        return cli_error_usage(err, MSG_BAD_INTERVAL_PORT, c->interval, NULL);
    if (setting_apply_text(c->s, SETTING_INTERVAL, c->interval, NULL))
        return cli_error_usage(err, MSG_BAD_OPERAND, c->interval, NULL);
    c->s->interval_given = true;
    if (!c->count)
        return 0;
    if (command_number(c->count, 1, UINT32_MAX, &count))
        return cli_error_usage(err, MSG_BAD_COUNT, c->count, NULL);
    if (c->once && count > 1)
        return cli_error_usage(err, MSG_ONCE_COUNT, c->count, NULL);
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
    return c->asked == MODE_LEARN && other ? cli_error_usage(err, MSG_LESSON_ALONE, other, NULL)
                                           : 0;
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
        rc = cli_error_usage(err, MSG_FILTER_TOO_LONG, NULL, NULL);
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
            return cli_error_usage(err, MSG_BAD_GROUP_SORT, c->sort, columns[s->group_by].id);
    }
    if (!c->sort)
        return 0;
    s->sort_given = true;
    return command_setting(c, SETTING_SORT, "--sort", c->sort, err);
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
        rc = cli_error_usage(err, MSG_NETNS_READ, NULL, NULL);
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
