/* Names of congestion controls: a few in each sample, which its figures point to. */
#include <string.h>

#include "tcptop/base/utf8.h"
#include "tcptop/model/sample.h"

void sample_keep_congestion(struct sample *s, const struct sample *before)
{
    memcpy(s->congestion, before->congestion, sizeof s->congestion);
    s->n_congestion = before->n_congestion;
}

uint8_t sample_add_congestion(struct sample *s, const char *name, size_t len)
{
    char clean[CONGESTION_NAME];
    uint8_t i = 0;

    len = strnlen(name, len < CONGESTION_NAME ? len : CONGESTION_NAME - 1);
    while (i < s->n_congestion && (strncmp(s->congestion[i], name, len) || s->congestion[i][len]))
        i++;
    if (i < s->n_congestion || !len)
        return len ? i + 1 : 0;
    utf8_sanitise_into(clean, sizeof clean, name, len);
    for (i = 0; i < s->n_congestion && strcmp(s->congestion[i], clean); i++)
        ;
    if (i == CONGESTION_MAX)
        return 0;
    if (i == s->n_congestion)
        memcpy(s->congestion[s->n_congestion++], clean, sizeof clean);
    return i + 1;
}

void sample_merge_congestion(struct sample *s, const struct sample *half, uint32_t from,
                             uint32_t to)
{
    uint8_t as[CONGESTION_MAX + 1] = {0};
    bool same = true;

    for (uint8_t i = 0; i < half->n_congestion; i++) {
        as[i + 1] = sample_add_congestion(s, half->congestion[i], CONGESTION_NAME);
        same = same && as[i + 1] == i + 1;
    }
    for (uint32_t row = from; row < to && s->metrics && !same; row++)
        s->metrics[row].congestion = as[s->metrics[row].congestion];
}
