/* SPDX-License-Identifier: MIT */
/* Compares what tcptop printed as JSON with what `ss -tanoeHO` printed, row for row:
 *
 *     compare SS_FILE JSON_FILE BETWEEN_MS [proc]
 *
 * Every row of one must be in the other; addresses, ports, states, queues, owner, inode and cookie
 * must be equal, timers within BETWEEN_MS, the time between the two. Where tcptop says nothing, ss
 * must have nothing to say. `proc`: the rows come from /proc, without cookie and backlog. Prints
 * the differences, exits 1 when there is one. */
#include <err.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tcptop/model/state.h"

#define ROWS_MAX 4096

/* One socket as both sides describe it; -1: not told. */
struct row {
    char proto[8], local[64], remote[64], device[32], timer[16];
    long long local_port, remote_port, recv_q, send_q, uid, inode, expires_ms, precision_ms,
        retrans;
    char cookie[32];
    unsigned state;
};

struct table {
    struct row rows[ROWS_MAX];
    size_t n;
};

static struct table from_ss, from_tcptop;
static bool from_proc;
static long long between_ms;
static int differences;

/* "[fe80::1]%lo:8018", "127.0.0.1:3000", "*:*": address, device, port */
static void read_end(char *text, bool v6, char address[64], char device[32], long long *port)
{
    char *colon = strrchr(text, ':'), *percent;

    if (!colon)
        errx(2, "ss: no port in %s", text);
    *colon = '\0';
    *port = strcmp(colon + 1, "*") == 0 ? 0 : atoll(colon + 1);
    if ((percent = strchr(text, '%'))) {
        *percent = '\0';
        snprintf(device, 32, "%s", percent + 1);
    }
    if (*text == '[') {
        text[strcspn(text, "]")] = '\0';
        text++;
    }
    snprintf(address, 64, "%s", strcmp(text, "*") != 0 ? text : v6 ? "::" : "0.0.0.0");
}

/* ss's print_ms_timer(): "119min", "1min9sec", "59sec", "1.234ms", "168ms" */
static void read_span(const char *text, struct row *r)
{
    long long minutes = 0, seconds = 0, ms = 0;
    int used = 0;

    if (sscanf(text, "%lldmin%n", &minutes, &used) == 1 && used)
        text += used;
    else
        minutes = 0;
    used = 0;
    if (sscanf(text, "%lld.%lldms%n", &seconds, &ms, &used) == 2 && used) {
    } else if (ms = 0, used = 0, sscanf(text, "%lldsec%n", &seconds, &used) == 1 && used) {
    } else if (seconds = 0, used = 0, sscanf(text, "%lldms%n", &ms, &used) != 1 || !used) {
        ms = 0;
    }
    r->expires_ms = (minutes * 60 + seconds) * 1000 + ms;
    r->precision_ms = minutes > 9 ? 60000 : seconds > 9 || minutes ? 1000 : 1;
}

/* "timer:(keepalive,119min,0)", and "timer:(persist,,0)" at the moment when it runs out */
static void read_timer(char *text, struct row *r)
{
    char *rest = text + strlen("timer:(");
    char *name = strsep(&rest, ","), *span = strsep(&rest, ","), *retrans = strsep(&rest, ")");

    if (!name || !span || !retrans)
        errx(2, "ss: cannot read a timer");
    snprintf(r->timer, sizeof(r->timer), "%s", name);
    read_span(span, r);
    r->retrans = atoll(retrans);
}

static void read_ss_line(char *line)
{
    struct row *r = &from_ss.rows[from_ss.n++];
    char *save, *word, *words[32] = {NULL};
    size_t n = 0;

    for (word = strtok_r(line, " \n", &save); word && n < 32; word = strtok_r(NULL, " \n", &save))
        words[n++] = word;
    if (n < 5)
        errx(2, "ss: a short line");
    *r = (struct row){.uid = 0, .inode = -1, .expires_ms = -1, .retrans = -1, .timer = "off"};
    r->state = state_parse(words[0], strlen(words[0]));
    r->recv_q = atoll(words[1]);
    r->send_q = atoll(words[2]);
    bool v6 = *words[3] == '[' || *words[3] == '*';
    strcpy(r->proto, v6 ? "tcp6" : "tcp");
    read_end(words[3], v6, r->local, r->device, &r->local_port);
    read_end(words[4], v6, r->remote, r->device, &r->remote_port);
    for (size_t i = 5; i < n; i++) {
        if (strncmp(words[i], "timer:(", 7) == 0)
            read_timer(words[i], r);
        else if (strncmp(words[i], "uid:", 4) == 0)
            r->uid = atoll(words[i] + 4);
        else if (strncmp(words[i], "ino:", 4) == 0)
            r->inode = atoll(words[i] + 4);
        else if (strncmp(words[i], "sk:", 3) == 0)
            snprintf(r->cookie, sizeof(r->cookie), "%s", words[i] + 3);
    }
}

static void read_ss(const char *path)
{
    FILE *f = fopen(path, "r");
    char line[1024];

    if (!f)
        err(2, "%s", path);
    while (fgets(line, sizeof(line), f) && from_ss.n < ROWS_MAX)
        read_ss_line(line);
    fclose(f);
}

static long long number(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);

    return json_is_integer(value) ? json_integer_value(value) : -1;
}

static void word(const json_t *object, const char *key, char *out, size_t size)
{
    const char *value = json_string_value(json_object_get(object, key));

    snprintf(out, size, "%s", value ? value : "");
}

static void read_connection(const json_t *o)
{
    struct row *r = &from_tcptop.rows[from_tcptop.n++];
    char state[32];

    word(o, "state", state, sizeof(state));
    word(o, "proto", r->proto, sizeof(r->proto));
    word(o, "local_addr", r->local, sizeof(r->local));
    word(o, "remote_addr", r->remote, sizeof(r->remote));
    word(o, "timer", r->timer, sizeof(r->timer));
    word(o, "cookie", r->cookie, sizeof(r->cookie));
    r->local[strcspn(r->local, "%")] = '\0';
    r->remote[strcspn(r->remote, "%")] = '\0';
    r->state = state_parse(state, strlen(state));
    r->local_port = number(o, "local_port");
    r->remote_port = number(o, "remote_port");
    r->recv_q = number(o, "recv_q");
    r->send_q = number(o, "send_q");
    r->uid = number(o, "uid");
    r->inode = number(o, "inode");
    r->expires_ms = number(o, "expires_ms");
    r->retrans = number(o, "retrans");
    if (number(o, "ifindex") > 0)
        strcpy(r->device, "?");
}

static void read_json(const char *path)
{
    FILE *f = fopen(path, "r");
    long long total = -1;
    char type[32];
    json_error_t error;
    json_t *o;

    if (!f)
        err(2, "%s", path);
    while ((o = json_loadf(f, JSON_DISABLE_EOF_CHECK, &error))) {
        word(o, "type", type, sizeof(type));
        if (strcmp(type, "connection") == 0 && from_tcptop.n < ROWS_MAX)
            read_connection(o);
        else if (strcmp(type, "summary") == 0)
            total = number(o, "total");
        json_decref(o);
    }
    fclose(f);
    if (total != (long long)from_tcptop.n) {
        printf("the summary counts %lld, there are %zu\n", total, from_tcptop.n);
        differences++;
    }
}

static int order(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    int c = strcmp(x->proto, y->proto);

    if (!c)
        c = strcmp(x->local, y->local);
    if (!c)
        c = strcmp(x->remote, y->remote);
    if (!c)
        c = (x->local_port > y->local_port) - (x->local_port < y->local_port);
    return c ? c : (x->remote_port > y->remote_port) - (x->remote_port < y->remote_port);
}

static void differ(const struct row *r, const char *what)
{
    printf("%s %s:%lld %s:%lld: %s\n", r->proto, r->local, r->local_port, r->remote, r->remote_port,
           what);
    differences++;
}

static void check(const struct row *r, const char *what, long long ss, long long tcptop)
{
    char line[128];

    if (ss == tcptop)
        return;
    snprintf(line, sizeof(line), "%s: ss %lld, tcptop %lld", what, ss, tcptop);
    differ(r, line);
}

/* A timer that ran out in the time between has become another. */
static void check_timer(const struct row *ss, const struct row *top)
{
    long long slack = between_ms + ss->precision_ms + (from_proc ? 20 : 0);
    char line[128];

    if ((ss->expires_ms >= 0 && ss->expires_ms <= between_ms) ||
        (top->expires_ms >= 0 && top->expires_ms <= between_ms))
        return;
    if (strcmp(ss->timer, top->timer) != 0) {
        snprintf(line, sizeof(line), "timer: ss %s, tcptop %s", ss->timer, top->timer);
        differ(ss, line);
    } else if (llabs(ss->expires_ms - top->expires_ms) > slack) {
        check(ss, "expires_ms", ss->expires_ms, top->expires_ms);
    }
    if (from_proc && ss->state == TCP_STATE_SYN_RECV)
        return; /* /proc counts time-outs there, ss what was sent again */
    if (top->retrans >= 0 && ss->retrans >= 0)
        check(ss, "retrans", ss->retrans, top->retrans);
}

static void check_row(const struct row *ss, const struct row *top)
{
    bool listen = ss->state == TCP_STATE_LISTEN;

    if (ss->state != top->state)
        check(ss, "state", ss->state, top->state);
    check(ss, "recv_q", ss->recv_q, top->recv_q);
    check(ss, "send_q", from_proc && listen ? -1 : ss->send_q, top->send_q);
    check(ss, "inode", ss->inode, top->inode < 0 ? 0 : top->inode);
    if (top->uid >= 0)
        check(ss, "uid", ss->uid, top->uid);
    else if (ss->inode > 0)
        differ(ss, "uid: tcptop does not know it");
    if (!from_proc && !*ss->device != !*top->device)
        differ(ss, "device: only one side names it");
    if (strcmp(from_proc ? "" : ss->cookie, top->cookie) != 0)
        differ(ss, "cookie");
    check_timer(ss, top);
}

int main(int argc, char **argv)
{
    size_t i = 0, k = 0;

    if (argc < 4)
        errx(2, "compare SS_FILE JSON_FILE BETWEEN_MS [proc]");
    between_ms = atoll(argv[3]);
    from_proc = argc > 4 && strcmp(argv[4], "proc") == 0;
    read_ss(argv[1]);
    read_json(argv[2]);
    qsort(from_ss.rows, from_ss.n, sizeof(struct row), order);
    qsort(from_tcptop.rows, from_tcptop.n, sizeof(struct row), order);
    while (i < from_ss.n || k < from_tcptop.n) {
        int side = i == from_ss.n       ? 1
                   : k == from_tcptop.n ? -1
                                        : order(&from_ss.rows[i], &from_tcptop.rows[k]);
        if (side < 0)
            differ(&from_ss.rows[i++], "only ss has it");
        else if (side > 0)
            differ(&from_tcptop.rows[k++], "only tcptop has it");
        else
            check_row(&from_ss.rows[i++], &from_tcptop.rows[k++]);
    }
    printf("%zu rows, %d differences\n", from_ss.n, differences);
    return differences || from_ss.n == 0;
}
