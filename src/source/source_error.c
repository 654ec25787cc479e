/* What a sample says about itself, and errors worded by the catalogue. */
#include "tcptop/source/source_error.h"

#include <string.h>

#include "tcptop/base/fmt.h"
#include "tcptop/base/str.h"
#include "tcptop/base/utf8.h"

_Static_assert(SAMPLE_LANGUAGES == LANG_COUNT, "a cause in each language");

/* The first cause stands. */
static void note_why(struct sample *s, enum language language, enum msg id, const char *a,
                     const char *b)
{
    struct str why = STR_INIT;

    if (s->why[language][0] == '\0') {
        text_fill_template(&why, text_in(language, id), a, b, NULL);
        utf8_sanitise_into(s->why[language], sizeof s->why[language], str_text(&why), why.len);
    }
    str_fini(&why);
}

void sample_set_status(struct sample *s, enum sample_status status, enum msg id, const char *a,
                       const char *b)
{
    if (status > s->status)
        s->status = (uint8_t)status;
    for (int l = 0; l < LANG_COUNT; l++)
        note_why(s, (enum language)l, id, a, b);
}

void note_part(struct sample *s, const struct sample *part, enum msg id, const char *name)
{
    if (part->status > s->status)
        s->status = part->status;
    for (int l = 0; l < LANG_COUNT; l++)
        note_why(s, (enum language)l, id, name, part->why[l]);
}

void note_failure(struct sample *s, const char *why)
{
    s->status = SAMPLE_FAILED;
    for (int l = 0; l < LANG_COUNT; l++)
        utf8_sanitise_into(s->why[l], sizeof s->why[l], why, strlen(why));
}

void sample_set_rejected(struct sample *s)
{
    char count[FMT_SIZE];

    if (s->rejected)
        sample_set_status(s, SAMPLE_PARTIAL, MSG_SOURCE_REJECTED,
                          fmt_count(count, sizeof(count), s->rejected), NULL);
}

int source_error(struct err *err, int code, enum msg id, const char *a, const char *b)
{
    struct str line = STR_INIT;
    char clean[sizeof(err->msg)];

    text_fill(&line, id, a, b, NULL);
    utf8_sanitise_into(clean, sizeof(clean), str_text(&line), line.len);
    str_fini(&line);
    return err_set(err, code, "%s", clean);
}
