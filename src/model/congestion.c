/* Names of congestion controls: a few in each sample, which its figures point to. */
#include <string.h>

#include "tcptop/base/utf8.h"
#include "tcptop/model/sample.h"

void snapshot_keep_congestion(struct snapshot *s, const struct snapshot *before)
{
    memcpy(s->congestion, before->congestion, sizeof s->congestion);
    s->n_congestion = before->n_congestion;
}

uint8_t snapshot_add_congestion(struct snapshot *s, const char *name, size_t len)
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

void snapshot_merge_congestion(struct snapshot *s, const struct snapshot *half, uint32_t from,
                               uint32_t to)
{
    uint8_t as[CONGESTION_MAX + 1] = {0};
    bool same = true;

    for (uint8_t i = 0; i < half->n_congestion; i++) {
        as[i + 1] = snapshot_add_congestion(s, half->congestion[i], CONGESTION_NAME);
        same = same && as[i + 1] == i + 1;
    }
    for (uint32_t row = from; row < to && s->flow && !same; row++)
        s->flow[row].congestion = as[s->flow[row].congestion];
}
