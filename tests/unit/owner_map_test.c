/* Owners of rows: single and shared sockets, names that change, pids that are used again, former
 * owners, what nobody holds, users; and thousands of random changes against a list of who holds
 * what. Numbers are used again without a row ever showing another's name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "lib/model_build.h"
#include "lib/sample.h"
#include "tcptop/base/clock.h"
#include "tcptop/model/diff.h"
#include "tcptop/model/owner_map.h"

/* Samples one after the other, each a second later. */
struct run {
    struct owner_map *map;
    struct diff *diff;
    struct sample *prev, *next;
    int64_t second;
};

static struct run start(void)
{
    return (struct run){.map = owner_map_new(), .diff = diff_new()};
}

static void end(struct run *r)
{
    sample_unref(r->prev);
    sample_unref(r->next);
    diff_free(r->diff);
    owner_map_free(r->map);
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
    owner_map_assign(r->map, r->next, r->prev);
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
    assert_int_equal(owner_map_put(r->map, &facts, inodes, n), 0);
}
#define PUT(r, pid, start, name, ...)                                                              \
    put_named(r, pid, start, name, (const uint32_t[]){__VA_ARGS__, 0})

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
    assert_int_equal(owner_map_fresh(r.map), 1);
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
    owner_map_remove(r.map, 4);
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
    owner_map_remove(r.map, 10);
    one(&r, 0);
    owner_map_searched(r.map, owner_map_begin(r.map));
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
    owner_map_remove(r.map, 10);
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
    assert_int_equal(owner_map_fresh(r.map), 1);
    uint64_t since = owner_map_begin(r.map);
    one(&r, 100);
    assert_int_equal(owner_map_fresh(r.map), 0);
    assert_int_equal(owner_map_missed(r.map), 1);
    owner_map_searched(r.map, since);
    one(&r, 100);
    assert_int_equal(owner_map_missed(r.map), 0);
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
    uint64_t since = owner_map_begin(r.map);
    one(&r, 100);
    owner_map_searched(r.map, since);
    one(&r, 100);
    assert_int_equal(r.next->ownerless, 0);
    assert_int_equal(owner_map_fresh(r.map), 1);
    end(&r);
}

static void users_have_names(void **state)
{
    struct run r = start();
    uint32_t uid;

    (void)state;
    PUT(&r, 10, 1, "web", 100);
    one(&r, 100); /* the socket's user is 1000, the process's 33 */
    assert_null(owner_table_user(r.next->owners, 1000));
    assert_true(owner_map_wants_user(r.map, &uid));
    assert_int_equal(uid, 33);
    owner_map_name_user(r.map, 33, "www\x1b-data");
    assert_true(owner_map_wants_user(r.map, &uid));
    assert_int_equal(uid, 1000);
    owner_map_name_user(r.map, 1000, "");
    assert_false(owner_map_wants_user(r.map, &uid));
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
    assert_int_equal(owner_map_put(r->map, &facts, inodes, n), 0);
}

static void change(struct run *r, struct truth *t, uint64_t *seed)
{
    uint32_t p = model_random(seed, PROCESSES), what = model_random(seed, 10);

    if (what == 0) {
        memset(t->holds[p], 0, sizeof t->holds[p]);
        owner_map_remove(r->map, p + 1);
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
            owner_map_searched(r.map, owner_map_begin(r.map));
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
        owner_map_remove(r.map, 1 + n);
        if (n % 10 == 0)
            owner_map_searched(r.map, owner_map_begin(r.map));
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
        cmocka_unit_test(users_have_names),
        cmocka_unit_test(ranks_are_by_text),
        cmocka_unit_test(random_changes_as_a_list_has_them),
        cmocka_unit_test(numbers_are_used_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
