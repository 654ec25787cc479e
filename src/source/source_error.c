/* What a sample says about itself, and errors worded by the catalogue. */
#include "tcptop/source/source_error.h"

#include "tcptop/base/fmt.h"
#include "tcptop/base/str.h"
#include "tcptop/base/utf8.h"

void sample_set_status(struct sample *s, enum sample_status status, enum msg id, const char *a,
                       const char *b)
{
    struct str why = STR_INIT;

    if (status > s->status)
        s->status = (uint8_t)status;
    if (s->why[0] == '\0') {
        text_fill(&why, id, a, b, NULL);
        utf8_sanitise_into(s->why, sizeof(s->why), str_text(&why), why.len);
    }
    str_fini(&why);
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
