/* SPDX-License-Identifier: MIT */
/* Samples in which a doctor found something. */
#include "found.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tcptop/base/clock.h"
#include "tcptop/doctor/doctor.h"

char found_folder[FOLDER_SIZE], found_recording[96];

struct sample *found_sample(int t, uint32_t n)
{
    struct sample *s = sample_make(NULL);

    s->mono_ns = (FOUND_MONO_S + t) * NS_PER_S;
    s->wall_ns = (FOUND_WALL_S + t) * NS_PER_S;
    s->findings = findings_new(n);
    if (!s->findings)
        abort();
    s->findings->n = n;
    memset(s->findings->skip, LOOKED, RULE_COUNT);
    return s;
}

const char *found_rule_name(unsigned rule)
{
    return rule < RULE_COUNT ? rules[rule].name : NULL;
}

int found_make_folder(void **state)
{
    (void)state;
    if (folder_make(found_folder))
        return -1;
    snprintf(found_recording, sizeof found_recording, "%s/one.tcptop", found_folder);
    return 0;
}

int found_remove_folder(void **state)
{
    (void)state;
    return folder_remove(found_folder);
}
