/* SPDX-License-Identifier: MIT */
/* Owners of rows: single and shared sockets, names that change, pids that are used again, former
 * owners, what nobody holds, users; and thousands of random changes against a list of who holds
 * what. Numbers are used again without a row ever showing another's name, and who reads an old
 * index is not disturbed by new ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "lib/model_build.h"
#include "lib/owned.h"
#include "lib/sample.h"
#include "tcptop/base/clock.h"
#include "tcptop/model/diff.h"

/* Samples one after the other, each a second later. */
struct run {
    struct owner_lookup *lookup;
    struct diff *diff;
    struct sample *prev, *next;
    int64_t second;
};

static struct owner_lookup *lookup_that_asks(void)
{
    struct owner_lookup *lookup = owner_lookup_new();

    assert_non_null(lookup);
    lookup->asks = true;
    return lookup;
}

static struct run start(void)
{
    return (struct run){.lookup = lookup_that_asks(), .diff = diff_new()};
}

static void end(struct run *r)
{
    sample_unref(r->prev);
    sample_unref(r->next);
    diff_free(r->diff);
    owner_lookup_free(r->lookup);
}

static struct sample *fresh(struct run *r)
{
    sample_unref(r->prev);
    r->prev = r->next;
    r->next = sample_make(NULL);
    r->next->needs = NEED_OWNER;
    r->next->mono_ns = ++r->second * NS_PER_S;
    r->next->now_ds = (uint32_t)r->second * 10;
    return r->next;
}

static void add(struct run *r, uint64_t cookie, uint32_t inode)
{
    struct conn *c =
        model_add(r->next, cookie, inode ? TCP_STATE_ESTABLISHED : TCP_STATE_TIME_WAIT);

    c->inode = inode;
    c->uid = 1000;
}

static void assign(struct run *r)
{
    assert_int_equal(diff_join(r->diff, builder_of(r->next), r->prev, 50), 0);
    r->lookup->sample++;
    owner_lookup_assign(r->lookup, r->next, r->prev);
    assert_non_null(r->next->owners);
}

/* A sample of one row. */
static void one(struct run *r, uint32_t inode)
{
    fresh(r);
    add(r, 7, inode);
    assign(r);
}

static void put_named(struct run *r, uint32_t pid, uint64_t start_ticks, const char *name,
                      const uint32_t *inodes)
{
    struct owner_facts facts = {pid, 33, start_ticks, name, "", ""};
    uint32_t n = 0;

    while (inodes[n])
        n++;
    owned_put_facts(r->lookup, &facts, inodes, n);
}
#define PUT(r, pid, start, name, ...)                                                              \
    put_named(r, pid, start, name, (const uint32_t[]){__VA_ARGS__, 0})

/* A scan of everything, or of what has changed. */
static void begin_scan(struct run *r)
{
    r->lookup->begun = r->lookup->sample;
}

static void end_scan(struct run *r, bool complete)
{
    r->lookup->ended = r->lookup->begun;
    if (complete)
        r->lookup->searched = r->lookup->begun;
}

/* "name pids", in parentheses for former owners; "-": nobody. */
static const char *owner(const struct run *r, uint32_t row)
{
    static char text[256];
    bool former;
    const struct owner_group *g = sample_owner(r->next, row, &former);

    if (!g)
        return "-";
    snprintf(text, sizeof text, former ? "(%s %s)" : "%s %s", g->member[0]->process, g->pids);
    return text;
}

/* The lowest of the first row's processes; one without a name where there is none. */
static const struct owner *lowest(const struct sample *s)
{
    static const struct owner nobody = {.process = ""};
    const struct owner_group *g = sample_owner(s, 0, NULL);

    return g ? g->member[0] : &nobody;
}

static void a_row_has_its_process(void **state)
{
    struct run r = start();

    (void)state;
    PUT(&r, 10, 1, "web", 100, 101);
    PUT(&r, 11, 1, "db", 200);
    fresh(&r);
    add(&r, 1, 101);
    add(&r, 2, 200);
    add(&r, 3, 300);
    assign(&r);
    assert_string_equal(owner(&r, 0), "web 10");
    assert_string_equal(owner(&r, 1), "db 11");
    assert_string_equal(owner(&r, 2), "-");
    assert_int_equal(r.lookup->fresh, 1);
    assert_int_equal(r.next->ownerless, 0);
    end(&r);
}

static void sharers_are_all_named(void **state)
{
    struct run r = start();

    (void)state;
    PUT(&r, 30, 1, "child", 100);
    one(&r, 100);
    assert_string_equal(owner(&r, 0), "child 30");
    PUT(&r, 4, 1, "parent", 100, 5);
    PUT(&r, 200, 1, "child", 100);
    one(&r, 100);
    assert_string_equal(owner(&r, 0), "parent 4,30,200");
    owned_remove(r.lookup, 4);
    one(&r, 100);
    assert_string_equal(owner(&r, 0), "child 30,200");
    end(&r);
}

static void a_closed_socket_keeps_its_owner_as_former(void **state)
{
    struct run r = start();

    (void)state;
    PUT(&r, 10, 1, "web", 100);
    one(&r, 100);
    PUT(&r, 10, 1, "web", 101);
    one(&r, 0);
    assert_string_equal(owner(&r, 0), "(web 10)");
    owned_remove(r.lookup, 10);
    one(&r, 0);
    owned_searched(r.lookup);
    one(&r, 0);
    one(&r, 0);
    assert_string_equal(owner(&r, 0), "(web 10)");
    end(&r);
}

/* The scan answers after the sample that asked, and the socket is closed by the next one. */
static void an_answer_that_comes_late_still_names(void **state)
{
    struct run r = start();

    (void)state;
    one(&r, 100);
    PUT(&r, 10, 1, "web", 100);
    one(&r, 0);
    assert_string_equal(owner(&r, 0), "(web 10)");
    end(&r);
    r = start();
    one(&r, 100);
    PUT(&r, 10, 1, "web", 100);
    PUT(&r, 10, 1, "web", 102); /* closed it before that */
    one(&r, 0);
    assert_string_equal(owner(&r, 0), "(web 10)");
    end(&r);
}

static void rows_that_have_gone_keep_their_owner(void **state)
{
    struct run r = start();

    (void)state;
    PUT(&r, 10, 1, "web", 100);
    one(&r, 100);
    owned_remove(r.lookup, 10);
    fresh(&r);
    assign(&r);
    assert_int_equal(r.next->n_missing, 1);
    assert_string_equal(owner(&r, 0), "web 10");
    fresh(&r);
    assign(&r);
    assert_int_equal(r.next->n_closed, 1);
    assert_string_equal(owner(&r, 0), "web 10");
    end(&r);
}

static void a_pid_used_again_is_another_process(void **state)
{
    struct run r = start();

    (void)state;
    PUT(&r, 10, 1, "old", 100);
    fresh(&r);
    add(&r, 1, 100);
    assign(&r);
    PUT(&r, 10, 2, "new", 101);
    fresh(&r);
    add(&r, 1, 0);
    add(&r, 2, 101);
    assign(&r);
    assert_string_equal(owner(&r, 0), "(old 10)");
    assert_string_equal(owner(&r, 1), "new 10");
    end(&r);
}

static void a_new_name_shows(void **state)
{
    struct run r = start();
    const struct sample *first;

    (void)state;
    PUT(&r, 10, 1, "sh", 100);
    one(&r, 100);
    first = sample_ref(r.next);
    PUT(&r, 10, 1, "python3", 100);
    one(&r, 100);
    assert_string_equal(owner(&r, 0), "python3 10");
    assert_string_equal(lowest(first)->process, "sh");
    sample_unref(first);
    end(&r);
}

/* A socket that was passed on: its old holder is looked at first, or last. */
static void a_socket_passed_on_changes_hands(void **state)
{
    struct run r = start();

    (void)state;
    PUT(&r, 10, 1, "a", 100);
    one(&r, 100);
    PUT(&r, 10, 1, "a", 1);
    one(&r, 100);
    PUT(&r, 11, 1, "b", 100);
    one(&r, 100);
    assert_string_equal(owner(&r, 0), "b 11");
    PUT(&r, 12, 1, "c", 100);
    PUT(&r, 11, 1, "b", 2);
    one(&r, 100);
    assert_string_equal(owner(&r, 0), "c 12");
    end(&r);
}

static void what_nobody_holds_is_not_asked_for_for_ever(void **state)
{
    struct run r = start();

    (void)state;
    one(&r, 100);
    assert_int_equal(r.lookup->fresh, 1);
    begin_scan(&r);
    one(&r, 100); /* while the scan is under way, it may still find it */
    assert_int_equal(r.lookup->fresh, 0);
    assert_int_equal(r.lookup->missed, 0);
    end_scan(&r, false);
    one(&r, 100);
    assert_int_equal(r.lookup->fresh, 0);
    assert_int_equal(r.lookup->missed, 1);
    begin_scan(&r);
    end_scan(&r, true);
    one(&r, 100);
    assert_int_equal(r.lookup->missed, 0);
    assert_int_equal(r.next->ownerless, 1);
    one(&r, 100);
    assert_int_equal(r.next->ownerless, 1);
    assert_string_equal(owner(&r, 0), "-");
    PUT(&r, 10, 1, "late", 100); /* found after all */
    one(&r, 100);
    assert_int_equal(r.next->ownerless, 0);
    assert_string_equal(owner(&r, 0), "late 10");
    end(&r);
}

static void asked_during_a_search_is_asked_still(void **state)
{
    struct run r = start();

    (void)state;
    begin_scan(&r);
    one(&r, 100);
    end_scan(&r, true);
    one(&r, 100);
    assert_int_equal(r.next->ownerless, 0);
    assert_int_equal(r.lookup->fresh, 1);
    end(&r);
}

/* A word has room for the low bits of a sample's number only. */
static void samples_may_be_many(void **state)
{
    struct run r = start();

    (void)state;
    r.lookup->sample = ((uint64_t)OWNER_GROUP + 1) * 3 - 2;
    for (int i = 0; i < 4; i++) { /* over the end of the low bits */
        one(&r, 100);
        assert_int_equal(r.lookup->fresh, 1);
        assert_int_equal(r.next->ownerless, 0);
    }
    begin_scan(&r);
    end_scan(&r, true);
    one(&r, 100);
    assert_int_equal(r.next->ownerless, 1);
    end(&r);
}

/* Shared by the threads that follow: who publishes, and those who read. */
static struct {
    pthread_mutex_t lock;
    struct owner_index *index;
    bool ended;
} newest = {.lock = PTHREAD_MUTEX_INITIALIZER};

#define PUBLISHED 2000
#define HELD      300

static struct owner_index *take_newest(bool *ended)
{
    pthread_mutex_lock(&newest.lock);
    struct owner_index *index = owner_index_ref(newest.index);
    *ended = newest.ended;
    pthread_mutex_unlock(&newest.lock);
    return index;
}

/* The pids of all sockets, which are those of each. */
static const char *pids_of_all(const struct owner_index *index)
{
    const struct owner_group *first = NULL;

    for (uint32_t inode = 1; inode <= HELD; inode++) {
        uint32_t word = owner_index_find(index, inode);
        if (word < OWNER_FIRST || word >= index->n_groups)
            return "none";
        if (first && index->group[word] != first)
            return "several";
        first = index->group[word];
    }
    return first->pids;
}

static void *read_on(void *arg)
{
    bool ended = false;
    struct owner_index *old = take_newest(&ended);
    char pids[32];
    unsigned *wrong = arg;

    snprintf(pids, sizeof pids, "%s", pids_of_all(old));
    while (!ended) {
        struct owner_index *now = take_newest(&ended);
        *wrong += strlen(pids_of_all(now)) != 2;
        *wrong += strcmp(pids_of_all(old), pids) != 0;
        owner_index_unref(now);
    }
    owner_index_unref(old);
    return NULL;
}

/* The sockets go from one process to the next, all at once. */
static void publish_next(uint32_t nth)
{
    struct owner_changes c = {0};
    uint32_t inodes[HELD];
    struct owner *owner = owner_new(&(struct owner_facts){10 + nth % 7, 0, nth, "p", "", ""});

    for (uint32_t i = 0; i < HELD; i++)
        inodes[i] = i + 1;
    assert_int_equal(owner_changes_remove(&c, 10 + (nth + 6) % 7), 0);
    assert_int_equal(owner_changes_put(&c, owner, inodes, HELD), 0);
    struct owner_index *before = newest.index, *next = owner_index_new(before, &c, OWNER_SOME);
    assert_non_null(next);
    pthread_mutex_lock(&newest.lock);
    newest.index = next;
    pthread_mutex_unlock(&newest.lock);
    owner_index_unref(before);
    owner_unref(owner);
}

static void readers_keep_what_they_have(void **state)
{
    pthread_t reader[3];
    unsigned wrong[3] = {0};

    (void)state;
    publish_next(0);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&reader[i], NULL, read_on, &wrong[i]), 0);
    for (uint32_t nth = 1; nth < PUBLISHED; nth++)
        publish_next(nth);
    pthread_mutex_lock(&newest.lock);
    newest.ended = true;
    pthread_mutex_unlock(&newest.lock);
    for (unsigned i = 0; i < 3; i++) {
        pthread_join(reader[i], NULL);
        assert_int_equal(wrong[i], 0);
    }
    owner_index_unref(newest.index);
}

/* Inodes with gaps, in any order, of processes that share every third: each is found, and those in
 * between are not. */
static void each_inode_is_found(void **state)
{
    enum { SEVERAL = 5000 };
    static uint32_t inode[SEVERAL];
    struct owner_changes c = {0};
    uint64_t seed = 3;
    uint32_t last = 7;
    struct owner *one = owner_new(&(struct owner_facts){1, 0, 1, "one", "", ""}),
                 *two = owner_new(&(struct owner_facts){2, 0, 1, "two", "", ""});

    (void)state;
    for (uint32_t i = 0; i < SEVERAL; i++)
        inode[i] = last += model_random(&seed, 100) ? 2 : 400000;
    uint32_t shared[SEVERAL / 3];
    for (uint32_t i = 0; i < SEVERAL / 3; i++)
        shared[i] = inode[SEVERAL - 3 - 3 * i];
    assert_int_equal(owner_changes_put(&c, two, shared, SEVERAL / 3), 0);
    assert_int_equal(owner_changes_put(&c, one, inode, SEVERAL), 0);
    assert_int_equal(owner_changes_put(&c, one, inode, SEVERAL), 0); /* twice: once */
    struct owner_index *index = owner_index_new(NULL, &c, OWNER_ALL);
    assert_non_null(index);
    assert_int_equal(index->n_entries, SEVERAL);
    assert_int_equal(index->n_groups - OWNER_FIRST, 2);
    for (uint32_t i = 0; i < SEVERAL; i++) {
        bool both =
            (SEVERAL - 3 - i) % 3 == 0 && i < SEVERAL - 2 && (SEVERAL - 3 - i) / 3 < SEVERAL / 3;
        uint32_t word = owner_index_find(index, inode[i]);
        assert_in_range(word, OWNER_FIRST, index->n_groups - 1);
        assert_string_equal(index->group[word]->pids, both ? "1,2" : "1");
        assert_int_equal(owner_index_find(index, inode[i] + 1), OWNER_UNKNOWN);
    }
    assert_int_equal(owner_index_find(index, 1), OWNER_UNKNOWN);
    assert_int_equal(owner_index_find(index, UINT32_MAX), OWNER_UNKNOWN);
    assert_int_equal(owner_index_find(NULL, 1), OWNER_UNKNOWN);
    assert_ptr_equal(owner_index_new(index, &c, OWNER_SOME), index); /* nothing is different */
    owner_index_unref(index);
    owner_index_unref(index);
    owner_unref(one);
    owner_unref(two);
}

static void users_have_names(void **state)
{
    struct run r = start();
    uint32_t uid;

    (void)state;
    PUT(&r, 10, 1, "web", 100);
    one(&r, 100); /* the socket's user is 1000, the process's 33 */
    assert_null(owner_table_user(r.next->owners, 1000));
    for (int i = 0; i < 2; i++) {
        assert_true(user_names_wanted(r.lookup->users, &uid));
        assert_true(uid == 33 || uid == 1000);
        user_names_set(r.lookup->users, uid, uid == 33 ? "www\x1b-data" : "");
    }
    assert_false(user_names_wanted(r.lookup->users, &uid));
    one(&r, 100);
    assert_string_equal(owner_table_user(r.next->owners, 33)->name, "www\xef\xbf\xbd-data");
    assert_string_equal(owner_table_user(r.next->owners, 1000)->name, "1000");
    assert_int_equal(owner_table_user(r.next->owners, 1000)->rank, 0);
    assert_int_equal(owner_table_user(r.next->owners, 33)->rank, 1);
    end(&r);
}

static void ranks_are_by_text(void **state)
{
    struct run r = start();
    uint32_t rank[3];

    (void)state;
    PUT(&r, 12, 1, "containerd-shim", 100);
    PUT(&r, 10, 1, "containerd", 101);
    PUT(&r, 11, 1, "containerd", 102);
    fresh(&r);
    for (uint32_t i = 0; i < 3; i++)
        add(&r, i + 1, 100 + i);
    assign(&r);
    for (uint32_t i = 0; i < 3; i++)
        rank[i] = owner_table_rank(r.next->owners, OWNER_BY_PROCESS, r.next->owner[i]);
    assert_true(rank[1] < rank[2] && rank[2] < rank[0]);
    end(&r);
}

/* Who holds what, as a list. */
#define PROCESSES 12
#define INODES    40
#define ROUNDS    4000

struct truth {
    bool holds[PROCESSES][INODES];
    uint64_t start_ticks[PROCESSES];
    char known[INODES][256]; /* holders of an inode when it last had any */
};

static void put_truth(struct run *r, const struct truth *t, uint32_t p)
{
    uint32_t inodes[INODES], n = 0;
    struct owner_facts facts = {p + 1, 0, t->start_ticks[p], "p", "", ""};

    for (uint32_t i = 0; i < INODES; i++) {
        if (t->holds[p][i])
            inodes[n++] = i + 1000;
    }
    owned_put_facts(r->lookup, &facts, inodes, n);
}

static void change(struct run *r, struct truth *t, uint64_t *seed)
{
    uint32_t p = model_random(seed, PROCESSES), what = model_random(seed, 10);

    if (what == 0) {
        memset(t->holds[p], 0, sizeof t->holds[p]);
        owned_remove(r->lookup, p + 1);
        return;
    }
    if (what == 1) {
        memset(t->holds[p], 0, sizeof t->holds[p]);
        t->start_ticks[p]++;
    }
    for (uint32_t n = model_random(seed, 6); n > 0; n--) {
        uint32_t i = model_random(seed, INODES);
        t->holds[p][i] = !t->holds[p][i];
    }
    put_truth(r, t, p);
}

static bool holders_of(const struct truth *t, uint32_t i, char *out)
{
    char *at = out;

    for (uint32_t p = 0; p < PROCESSES; p++) {
        if (t->holds[p][i])
            at += sprintf(at, "%s%u", at > out ? "," : "", p + 1);
    }
    return at > out;
}

static void check(const struct run *r, struct truth *t, bool searched)
{
    char now[256];
    bool former;

    for (uint32_t row = 0; row < r->next->n_live; row++) {
        uint32_t i = r->next->conn[row].inode - 1000;
        const struct owner_group *g = sample_owner(r->next, row, &former);
        if (holders_of(t, i, now)) {
            assert_non_null(g);
            assert_string_equal(g->pids, now);
            assert_false(former);
            strcpy(t->known[i], now);
            for (uint32_t m = 0; m < g->n; m++)
                assert_int_equal(g->member[m]->start_ticks, t->start_ticks[g->member[m]->pid - 1]);
        } else if (g) {
            assert_true(former || !searched);
        }
    }
}

static void random_changes_as_a_list_has_them(void **state)
{
    struct run r = start();
    struct truth t = {0};
    uint64_t seed = 1;

    (void)state;
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (uint32_t n = model_random(&seed, 4); n > 0; n--)
            change(&r, &t, &seed);
        bool searched = model_random(&seed, 10) == 0;
        if (searched)
            owned_searched(r.lookup);
        fresh(&r);
        for (uint32_t i = 0; i < INODES; i++) {
            if (model_random(&seed, 4))
                add(&r, i + 1, i + 1000);
        }
        assign(&r);
        check(&r, &t, searched);
    }
    end(&r);
}

/* Processes that come and go leave nothing behind. */
static void numbers_are_used_again(void **state)
{
    struct run r = start();
    uint32_t most = 0;

    (void)state;
    for (uint32_t n = 0; n < 5000; n++) {
        PUT(&r, 1 + n, n, "short", 1000 + n, 2000 + n);
        fresh(&r);
        add(&r, n + 1, 1000 + n);
        assign(&r);
        assert_int_equal(lowest(r.next)->pid, 1 + n);
        owned_remove(r.lookup, 1 + n);
        if (n % 10 == 0)
            owned_searched(r.lookup);
        most = r.next->owners->n > most ? r.next->owners->n : most;
    }
    assert_true(most < 64);
    end(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_has_its_process),
        cmocka_unit_test(sharers_are_all_named),
        cmocka_unit_test(a_closed_socket_keeps_its_owner_as_former),
        cmocka_unit_test(an_answer_that_comes_late_still_names),
        cmocka_unit_test(rows_that_have_gone_keep_their_owner),
        cmocka_unit_test(a_pid_used_again_is_another_process),
        cmocka_unit_test(a_new_name_shows),
        cmocka_unit_test(a_socket_passed_on_changes_hands),
        cmocka_unit_test(what_nobody_holds_is_not_asked_for_for_ever),
        cmocka_unit_test(asked_during_a_search_is_asked_still),
        cmocka_unit_test(samples_may_be_many),
        cmocka_unit_test(each_inode_is_found),
        cmocka_unit_test(readers_keep_what_they_have),
        cmocka_unit_test(users_have_names),
        cmocka_unit_test(ranks_are_by_text),
        cmocka_unit_test(random_changes_as_a_list_has_them),
        cmocka_unit_test(numbers_are_used_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
