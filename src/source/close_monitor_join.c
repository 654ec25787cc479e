/* How the sampling of a namespace takes part in a watch: its own, or one that hears of several. */
#include "tcptop/base/clock.h"
#include "tcptop/source/close_monitor.h"
#include "tcptop/source/netlink.h"

#define RETRY_NS (30 * NS_PER_S)

static int post_up(struct close_monitor_join *post, struct close_monitor *shared, double share)
{
    int rc = 0;

    if (!post->watch && shared)
        post->watch = shared;
    else if (!post->watch)
        rc = close_monitor_new(&post->watch, share);
    post->shared = post->watch == shared;
    return rc ? rc : close_monitor_add(post->watch, post->netns);
}

static void post_down(struct close_monitor_join *post)
{
    if (post->watch && post->shared)
        close_monitor_remove(post->watch, post->netns);
    else
        close_monitor_free(post->watch);
    post->watch = NULL;
}

static void open_post(struct close_monitor_join *post, struct close_monitor *shared, double share,
                      uint16_t netns)
{
    int rc;

    if (share <= 0) {
        close_monitor_join_close(post);
        return;
    }
    if (post->refused || clock_mono_ns() < post->retry_ns)
        return;
    if (post->watch && close_monitor_hears(post->watch, post->netns))
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

void close_monitor_join_open(struct close_monitor_join *post, struct close_monitor *shared,
                             double share, uint16_t netns)
{
    open_post(post, shared, share, netns);
    if (post->watch && !post->shared)
        close_monitor_mark(post->watch);
}

void close_monitor_join_take(struct close_monitor_join *post, struct sample *s)
{
    if (post->watch && !post->shared)
        close_monitor_take(post->watch, s);
}

void close_monitor_join_close(struct close_monitor_join *post)
{
    post_down(post);
    *post = (struct close_monitor_join){0};
}
