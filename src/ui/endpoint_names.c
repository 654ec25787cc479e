/* SPDX-License-Identifier: MIT */
/* An end of a connection as the table shows it: address and port, or the names they have, which are
 * asked for the rows in view and taken when they come. Only names are ever cut; a service whose
 * name has no room keeps its number. */
#include <stdio.h>
#include <string.h>

#include "endpoint_names.h"
#include "overlay.h"
#include "tcptop/base/clock.h"
#include "tcptop/base/err.h"
#include "tcptop/base/utf8.h"
#include "tcptop/query/column.h"

#define NAME_LEAST 8 /* a host's name cut to less tells nothing: its address then */

/* "…" after as much of `name` as fits. */
static void cut(char out[NAME_BYTES + 4], const char *name, int room)
{
    size_t len = strlen(name);

    if (utf8_width(name) <= room)
        snprintf(out, NAME_BYTES + 4, "%s", name);
    else
        snprintf(out, NAME_BYTES + 4, "%.*s…", (int)utf8_fit(name, len, room - 1, NULL), name);
}

/* Its names, NULL where they are not known or not wanted. */
static void find_names(const struct naming *n, const struct conn *c, bool remote, const char **host,
                       const char **service)
{
    struct name_key k;

    *host = *service = NULL;
    if (n->hosts && names_key_address(&k, c, remote))
        *host = names_find(n->names, &k);
    if (n->services && names_key_service(&k, c, remote))
        *service = names_find(n->names, &k);
}

bool endpoint_by_name(const struct naming *n, const struct conn *c, bool remote, struct str *out)
{
    const char *host, *service;
    struct str number = STR_INIT;

    find_names(n, c, remote, &host, &service);
    if (!host && !service)
        return false;
    if (remote)
        column_format_remote(NULL, c, &number);
    else
        column_format_local(NULL, c, &number);
    const char *colon = strrchr(str_text(&number), ':');
    if (host)
        str_add(out, host);
    else if (colon)
        str_add_bytes(out, number.data, (size_t)(colon - number.data));
    str_add_char(out, ':');
    str_add(out, service ? service : colon ? colon + 1 : "");
    str_fini(&number);
    return true;
}

void endpoint_name(const struct drawing *d, const struct conn *c, bool remote, int room,
                   struct str *text)
{
    const struct naming wanted = {d->v->names, d->ui->host_names, d->ui->service_names};
    const char *host, *service;
    char port[NAME_BYTES], shown[NAME_BYTES + 4];

    find_names(&wanted, c, remote, &host, &service);
    char *colon = text->len ? strrchr(text->data, ':') : NULL;
    if (!colon || (!host && !service))
        return;
    snprintf(port, sizeof port, "%s", colon + 1);
    size_t address = (size_t)(colon - text->data);
    int head = host ? NAME_LEAST : utf8_width_n(text->data, address);
    if (service && head + 1 + utf8_width(service) <= room)
        snprintf(port, sizeof port, "%s", service);
    int left = room - 1 - utf8_width(port);
    if (host && (left >= NAME_LEAST || utf8_width(host) <= left)) {
        cut(shown, host, left);
        str_clear(text);
        str_add(text, shown);
    } else {
        str_truncate(text, address);
    }
    str_add(text, ":");
    str_add(text, port);
}

static bool wanted(const struct session *s)
{
    return s->ui.host_names || s->ui.service_names;
}

struct naming endpoint_naming(const struct session *s)
{
    return (struct naming){wanted(s) ? s->names : NULL, s->ui.host_names, s->ui.service_names};
}

/* False when nobody can be asked, and the footer says why. */
static bool begin(struct session *s)
{
    struct err err;

    if (!s->names && !(s->names = names_new(NAMES_MAX))) {
        session_say(s, MSG_SESSION_NO_MEMORY, NULL);
        return false;
    }
    if (!s->resolver && resolver_start(&s->resolver, s->wake_fd, NULL, &err) < 0) {
        session_say(s, MSG_NAMES_FAILED, err.msg, NULL);
        return false;
    }
    return true;
}

static unsigned toggle(struct session *s, bool *names, enum command_id command, enum msg on,
                       enum msg off)
{
    char key[16];

    *names = !*names;
    if (*names && !begin(s))
        *names = false;
    else
        session_say(s, *names ? on : off, session_key(s, command, key), NULL);
    if (!wanted(s)) {
        resolver_stop(s->resolver); /* what is under way is not asked any more */
        s->resolver = NULL;
        s->names_asked = 0;
    }
    return REACT_WIDTHS;
}

unsigned endpoint_toggle_hosts(struct session *s)
{
    return toggle(s, &s->ui.host_names, COMMAND_HOST_NAMES, MSG_NAMES_HOSTS_ON,
                  MSG_NAMES_HOSTS_OFF);
}

unsigned endpoint_toggle_services(struct session *s)
{
    return toggle(s, &s->ui.service_names, COMMAND_SERVICE_NAMES, MSG_NAMES_SERVICES_ON,
                  MSG_NAMES_SERVICES_OFF);
}

static void want(struct session *s, const struct name_key *k)
{
    if (!names_want(s->names, k, s->now_ns))
        return;
    if (resolver_ask(s->resolver, k))
        s->names_asked++;
    else
        names_unasked(s->names, k);
}

static void want_end(struct session *s, const struct conn *c, bool remote)
{
    struct name_key k;

    if (s->ui.host_names && names_key_address(&k, c, remote))
        want(s, &k);
    if (s->ui.service_names && names_key_service(&k, c, remote))
        want(s, &k);
}

static void ask_in_view(struct session *s)
{
    const struct sample *shown = s->list->sample;
    const struct rows *rows = &s->list->rows;

    if (!wanted(s) || !shown)
        return;
    if (!s->resolver && !begin(s)) { /* the screen was to start with them */
        s->ui.host_names = s->ui.service_names = false;
        return;
    }
    const struct conn *subject = overlay_subject(&s->ui);
    if (subject) {
        want_end(s, subject, false);
        want_end(s, subject, true);
    }
    struct view v = session_view(s);
    uint32_t end = s->ui.top + table_capacity(&v, s->ui.top);
    for (uint32_t i = s->ui.top; i < end && i < rows->n; i++) {
        if (rows->row[i] & ROW_GROUP)
            continue;
        want_end(s, &shown->conn[rows->row[i]], false);
        want_end(s, &shown->conn[rows->row[i]], true);
    }
}

void endpoint_settle_names(struct session *s)
{
    if (s->wake_fd >= 0) /* else nobody would be told of the answers: see endpoint_await_names() */
        ask_in_view(s);
}

bool endpoint_take_names(struct session *s)
{
    struct name_answer a;
    bool some = false;

    while (s->resolver && resolver_take(s->resolver, &a)) {
        names_put(s->names, &a, s->now_ns);
        s->names_asked -= s->names_asked > 0;
        some = true;
    }
    return some;
}

bool endpoint_await_names(struct session *s, int64_t until_ns)
{
    bool some = false;

    ask_in_view(s);
    while (s->names_asked && clock_mono_ns() < until_ns) {
        resolver_wait(s->resolver, until_ns);
        some = endpoint_take_names(s) || some;
    }
    return some;
}

void endpoint_fini_names(struct session *s)
{
    resolver_stop(s->resolver);
    names_free(s->names);
    s->resolver = NULL;
    s->names = NULL;
}
