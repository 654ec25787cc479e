/* The lines of each state, as a table: what every state has in common, and what only some have. */
#include "tcptop/explain/numbers.h"

#include "numbers_parts.h"
#include "tcptop/base/fmt.h"
#include "tcptop/explain/sample_summary.h"

/* A line of the table, and for which states. */
struct line {
    enum msg label;
    void (*facts)(struct str *out, const struct state_facts *t);
    uint32_t states;
};

#define BIT(state) STATE_BIT(TCP_STATE_##state)
#define LISTED     (STATE_MASK_LISTED & ~BIT(CLOSE))
#define BOTH_ENDS  (LISTED & ~BIT(LISTEN))
#define UNFINISHED (BIT(FIN_WAIT1) | BIT(LAST_ACK) | BIT(CLOSING))

static const struct line lines[] = {
    {MSG_NUMBERS_SHARE, number_share, LISTED | BIT(BOUND_INACTIVE)},
    {MSG_NUMBERS_TREND, number_trend, LISTED | BIT(BOUND_INACTIVE)},
    {MSG_NUMBERS_MOVES, number_moves, BOTH_ENDS & ~BIT(ESTABLISHED)},
    {MSG_NUMBERS_MOVES, number_opens, BIT(ESTABLISHED)},
    {MSG_NUMBERS_MOVES, number_resets, BIT(CLOSE)},
    {MSG_NUMBERS_AGE, number_age, (LISTED & ~BIT(TIME_WAIT)) | BIT(BOUND_INACTIVE)},
    {MSG_NUMBERS_LEFT, number_left, BIT(TIME_WAIT) | BIT(FIN_WAIT2)},
    {MSG_NUMBERS_NEXT, number_next_waits, BIT(TIME_WAIT)},
    {MSG_NUMBERS_NEXT, number_next_count, BIT(ESTABLISHED) | BIT(CLOSE_WAIT) | BIT(BOUND_INACTIVE)},
    {MSG_NUMBERS_NEXT, number_next_end, BIT(SYN_SENT) | BIT(SYN_RECV)},
    {MSG_NUMBERS_NEXT, number_next_orphans, UNFINISHED},
    {MSG_NUMBERS_QUEUES, number_queues, BIT(LISTEN)},
    {MSG_NUMBERS_OVERFLOWS, number_overflows, BIT(LISTEN)},
    {MSG_NUMBERS_BACKLOG, number_queues, BIT(SYN_RECV)},
    {MSG_NUMBERS_COOKIES, number_cookies, BIT(SYN_RECV)},
    {MSG_NUMBERS_REPEATS, number_repeats, BIT(SYN_SENT) | BIT(SYN_RECV) | UNFINISHED},
    {MSG_NUMBERS_RECEIVED, number_received, BIT(ESTABLISHED) | BIT(CLOSE_WAIT)},
    {MSG_NUMBERS_SENT, number_sent, BIT(ESTABLISHED) | BIT(CLOSE_WAIT) | UNFINISHED},
    {MSG_NUMBERS_FILES, number_files, BIT(CLOSE_WAIT)},
    {MSG_NUMBERS_IDLE, number_idle, BIT(ESTABLISHED)},
    {MSG_NUMBERS_EPHEMERAL, number_ephemeral, BIT(TIME_WAIT)},
    {MSG_NUMBERS_TABLE, number_table, BIT(TIME_WAIT)},
    {MSG_NUMBERS_ORPHANS, number_orphans, UNFINISHED | BIT(FIN_WAIT2)},
    {MSG_NUMBERS_PROCESSES, number_processes, (LISTED & ~BIT(SYN_RECV)) | BIT(BOUND_INACTIVE)},
    {MSG_NUMBERS_PEERS, number_peers, BOTH_ENDS},
    {MSG_NUMBERS_PORTS, number_ports, BOTH_ENDS | BIT(BOUND_INACTIVE)},
    {MSG_NUMBERS_KERNEL, number_kernel, LISTED | BIT(BOUND_INACTIVE)},
};

#define LINES (sizeof lines / sizeof *lines)

static void add_line(struct str *out, enum msg label, const struct str *value)
{
    str_addf(out, "%s%s\t%s", out->len ? "\n" : "", text(label),
             value->len ? str_text(value) : FMT_NONE);
    out->failed = out->failed || value->failed;
}

static void facts_lines(struct str *out, const struct state_facts *t)
{
    struct str value = STR_INIT;

    if (t->row) {
        number_this_one(&value, t);
        add_line(out, MSG_NUMBERS_THIS_ONE, &value);
    }
    for (size_t i = 0; i < LINES; i++) {
        if (!(lines[i].states & STATE_BIT(t->state)))
            continue;
        str_clear(&value);
        lines[i].facts(&value, t);
        add_line(out, lines[i].label, &value);
    }
    str_fini(&value);
}

void numbers_add(struct str *out, const struct explain_subject *subject)
{
    const struct sample *s = subject->sample;
    struct sample_summary summary;
    struct state_facts t;

    if (!subject->breakdown || !facts_knows(subject) ||
        (subject->state == TCP_STATE_BOUND_INACTIVE && !(s->needs & NEED_BOUND)))
        return;
    if (!subject->summary)
        summary_make(&summary, s);
    facts_init(&t, subject, subject->summary ? subject->summary : &summary);
    facts_lines(out, &t);
}
