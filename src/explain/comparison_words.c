/* SPDX-License-Identifier: MIT */
/* A comparison in words. */
#include "tcptop/explain/comparison_words.h"

#include <string.h>

#include "tcptop/base/clock.h"
#include "tcptop/base/fmt.h"
#include "tcptop/explain/live_value.h"
#include "tcptop/explain/owner_rights_note.h"
#include "tcptop/explain/reason_text.h"
#include "tcptop/explain/typeset.h"

const char *const comparison_words_side[COMPARISON_SIDES] = {"A", "B"};

const char *comparison_words_state(unsigned state)
{
    return state ? state_name(state) : FMT_NONE;
}

void comparison_words_ends(const struct comparison_key *key, struct str *out)
{
    char address[CONN_ADDRESS_SIZE];

    if (*key->process)
        str_addf(out, key->former ? "(%s) " : "%s ", key->process);
    if (key->local_port)
        str_addf(out, ":%u", key->local_port);
    if (!comparison_has_peer(key))
        return;
    comparison_address(key, address);
    str_add(out, key->local_port ? " ← " : "→ ");
    str_addf(out, strchr(address, ':') && key->remote_port ? "[%s]" : "%s", address);
    if (key->remote_port)
        str_addf(out, ":%u", key->remote_port);
}

void comparison_words_group(const struct comparison_group *g, struct str *out)
{
    char gone[FMT_SIZE], new[FMT_SIZE];

    comparison_words_ends(&g->key, out);
    if (comparison_change(g) || (!g->only[COMPARISON_A] && !g->only[COMPARISON_B]))
        return;
    fmt_count(gone, sizeof gone, g->only[COMPARISON_A]);
    fmt_count(new, sizeof new, g->only[COMPARISON_B]);
    text_fill(out, MSG_DIFF_REPLACED, gone, new, NULL);
}

void comparison_words_move(const struct comparison_key *key, struct str *out)
{
    str_addf(out, "%s → %s", comparison_words_state(key->from), comparison_words_state(key->state));
}

void comparison_words_sums(const struct comparison *c, struct str *out)
{
    char text[4][FMT_SIZE];

    fmt_count(text[0], FMT_SIZE, c->only[COMPARISON_A]);
    fmt_count(text[1], FMT_SIZE, c->only[COMPARISON_B]);
    fmt_count(text[2], FMT_SIZE, c->changed);
    fmt_count(text[3], FMT_SIZE, c->same);
    text_fill(out, MSG_DIFF_SUMS, text[0], text[1], text[2], text[3], NULL);
}

void comparison_words_unlisted(const struct comparison *c, unsigned side, struct str *out)
{
    const char *comma = "";

    for (unsigned state = 1; state < TCP_STATE_COUNT; state++) {
        if (!(c->unlisted[side] & STATE_BIT(state)) || !c->sample[!side]->count[state])
            continue;
        str_addf(out, "%s%s", comma, state_name(state));
        comma = ", ";
    }
}

static void add_line(struct str *out, enum msg id, const char *a, const char *b, const char *c)
{
    text_fill(out, id, a, b, c, NULL);
    str_add(out, "\n");
}

/* Rows of a brief sample that are of an earlier dump. */
static void add_carried(const struct sample *s, const char *this, const char *other,
                        struct str *out)
{
    struct str states = STR_INIT;
    char earlier[LIVE_SIZE];

    for (unsigned state = 1; state < TCP_STATE_COUNT; state++)
        if (s->left_out & STATE_BIT(state))
            str_addf(&states, "%s%s", states.len ? ", " : "", state_name(state));
    live_window(earlier, (double)(s->mono_ns - s->carried_ns) / (double)NS_PER_S);
    typeset_untie(earlier);
    text_fill(out, MSG_DIFF_CARRIED, this, str_text(&states), earlier, other, NULL);
    str_add(out, "\n");
    str_fini(&states);
}

static void add_notes_of(const struct comparison *c, unsigned side, struct str *out)
{
    const char *this = comparison_words_side[side], *other = comparison_words_side[!side];
    const struct sample *s = c->sample[side];
    char number[FMT_SIZE], why[REASON_TEXT_SIZE];
    struct str words = STR_INIT;

    if (!sample_is_whole(s))
        add_line(out, MSG_DIFF_PARTIAL, this, reason_text(why, &s->reason, text_language()), NULL);
    if (s->import && import_not_understood(s->import))
        add_line(out, MSG_DIFF_SKIPPED, this,
                 fmt_count(number, sizeof number, import_not_understood(s->import)), NULL);
    if (!c->knows_process[side] && c->knows_process[!side])
        add_line(out, MSG_DIFF_NO_PROCESS, this, NULL, NULL);
    if (c->knows_process[side] && owner_rights_note(s, &words))
        add_line(out, MSG_DIFF_PARTIAL, this, str_text(&words), NULL);
    str_clear(&words);
    if (s->left_out)
        add_carried(s, this, other, out);
    if (c->cut[side])
        add_line(out, MSG_DIFF_CUT, this, fmt_count(number, sizeof number, c->cut[side]), other);
    comparison_words_unlisted(c, side, &words);
    if (words.len)
        add_line(out, MSG_DIFF_UNLISTED, this, str_text(&words), other);
    str_fini(&words);
}

static bool hosts_differ(const struct comparison *c)
{
    const char *a = c->sample[COMPARISON_A]->host.name, *b = c->sample[COMPARISON_B]->host.name;

    return *a && *b && strcmp(a, b) != 0;
}

/* The counts are of two moments, so they are no rates of what happened between them. */
static void add_between(const struct comparison *c, struct str *out)
{
    const int64_t a = c->sample[COMPARISON_A]->wall_ns, b = c->sample[COMPARISON_B]->wall_ns;
    /* of the seconds that are shown of both */
    const int64_t later = (a < b ? b : a) / NS_PER_S, earlier = (a < b ? a : b) / NS_PER_S;
    const uint64_t seconds = (uint64_t)(later - earlier);
    char apart[LIVE_SIZE] = "";

    if (a && b && seconds)
        live_window(apart, (double)seconds);
    typeset_untie(apart);
    add_line(out, *apart ? MSG_DIFF_BETWEEN_TIME : MSG_DIFF_BETWEEN, apart, NULL, NULL);
}

static bool lacks_cookies(const struct sample *s)
{
    return s->n_live && s->conn[0].flags & CONN_NO_COOKIE;
}

static enum msg how_paired(const struct comparison *c)
{
    if (c->cookies)
        return MSG_DIFF_BY_COOKIE;
    if (lacks_cookies(c->sample[COMPARISON_A]) || lacks_cookies(c->sample[COMPARISON_B]))
        return MSG_DIFF_BY_ENDS;
    return hosts_differ(c) ? MSG_DIFF_OTHER_HOST : MSG_DIFF_OTHER_BOOT;
}

void comparison_words_notes(const struct comparison *c, struct str *out)
{
    if (hosts_differ(c))
        add_line(out, MSG_DIFF_HOSTS, NULL, NULL, NULL);
    else
        add_between(c, out);
    if (!c->knows_process[COMPARISON_A] && !c->knows_process[COMPARISON_B])
        add_line(out, MSG_DIFF_NO_PROCESSES, NULL, NULL, NULL);
    for (unsigned side = 0; side < COMPARISON_SIDES; side++)
        add_notes_of(c, side, out);
    add_line(out, how_paired(c), NULL, NULL, NULL);
}
