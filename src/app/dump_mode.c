/* SPDX-License-Identifier: MIT */
/* --dump: a frame without a terminal. A recording (or this host) and scripted keys go through the
 * same session as on the screen; time is the samples' own and what `wait:` adds, so equal input
 * gives equal bytes. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app.h"
#include "tcptop/app/modes.h"
#include "tcptop/base/clock.h"
#include "tcptop/base/privileges.h"
#include "tcptop/base/utf8.h"
#include "tcptop/explain/reason_text.h"
#include "tcptop/source/sample_pipeline.h"
#include "tcptop/ui/session.h"

#define KEYS_MAX_BYTES (1u << 20)
#define KEY_WORD_MAX   64
#define LAST_WAIT_NS   (250 * NS_PER_MS) /* digits typed last take effect */
#define NAMES_WAIT_NS  (10 * NS_PER_S)   /* for DNS, and the list of services */

struct dump {
    const struct settings *s;
    struct ui_settings ui_settings;
    struct session *session;
    struct sample_pipeline *pipeline;
    struct source *src; /* the pipeline's */
    const struct sample *last;
    int64_t now_ns;
    int64_t names_until_ns; /* how long names are waited for; 0: not begun */
    char *keys;             /* owned */
    int line;               /* of the keys file, for messages */
    bool unread;            /* not all of the recording could be read, which was said */
};

/* Step through all samples, as one who had watched them come. Keys follow the last one and may ask
 * for any figure, so all are read. */
static int play(struct dump *d, struct err *err)
{
    struct recording_head head;
    int r;
    do {
        struct request req;
        bool now;
        session_request(d->session, &req, &now);
        req.needs |= NEED_METRICS;
        r = app_next_sample(d->pipeline, &req, &d->last, err);
        if (r == 0) {
            d->now_ns = d->last->mono_ns;
            session_sample(d->session, sample_ref(d->last), d->now_ns);
        }
    } while (r == 0 && (d->s->ui.read_path || app_awaits_owners(d->last)));
    if (r == -ENODATA && !d->last)
        return err_set(err, r, "%s", text(MSG_NO_SAMPLE));
    const struct sample_reason unread = recording_unread(d->src);
    char why[REASON_TEXT_SIZE];
    if (r == -ENODATA && unread.code != REASON_NONE) {
        d->unread = true;
        session_tell(d->session, reason_text(why, &unread, text_language()));
        cli_error(why);
    }
    if (d->s->ui.read_path && recording_head(d->src, &head) == 0)
        session_recorded(d->session, &head);
    return r == -ENODATA ? 0 : r;
}

static int read_keys(struct dump *d, struct err *err)
{
    const char *path = d->s->keys_path;
    int fd = privileges_open(path, O_RDONLY | O_NOCTTY, 0);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
    if (!file) {
        int error = fd < 0 ? fd : errno;
        if (fd >= 0)
            close(fd);
        return cli_error_usage(err, MSG_DUMP_KEYS_UNREADABLE, path, text_error(error));
    }
    d->keys = malloc(KEYS_MAX_BYTES + 1);
    size_t len = d->keys ? fread(d->keys, 1, KEYS_MAX_BYTES, file) : 0;
    bool failed = ferror(file) || !feof(file);
    fclose(file);
    if (!d->keys)
        return err_set(err, -ENOMEM, "%s", text_error(ENOMEM));
    if (failed || memchr(d->keys, '\0', len))
        return cli_error_usage(err, MSG_DUMP_KEYS_UNREADABLE, path, text_error(EINVAL));
    d->keys[len] = '\0';
    return 0;
}

/* Names are there as if they had been waited for on the screen; in all for so long. */
static void await_names(struct dump *d)
{
    if (!d->names_until_ns)
        d->names_until_ns = clock_mono_ns() + NAMES_WAIT_NS;
    session_await_names(d->session, d->names_until_ns);
}

static void press(struct dump *d, keycode key)
{
    session_input(d->session, &(struct input){.key = key}, d->now_ns);
    await_names(d);
}

/* "text": its characters one by one. Returns what follows, NULL when the quote is not closed. */
static const char *type(struct dump *d, const char *at)
{
    const char *end = strchr(at, '"');
    while (end && at < end) {
        uint32_t cp;
        at += utf8_decode(at, (size_t)(end - at), &cp);
        if (cp != UTF8_BAD)
            press(d, cp);
    }
    return end ? end + 1 : NULL;
}

/* One word: `wait:MS` or the name of a key. */
static bool act(struct dump *d, const char *word)
{
    keycode key;
    char *end;
    if (strncmp(word, "wait:", 5) == 0 && isdigit((unsigned char)word[5])) {
        unsigned long ms = strtoul(word + 5, &end, 10);
        if (*end || ms > 3600 * 1000)
            return false;
        d->now_ns += (int64_t)ms * NS_PER_MS;
        session_quiet(d->session, d->now_ns);
        session_tick(d->session, d->now_ns);
        await_names(d);
        return true;
    }
    if (key_parse(word, &key) != strlen(word))
        return false;
    press(d, key);
    return true;
}

/* Blank-separated words; `#` begins a comment. */
static int feed(struct dump *d, struct err *err)
{
    const char *at = d->keys;
    d->line = 1;
    while (*at) {
        char word[KEY_WORD_MAX], line[16];
        if (*at == '#') {
            at += strcspn(at, "\n");
        } else if (isspace((unsigned char)*at)) {
            d->line += *at++ == '\n';
        } else {
            size_t len = strcspn(at, " \t\r\n");
            snprintf(word, sizeof(word), "%.*s", (int)len, at);
            const char *next = *at == '"' ? type(d, at + 1) : at + len;
            if (!next || (*at != '"' && (len >= sizeof(word) || !act(d, word)))) {
                snprintf(line, sizeof(line), "%d", d->line);
                return cli_error_usage(err, MSG_DUMP_BAD_KEY, d->s->keys_path, line);
            }
            at = next;
        }
    }
    return 0;
}

/* What the keys have opened or pinned is followed through the recording. */
static void follow(struct dump *d)
{
    struct request req;
    bool now;
    session_request(d->session, &req, &now);
    if (d->s->ui.read_path && req.n_watched)
        session_replay(d->session, &req, HISTORY_SHOWN);
}

/* A picture brings its ground along. */
static enum theme_background dump_background(const struct settings *s)
{
    const enum theme_background background = settings_background(s);
    return background == BACKGROUND_ANY && strcmp(s->theme_name, "auto") == 0 ? BACKGROUND_DARK
                                                                              : background;
}

static int print(struct dump *d)
{
    struct sink out;
    struct canvas canvas;
    if (sink_init(&out, STDOUT_FILENO) < 0 || canvas_init(&canvas, 1, 1) < 0) {
        sink_fini(&out);
        cli_error(text_error(ENOMEM));
        return EXIT_FAILED;
    }
    session_draw(d->session, &canvas, d->now_ns);
    if (d->s->dump == DUMP_SVG) {
        struct theme theme;
        const enum theme_background background = dump_background(d->s);
        settings_theme(d->s, settings_color(d->s) ? DEPTH_256 : DEPTH_MONO, background, &theme);
        svg_print(&out, &canvas, &theme, background);
    } else {
        print_canvas(&out, &canvas);
    }
    canvas_fini(&canvas);
    bool whole = !app_is_partial(d->last);
    char why[REASON_TEXT_SIZE];
    if (!whole)
        cli_error(reason_text(why, &d->last->reason, text_language()));
    return app_finish(&out, whole && !d->unread ? EXIT_COMPLETE : EXIT_PARTIAL);
}

static int open_dump(struct dump *d, bool utf8, struct err *err)
{
    int r = app_open_source(&d->src, d->s, err);
    if (r < 0)
        return r;
    d->pipeline = sample_pipeline_new(d->src, HISTORY_SHOWN + 1);
    if (!d->pipeline)
        return err_set(err, -ENOMEM, "%s", text_error(ENOMEM));
    struct sample_observer *doctor = app_doctor(d->s);
    sample_pipeline_observe(d->pipeline, doctor);
    r = app_believe(doctor, d->src);
    if (r)
        return err_set(err, r, "%s", text_error(r));
    settings_for_ui(d->s, &d->ui_settings);
    (void)app_travel(d->s, d->src, HISTORY_SHOWN + 1, &d->ui_settings);
    r = session_new(&d->session, &d->ui_settings, -1, utf8, settings_ascii(d->s, utf8));
    return r < 0 ? err_set(err, r, "%s", text_error(r)) : 0;
}

int dump_mode_run(const struct settings *s, bool utf8)
{
    struct dump d = {.s = s};
    struct err err = {""};
    int code = EXIT_FAILED;
    int r = s->keys_path ? read_keys(&d, &err) : 0;
    if (r == 0)
        r = open_dump(&d, utf8, &err);
    if (r == 0)
        r = play(&d, &err);
    if (r == 0 && d.keys && feed(&d, &err) < 0)
        r = -EINVAL;
    if (r == 0) {
        follow(&d);
        session_tick(d.session, d.now_ns + LAST_WAIT_NS);
        await_names(&d);
        code = print(&d);
    } else {
        cli_error(err.msg);
        code = r == -EINVAL ? EXIT_USAGE : EXIT_FAILED;
    }
    session_free(d.session);
    sample_unref(d.last);
    sample_pipeline_free(d.pipeline);
    free(d.keys);
    return code;
}
