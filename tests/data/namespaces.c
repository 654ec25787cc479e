/* SPDX-License-Identifier: MIT */
/* Draws the screen over a made-up host that is no recording, with namespaces: `namespaces
 * WIDTHxHEIGHT LANG 'KEYS' [all|NAME]` presses the keys (by name, blank-separated) and prints the
 * frame. The last argument is whose rows are shown, tcptop's own by default. Its connections can be
 * closed, as far as the question. */
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/hosts.h"
#include "lib/owned.h"
#include "tcptop/base/clock.h"
#include "tcptop/output/output.h"
#include "tcptop/ui/session.h"

#define NOW_NS  (864000 * NS_PER_S)
#define WALL_NS (INT64_C(1773324202) * NS_PER_S) /* 2026-03-12 14:03:22 UTC */

static const struct {
    const char *name;
    uint64_t sockets;
    int error;
} others[] = {
    {"init", 0, 0},          {"blue", 0, 0},
    {"4f1b2c3d4e5f", 31, 0}, {"net:[4026532281]", 1204, 0},
    {"nginx[1184]", 18, 0},  {"아주-긴-이름의-네임스페이스-하나", 2, 0},
    {"vpn", 0, -EPERM},
};
#define N (sizeof others / sizeof *others)

static struct netns_table *make_table(const char *shown)
{
    struct netns_table *t = netns_table_new(N);

    if (!t)
        exit(1);
    t->several = strcmp(shown, "all") == 0;
    for (uint32_t i = 0; i < N; i++) {
        struct netns *ns = &t->list[i];
        snprintf(ns->name, sizeof ns->name, "%s", others[i].name);
        ns->inode = 4026531840 + i;
        ns->id = (uint16_t)i;
        ns->own = i == 0;
        ns->error = others[i].error;
        ns->shown = !ns->error && (t->several || strcmp(shown, ns->name) == 0);
        ns->counted = !ns->error;
        ns->sockets = ns->shown ? 0 : others[i].sockets;
        t->shown += ns->shown;
        t->missing += !ns->shown;
    }
    netns_table_sort(t);
    return t;
}

static struct netns *entry(struct netns_table *t, uint16_t id)
{
    uint32_t i = 0;

    while (t->list[i].id != id)
        i++;
    return &t->list[i];
}

/* nginx listens with a worker of its own, which has the connections. */
static void add_owners(struct sample *s)
{
    static const char *const nginx[] = {"nginx", "nginx: worker process", "nginx.service"};
    struct owner_lookup *lookup = owner_lookup_new();

    if (!lookup)
        exit(1);
    owned_put(lookup, 1183, 0, nginx, (const uint32_t[]){1, 0});
    owned_put(lookup, 1184, 33, nginx, (const uint32_t[]){1, 2, 0});
    owned_assign(lookup, s);
    owner_lookup_free(lookup);
}

static struct sample *make_sample(const char *shown)
{
    struct sample *s = host_web01();
    struct netns_table *t = make_table(shown);
    const char *one = strcmp(shown, "init") == 0 ? "" : shown;

    for (uint32_t row = 0; row < s->n_live; row++) {
        struct conn *c = &s->conn[row];
        for (uint16_t id = 0; !t->several && id < N; id++)
            c->netns = strcmp(others[id].name, shown) == 0 ? id : c->netns;
        if (t->several)
            c->netns = (uint16_t)(row % 6);
        if (c->state == TCP_STATE_ESTABLISHED || c->state == TCP_STATE_FIN_WAIT2) {
            memcpy(c->src, (const uint8_t[4]){10, 0, 2, 15}, 4);
            memcpy(c->dst, (const uint8_t[4]){10, 0, 5, (uint8_t)(row % 90)}, 4);
        }
        entry(t, c->netns)->sockets++;
    }
    s->namespaces = t;
    snprintf(s->netns, sizeof s->netns, "%s", one);
    snprintf(s->host.name, sizeof s->host.name, "web-01");
    s->mono_ns = NOW_NS;
    s->wall_ns = WALL_NS;
    s->interval_ms = s->asked_interval_ms = 1000;
    s->cost_ns = s->cpu_ns = 3 * NS_PER_MS;
    add_owners(s);
    return s;
}

/* No question is answered here. */
static struct destroyed end(const struct conn *c, const struct destroy_place *place)
{
    (void)c;
    (void)place;
    abort();
}

static void press(struct session *session, char *names)
{
    char *rest;

    for (char *word = strtok_r(names, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        keycode key;
        if (key_parse(word, &key) != strlen(word))
            errx(2, "%s is no key", word);
        session_input(session, &(struct input){.key = key}, NOW_NS);
    }
}

int main(int argc, char **argv)
{
    static struct ui_settings settings;
    struct session *session;
    struct canvas canvas;
    struct sink out;

    if (argc < 4 || sscanf(argv[1], "%dx%d", &settings.width, &settings.height) != 2)
        errx(2, "namespaces WIDTHxHEIGHT LANG KEYS [all|NAME]");
    settings.interval_ms = 1000;
    settings.fade_s = 3;
    settings.history_s = 60;
    settings.group_by = -1;
    keymap_init(&settings.bindings);
    text_use(strcmp(argv[2], "ko") == 0 ? LANG_KO : LANG_EN);
    if (session_new(&session, &settings, -1, true, false) || canvas_init(&canvas, 1, 1) ||
        sink_init(&out, STDOUT_FILENO))
        errx(1, "out of memory");
    session_use_destroy(session, end, true);
    session_sample(session, make_sample(argc > 4 ? argv[4] : "init"), NOW_NS);
    press(session, argv[3]);
    session_draw(session, &canvas, NOW_NS);
    print_canvas(&out, &canvas);
    sink_flush(&out);
    sink_fini(&out);
    canvas_fini(&canvas);
    session_free(session);
    return 0;
}
