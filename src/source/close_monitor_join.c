/* How the sampling of a namespace takes part in a watch: its own, or one that hears of several. */
#include "tcptop/base/clock.h"
#include "tcptop/source/close_monitor.h"
#include "tcptop/source/netlink.h"

#define RETRY_NS (30 * NS_PER_S)

static int post_up(struct deathwatch_post *post, struct deathwatch *shared, double share)
{
    int rc = 0;

    if (!post->watch && shared)
        post->watch = shared;
    else if (!post->watch)
        rc = deathwatch_new(&post->watch, share);
    post->shared = post->watch == shared;
    return rc ? rc : deathwatch_add(post->watch, post->netns);
}

static void post_down(struct deathwatch_post *post)
{
    if (post->watch && post->shared)
        deathwatch_remove(post->watch, post->netns);
    else
        deathwatch_free(post->watch);
    post->watch = NULL;
}

static void open_post(struct deathwatch_post *post, struct deathwatch *shared, double share,
                      uint16_t netns)
{
    int rc;

    if (share <= 0) {
        deathwatch_post_close(post);
        return;
    }
    if (post->refused || clock_mono_ns() < post->retry_ns)
        return;
    if (post->watch && deathwatch_hears(post->watch, post->netns))
        return;
    post_down(post);
    post->netns = netns;
    rc = post_up(post, shared, share);
    if (!rc)
        return;
    post->refused = netlink_refused(rc);
    post->retry_ns = clock_mono_ns() + RETRY_NS;
    if (!post->shared) /* else the deaf ear stays, and says that not all is heard */
        post_down(post);
}

void deathwatch_post_open(struct deathwatch_post *post, struct deathwatch *shared, double share,
                          uint16_t netns)
{
    open_post(post, shared, share, netns);
    if (post->watch && !post->shared)
        deathwatch_mark(post->watch);
}

void deathwatch_post_take(struct deathwatch_post *post, struct snapshot *s)
{
    if (post->watch && !post->shared)
        deathwatch_take(post->watch, s);
}

void deathwatch_post_close(struct deathwatch_post *post)
{
    post_down(post);
    *post = (struct deathwatch_post){0};
}
