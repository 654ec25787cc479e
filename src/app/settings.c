/* Settings from their three places: defaults, the configuration file, the command line. */
#include "tcptop/app/settings.h"

#include <errno.h>
#include <stdlib.h>

#include "cli_error.h"
#include "command_line.h"
#include "settings_options.h"

static void settings_defaults(struct settings *s)
{
    *s = (struct settings){
        .language = -1, .group_by = -1, .group_sort = {.figure = GROUP_COUNT, .descending = true}};
    bindings_init(&s->bindings);
    rules_limits_init(&s->limits);
    size_t n;
    const struct option *rows = settings_options(&n);
    for (size_t i = 0; i < n; i++)
        if (*rows[i].initial && i < SETTING_KEYS) /* keys: the table's own, just set */
            setting_apply_text(s, (enum setting_id)i, rows[i].initial, NULL);
}

/* Every key of the file that is good comes into force; the others keep their defaults. */
static void apply_file(struct settings *s, const char *path, const struct option *rows,
                       const struct option_value *values, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct err why;
        if (!values[i].set || setting_apply(s, (enum setting_id)i, &values[i], &why) == 0)
            continue;
        struct err line;
        err_set(&line, 0, "%s: [%s] %s: %s", path, rows[i].section, rows[i].key, why.msg);
        cli_error(line.msg);
    }
}

static int load_file(struct settings *s, const char *path, bool asked, struct err *err)
{
    size_t n;
    const struct option *rows = settings_options(&n);
    struct option_value *values = calloc(n, sizeof *values);
    if (!values)
        return err_set(err, -ENOMEM, "%s", err_name(ENOMEM));
    struct ini_problems problems = {0};
    int rc = ini_load(path, rows, n, values, &problems, err);
    for (size_t i = 0; i < problems.n; i++)
        cli_error(problems.list[i].msg);
    if (rc == 0)
        apply_file(s, path, rows, values, n);
    else if (rc == -ENOENT && asked)
        cli_error_usage(err, MSG_NO_CONFIG_FILE, path, NULL);
    else if (!asked) { /* nobody asked for it: say so and go on without */
        if (rc != -ENOENT)
            cli_error(err->msg);
        rc = 0;
    }
    ini_problems_fini(&problems);
    free(values);
    return rc;
}

int settings_load(struct settings *s, int argc, char **argv, bool utf8, struct err *err)
{
    settings_defaults(s);
    int rc = command_line_early(s, argc, argv, err);
    text_use(settings_language(s, utf8));
    char found[4096];
    if (!rc && s->config_path && !s->no_config)
        rc = load_file(s, s->config_path, true, err);
    else if (!rc && !s->no_config && ini_find(found, sizeof found) == 0)
        rc = load_file(s, found, false, err);
    if (!rc)
        rc = command_line_apply(s, argc, argv, err);
    if (!rc)
        text_use(settings_language(s, utf8));
    return rc == -ENOMEM ? EXIT_FAILED : rc ? EXIT_USAGE : 0;
}
