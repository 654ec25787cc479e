/* Who looks at every sample before it is published, and says what it found in it. */
#ifndef TCPTOP_SOURCE_SAMPLE_OBSERVER_H
#define TCPTOP_SOURCE_SAMPLE_OBSERVER_H

#include "tcptop/model/sample.h"

/* First member of whoever it is. All calls come from the thread that samples. */
struct sample_observer {
    /** What the next sample must have for it: enum need. `now_ns`: monotonic. */
    uint32_t (*needs)(struct sample_observer *e, int64_t now_ns);
    /** Complete `s`, which is joined and has its history and owners: s->findings. */
    void (*observe)(struct sample_observer *e, struct sample *s);
    void (*free)(struct sample_observer *e);
};

#endif
