/* What the doctor found about the connection: its verdict, what was seen, what to do. */
#include "overlay_details.h"
#include "tcptop/base/utf8.h"
#include "tcptop/doctor/finding_scope.h"
#include "tcptop/explain/evidence.h"
#include "tcptop/explain/finding_text.h"
#include "tcptop/explain/typeset.h"

#define WORD_GAP 2

/* Columns before the words; those below the first line begin there, too. */
static int word_width(const struct finding *f)
{
    return utf8_width(evidence_verdict_word(evidence_verdict_of(f))) + WORD_GAP;
}

void details_verdict(struct details *t, int w)
{
    struct str words = STR_INIT;
    struct typeset ts;

    if (t->row == UINT32_MAX || details_gone(t))
        return;
    t->found = finding_about(t->s, conn_counts_as(t->c), t->row);
    if (!t->found)
        return;
    finding_title(t->found, &words);
    str_add(&words, ". ");
    finding_sentence(t->found, PART_SEEN, &words);
    str_add_char(&words, ' ');
    finding_sentence(t->found, PART_DO, &words);
    typeset_init(&ts);
    typeset_paragraphs(&ts, str_text(&words), ROLE_TEXT, w - word_width(t->found), 0);
    (void)typeset_finish(&ts, &t->verdict); /* without memory there are no lines */
    str_fini(&words);
}

void details_verdict_fini(struct details *t)
{
    explain_fini(&t->verdict);
}

void details_verdict_line(struct drawing *d, const struct details *t, int i, int x, int y, int w)
{
    int word = word_width(t->found);

    if (i == 0)
        canvas_put(d->c, x, y, word, finding_severity_role(t->found->severity),
                   evidence_verdict_word(evidence_verdict_of(t->found)));
    draw_explained(d->c, &t->verdict, (uint32_t)i, x + word, y, w - word);
}
