/* A recording once more: the connections that a key has opened or pinned were not followed when it
 * was played first. */
#include <errno.h>
#include <sys/stat.h>

#include "app.h"
#include "tcptop/source/sample_pipeline.h"

int app_replay(const struct settings *s, const struct request *req, uint32_t history_len,
               const struct sample **last)
{
    struct stat file;
    struct source *src;
    struct err err = {""};
    struct request whole = *req;
    int rc;

    *last = NULL;
    if (stat(s->read_path, &file) || !S_ISREG(file.st_mode)) /* a pipe tells it only once */
        return -ESPIPE;
    rc = app_open_source(&src, s, &err);
    if (rc)
        return rc;
    struct sample_pipeline *pipeline = sample_pipeline_new(src, history_len);
    if (!pipeline)
        return -ENOMEM;
    sample_pipeline_observe(pipeline, app_doctor(s));
    whole.needs |= NEED_METRICS;
    while (!(rc = sample_pipeline_next(pipeline, &whole, last, &err)))
        continue;
    sample_pipeline_free(pipeline);
    return *last ? 0 : rc;
}
