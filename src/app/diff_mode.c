/* SPDX-License-Identifier: MIT */
/* --diff: what changed between two moments of recordings, or between the outputs of other programs
 * (query/comparison.h). */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "app.h"
#include "tcptop/app/modes.h"
#include "tcptop/explain/owner_rights_note.h"
#include "tcptop/output/comparison_print.h"
#include "tcptop/query/comparison.h"
#include "tcptop/query/filter.h"
#include "tcptop/source/recording.h"

struct moment_read {
    const char *path;
    struct moment at;            /* MOMENT_NONE: the last sample */
    const struct sample *sample; /* a reference; NULL: none was read */
    struct recording_head head;
    bool unread; /* not all of what leads to it could be read, which was said */
};

/* Play the recording up to its moment. Returns 0, or -errno with `err`. */
static int read_moment(struct moment_read *m, const struct settings *s, struct err *err)
{
    static struct settings one; /* large */
    const struct request req = {.needs = NEED_OWNER | NEED_USER, .host_facts = true};
    struct source *src;

    one = *s;
    one.ui.read_path = m->path;
    one.at = m->at;
    int rc = app_open_source(&src, &one, err);
    if (rc)
        return rc;
    struct sample_pipeline *pipeline = sample_pipeline_new(src, 1);
    if (!pipeline)
        return err_set(err, -ENOMEM, "%s", text_error(ENOMEM));
    while (!rc)
        rc = app_next_sample(pipeline, &req, &m->sample, err);
    m->unread = rc == -ENODATA && app_tell_unread(pipeline);
    (void)recording_head(src, &m->head);
    sample_pipeline_free(pipeline);
    if (rc == -ENODATA && !m->sample)
        return cli_error_usage(err, MSG_NO_SAMPLE, NULL, NULL);
    return rc == -ENODATA ? 0 : rc;
}

static bool same_run(const struct moment_read m[COMPARISON_SIDES])
{
    return m[0].head.run && m[0].head.run == m[1].head.run;
}

static bool same_boot(const struct moment_read m[COMPARISON_SIDES])
{
    return same_run(m) || (*m[0].head.boot && strcmp(m[0].head.boot, m[1].head.boot) == 0);
}

/* Is all there that was asked for? Processes are a part of it. */
static bool is_whole(const struct comparison *c)
{
    for (unsigned side = 0; side < COMPARISON_SIDES; side++)
        if (app_is_partial(c->sample[side]) || c->cut[side] ||
            (c->knows_process[side] && owner_rights_hide(c->sample[side])))
            return false;
    return true;
}

/* Compare and print. Returns the exit code. */
static int compare(const struct settings *s, const struct moment_read m[COMPARISON_SIDES],
                   const struct predicate *filter, bool ascii)
{
    struct comparison c;
    struct sink out;
    int rc = comparison_make(&c, m[0].sample, m[1].sample, same_boot(m), filter);

    if (!rc)
        rc = sink_init(&out, STDOUT_FILENO);
    if (rc) {
        cli_error(text_error(rc));
        return EXIT_FAILED;
    }
    const struct comparison_print print = {
        .comparison = &c, .name = {m[0].path, m[1].path}, .limit = s->limit, .ascii = ascii};
    if (s->format == FORMAT_JSON)
        comparison_print_json(&out, &print);
    else
        comparison_print_text(&out, &print);
    const bool whole = is_whole(&c) && !m[0].unread && !m[1].unread;
    const int code = whole ? EXIT_COMPLETE : EXIT_PARTIAL;
    comparison_fini(&c);
    return app_finish(&out, code);
}

int diff_mode_run(const struct settings *s, bool utf8)
{
    struct moment_read m[COMPARISON_SIDES] = {
        {.path = s->ui.read_path, .at = s->at},
        {.path = s->diff_path ? s->diff_path : s->ui.read_path, .at = s->diff_at}};
    struct predicate filter = {0};
    struct filter_error wrong;
    struct err err = {""};
    int code = EXIT_FAILED, rc = filter_parse(s->ui.filter, &filter, &wrong);

    if (rc)
        err_set(&err, rc, "%s", rc == -EINVAL ? wrong.what : text_error(rc));
    for (unsigned side = 0; side < COMPARISON_SIDES && !rc; side++)
        rc = read_moment(&m[side], s, &err);
    if (!rc && (m[0].head.redacted || m[1].head.redacted) && !same_run(m))
        rc = cli_error_usage(&err, MSG_DIFF_REDACTED, m[m[0].head.redacted ? 0 : 1].path, NULL);
    if (rc)
        cli_error(err.msg);
    else
        code = compare(s, m, *s->ui.filter ? &filter : NULL, settings_ascii(s, utf8));
    for (unsigned side = 0; side < COMPARISON_SIDES; side++)
        sample_unref(m[side].sample);
    predicate_fini(&filter);
    return code;
}
