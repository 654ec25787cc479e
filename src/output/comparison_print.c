/* SPDX-License-Identifier: MIT */
/* A comparison as text and as JSON. */
#include "tcptop/output/comparison_print.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tcptop/base/fmt.h"
#include "tcptop/base/str.h"
#include "tcptop/base/utf8.h"
#include "tcptop/explain/comparison_words.h"
#include "tcptop/explain/import_words.h"
#include "tcptop/explain/owner_rights_note.h"
#include "tcptop/explain/reason_text.h"

#define LINES_TEXT 40 /* of each list */
#define NUMBER_W   8
#define STATE_W    11
#define MOVE_W     26 /* "ESTABLISHED → CLOSE_WAIT" */

/* Text ------------------------------------------------------------ */

static void add_right(struct str *line, const char *text)
{
    for (int w = utf8_width(text); w < NUMBER_W; w++)
        str_add(line, " ");
    str_add(line, text);
}

static void add_left(struct str *line, const char *text, int width)
{
    str_add(line, text);
    for (int w = utf8_width(text); w < width; w++)
        str_add(line, " ");
}

static void add_count(struct str *line, uint32_t n)
{
    char text[FMT_SIZE];

    add_right(line, fmt_count_fit(text, sizeof text, n, NUMBER_W - 1));
}

static void end_line(struct sink *out, const struct comparison_print *p, struct str *line)
{
    print_glyphs(out, str_text(line), p->ascii);
    sink_add(out, "\n");
    str_clear(line);
}

static void say(struct sink *out, const struct comparison_print *p, enum msg id, const char *a,
                const char *b, const char *c)
{
    struct str line = STR_INIT;

    text_fill(&line, id, a, b, c, NULL);
    end_line(out, p, &line);
    str_fini(&line);
}

static void print_side(struct sink *out, const struct comparison_print *p, unsigned side)
{
    const struct sample *s = p->comparison->sample[side];
    char time[FMT_SIZE] = FMT_NONE, total[FMT_SIZE], name[128];
    struct str line = STR_INIT;

    if (s->wall_ns)
        fmt_local(time, sizeof time, s->wall_ns);
    utf8_sanitise_into(name, sizeof name, p->name[side], strlen(p->name[side]));
    fmt_count(total, sizeof total, p->comparison->total[side]);
    str_addf(&line, "%s  %s  %s  ", comparison_words_side[side], time,
             *s->host.name ? s->host.name : FMT_NONE);
    text_fill(&line, MSG_DIFF_CONNECTIONS, total, NULL);
    str_addf(&line, "  %s", name);
    if (s->import) {
        str_add(&line, "  ");
        import_words_source(s->import, &line);
    }
    end_line(out, p, &line);
    str_fini(&line);
}

static void print_sums(struct sink *out, const struct comparison_print *p)
{
    struct str line = STR_INIT;

    comparison_words_sums(p->comparison, &line);
    end_line(out, p, &line);
    str_fini(&line);
}

/* How many of `n` lines are printed. */
static uint32_t lines_of(const struct comparison_print *p, uint32_t n)
{
    uint32_t most = p->limit ? p->limit : LINES_TEXT;

    return n < most ? n : most;
}

static void print_rest(struct sink *out, const struct comparison_print *p, uint32_t n)
{
    char rest[FMT_SIZE];

    if (n > lines_of(p, n))
        say(out, p, MSG_DIFF_REST, fmt_count(rest, sizeof rest, n - lines_of(p, n)), NULL, NULL);
}

static void print_groups(struct sink *out, const struct comparison_print *p)
{
    const struct comparison *c = p->comparison;
    struct str line = STR_INIT;

    if (!c->n_groups)
        return;
    sink_add(out, "\n");
    add_right(&line, text(MSG_DIFF_CHANGE));
    add_right(&line, comparison_words_side[COMPARISON_A]);
    add_right(&line, comparison_words_side[COMPARISON_B]);
    str_add(&line, "  ");
    add_left(&line, text(MSG_COL_STATE), STATE_W + 2);
    str_add(&line, text(MSG_DIFF_ENDS));
    end_line(out, p, &line);
    for (uint32_t i = 0; i < lines_of(p, c->n_groups); i++) {
        const struct comparison_group *g = &c->group[i];
        char change[FMT_SIZE];
        fmt_change(change, sizeof change, comparison_change(g), NUMBER_W - 1);
        add_right(&line, *change ? change : "0");
        add_count(&line, g->count[COMPARISON_A]);
        add_count(&line, g->count[COMPARISON_B]);
        str_add(&line, "  ");
        add_left(&line, comparison_words_state(g->key.state), STATE_W + 2);
        comparison_words_group(g, &line);
        end_line(out, p, &line);
    }
    str_fini(&line);
    print_rest(out, p, c->n_groups);
}

static void print_moves(struct sink *out, const struct comparison_print *p)
{
    const struct comparison *c = p->comparison;
    struct str line = STR_INIT, move = STR_INIT;

    if (!c->n_moved)
        return;
    sink_addf(out, "\n%s\n", text(MSG_DIFF_MOVED));
    for (uint32_t i = 0; i < lines_of(p, c->n_moved); i++) {
        const struct comparison_group *g = &c->moved[i];
        str_clear(&move);
        comparison_words_move(&g->key, &move);
        add_count(&line, g->count[COMPARISON_B]);
        str_add(&line, "  ");
        add_left(&line, str_text(&move), MOVE_W);
        comparison_words_ends(&g->key, &line);
        end_line(out, p, &line);
    }
    str_fini(&line);
    str_fini(&move);
    print_rest(out, p, c->n_moved);
}

static void print_notes(struct sink *out, const struct comparison_print *p)
{
    struct str notes = STR_INIT;

    comparison_words_notes(p->comparison, &notes);
    print_glyphs(out, str_text(&notes), p->ascii);
    str_fini(&notes);
}

void comparison_print_text(struct sink *out, const struct comparison_print *p)
{
    for (unsigned side = 0; side < COMPARISON_SIDES; side++)
        print_side(out, p, side);
    print_sums(out, p);
    print_groups(out, p);
    print_moves(out, p);
    sink_add(out, "\n");
    print_notes(out, p);
}

/* JSON ------------------------------------------------------------ */

static void add_text(struct sink *out, const char *key, const char *value)
{
    if (!*value)
        return;
    sink_addf(out, ",\"%s\":", key);
    json_print_string(out, value);
}

static void add_port(struct sink *out, const char *key, unsigned port)
{
    if (port)
        sink_addf(out, ",\"%s\":%u", key, port);
}

static void add_key(struct sink *out, const struct comparison_key *key)
{
    char address[CONN_ADDRESS_SIZE];

    add_text(out, "process", key->process);
    if (key->former)
        sink_add(out, ",\"owner\":\"former\"");
    add_text(out, "state", key->state ? state_name(key->state) : "");
    add_port(out, "local_port", key->local_port);
    if (comparison_has_peer(key)) {
        comparison_address(key, address);
        add_text(out, "remote_addr", address);
        add_port(out, "remote_port", key->remote_port);
    }
}

static void print_group_json(struct sink *out, const struct comparison_group *g)
{
    sink_addf(out, "{\"type\":\"diff_group\",\"change\":%" PRId64 ",\"a\":%u,\"b\":%u",
              comparison_change(g), g->count[COMPARISON_A], g->count[COMPARISON_B]);
    sink_addf(out, ",\"only_a\":%u,\"only_b\":%u", g->only[COMPARISON_A], g->only[COMPARISON_B]);
    add_key(out, &g->key);
    sink_add(out, "}\n");
}

static void print_move_json(struct sink *out, const struct comparison_group *g)
{
    sink_addf(out, "{\"type\":\"diff_state\",\"count\":%u", g->count[COMPARISON_B]);
    add_text(out, "from", state_name(g->key.from));
    add_key(out, &g->key);
    sink_add(out, "}\n");
}

static void print_row_json(struct sink *out, const struct comparison *c,
                           const struct comparison_row *r)
{
    const unsigned side = r->row[COMPARISON_B] == UINT32_MAX ? COMPARISON_A : COMPARISON_B;
    const bool both = r->row[COMPARISON_A] != UINT32_MAX && r->row[COMPARISON_B] != UINT32_MAX;
    const struct sample *s = c->sample[side];
    const uint32_t row = r->row[side];
    const struct conn *conn = &s->conn[row];
    char address[CONN_ADDRESS_SIZE];
    bool former;

    sink_addf(out, "{\"type\":\"diff_connection\",\"what\":\"%s\"",
              both                   ? "changed"
              : side == COMPARISON_A ? "only_a"
                                     : "only_b");
    if (both)
        add_text(out, "from",
                 state_name(conn_counts_as(&c->sample[COMPARISON_A]->conn[r->row[COMPARISON_A]])));
    if (conn_counts_as(conn))
        add_text(out, "state", state_name(conn_counts_as(conn)));
    for (int remote = 0; remote < 2; remote++) {
        const char *end = remote ? "remote" : "local";
        if (!conn_address_missing(conn, remote))
            add_text(out, remote ? "remote_addr" : "local_addr",
                     conn_address(conn, remote, address));
        if (!conn_port_unknown(conn, remote))
            sink_addf(out, ",\"%s_port\":%u", end, remote ? conn->dport : conn->sport);
    }
    const struct owner_group *g = sample_owner(s, row, &former);
    if (g) {
        add_text(out, "process", g->member[0]->process);
        sink_addf(out, ",\"pid\":%u,\"owner\":\"%s\"", g->member[0]->pid,
                  former ? "former" : "current");
    }
    sink_add(out, "}\n");
}

/* One side in the last record. */
static void print_side_json(struct sink *out, const struct comparison_print *p, unsigned side)
{
    static const char *const keys[COMPARISON_SIDES] = {"a", "b"};
    const struct comparison *c = p->comparison;
    const struct sample *s = c->sample[side];
    char time[FMT_SIZE] = "", name[128], why[REASON_TEXT_SIZE];
    struct str names = STR_INIT;

    utf8_sanitise_into(name, sizeof name, p->name[side], strlen(p->name[side]));
    if (s->wall_ns)
        fmt_rfc3339(time, sizeof time, s->wall_ns);
    sink_addf(out, ",\"%s\":{\"connections\":%u,\"complete\":%s", keys[side], c->total[side],
              sample_is_whole(s) ? "true" : "false");
    add_text(out, "reason", reason_text(why, &s->reason, LANG_EN));
    add_text(out, "file", name);
    add_text(out, "time", time);
    add_text(out, "host", s->host.name);
    sink_addf(out, ",\"processes\":%s,\"not_compared\":%u",
              c->knows_process[side] ? "true" : "false", c->cut[side]);
    comparison_words_unlisted(c, side, &names);
    add_text(out, "not_listed", str_text(&names));
    str_clear(&names);
    if (owner_rights_note(s, &names))
        add_text(out, "hidden_owners", str_text(&names));
    str_fini(&names);
    if (s->import)
        json_print_import(out, s->import);
    sink_add(out, "}");
}

static void print_json(struct sink *out, const struct comparison_print *p)
{
    const struct comparison *c = p->comparison;
    const uint32_t most = p->limit ? p->limit : UINT32_MAX;

    for (uint32_t i = 0; i < c->n_groups && i < most; i++)
        print_group_json(out, &c->group[i]);
    for (uint32_t i = 0; i < c->n_moved && i < most; i++)
        print_move_json(out, &c->moved[i]);
    for (uint32_t i = 0; i < c->n_rows && i < most; i++)
        print_row_json(out, c, &c->row[i]);
    sink_addf(out, "{\"type\":\"diff\",\"only_a\":%u,\"only_b\":%u,\"changed\":%u,\"same\":%u",
              c->only[COMPARISON_A], c->only[COMPARISON_B], c->changed, c->same);
    sink_addf(out, ",\"by_cookie\":%s", c->cookies ? "true" : "false");
    for (unsigned side = 0; side < COMPARISON_SIDES; side++)
        print_side_json(out, p, side);
    add_text(out, "version", TCPTOP_VERSION);
    sink_add(out, "}\n");
}

void comparison_print_json(struct sink *out, const struct comparison_print *p)
{
    const enum language shown = text_language();

    text_use(LANG_EN); /* scripts get the same bytes whatever language the person reads */
    print_json(out, p);
    text_use(shown);
}
