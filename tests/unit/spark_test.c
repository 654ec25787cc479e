/* SPDX-License-Identifier: MIT */
/* Sparklines: round tops, cells that are cut by sample number, gaps, partial samples, what counts
 * as flat, and the time in the title. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tcptop/base/clock.h"
#include "tcptop/text/text.h"
#include "tcptop/ui/spark.h"

#define STATE TCP_STATE_ESTABLISHED

static struct history history;

static int begin(void **state)
{
    (void)state;
    return history_init(&history, HISTORY_SHOWN + 2);
}

static int end(void **state)
{
    (void)state;
    history_fini(&history);
    return 0;
}

static void sample(uint64_t seq, enum point_status status, uint32_t count)
{
    struct point p = {.seq = seq, .mono_ns = (int64_t)seq * NS_PER_S, .status = (uint8_t)status};

    p.count[STATE] = p.total = count;
    history_add(&history, &p);
}

/* The levels as digits, "." for a gap. */
static const char *levels(int cells)
{
    static char text[HISTORY_SHOWN + 1];
    struct spark sp;

    spark_make(&sp, &history, STATE, cells);
    for (int i = 0; i < cells; i++)
        text[i] = sp.gap[i] ? '.' : (char)('0' + sp.level[i]);
    text[cells] = '\0';
    return text;
}

static void test_tops_are_round(void **state)
{
    /* value, its level behind a sample of none: ceil(7 v / top), the floor of the top is 5 */
    static const struct {
        uint32_t value;
        int level;
    } cases[] = {{0, 0},  {1, 2},  {2, 3},   {5, 7},    {6, 6},     {7, 7},
                 {8, 6},  {12, 5}, {14, 5},  {20, 7},   {21, 5},    {31, 5},
                 {50, 7}, {51, 6}, {310, 5}, {2942, 7}, {18204, 7}, {4000000000u, 6}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct spark sp;

        history.len = history.head = 0;
        sample(1, POINT_MEASURED, 0);
        sample(2, POINT_MEASURED, cases[i].value);
        spark_make(&sp, &history, STATE, 60);
        assert_int_equal(sp.level[59], cases[i].level);
    }
}

static void test_calm_lines_have_one_height(void **state)
{
    static const uint32_t numbers[] = {1, 3, 7, 55, 314, 18204, 4000000000u};

    (void)state;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        for (uint64_t seq = 1; seq <= 60; seq++)
            sample(60 * i + seq, POINT_MEASURED, numbers[i] - (seq == 60 ? numbers[i] / 5 : 0));
        assert_string_equal(levels(10), "4444444444");
    }
    for (uint64_t seq = 1; seq <= 60; seq++)
        sample(1000 + seq, POINT_MEASURED, 0);
    assert_string_equal(levels(10), "0000000000");
}

static void test_a_cell_is_the_maximum_of_its_samples(void **state)
{
    (void)state;
    for (uint64_t seq = 1; seq <= 60; seq++)
        sample(seq, POINT_MEASURED, seq == 8 ? 5 : seq == 60 ? 2 : 1);
    assert_string_equal(levels(10), "2722222223");
    assert_string_equal(levels(60), "222222272222222222222222222222222222222222222222222222222223");
}

static void test_cells_are_cut_by_sample_number(void **state)
{
    /* between 61 and 66 the newest of ten cells grows; the spike of sample 8 stays in its cell
     * until the line moves on by a whole cell */
    (void)state;
    for (uint64_t seq = 1; seq <= 61; seq++)
        sample(seq, POINT_MEASURED, seq == 12 ? 5 : 1);
    assert_string_equal(levels(10), "7222222222");
    for (uint64_t seq = 62; seq <= 66; seq++) {
        sample(seq, POINT_MEASURED, 1);
        assert_string_equal(levels(10), "7222222222");
    }
    sample(67, POINT_MEASURED, 1);
    assert_string_equal(levels(10), "2222222222");
}

static void test_gaps_and_the_time_before(void **state)
{
    (void)state;
    sample(1, POINT_MEASURED, 5);
    sample(2, POINT_MISSED, 0);
    sample(3, POINT_MISSED, 0);
    sample(4, POINT_MEASURED, 5);
    sample(5, POINT_PARTIAL, 2);
    sample(6, POINT_MISSED, 0);
    assert_string_equal(levels(60) + 54, "7..73.");
    assert_string_equal(levels(30) + 26, "0773"); /* half a cell measured is no gap */

    struct spark sp;
    spark_make(&sp, &history, STATE, 60);
    assert_true(sp.partial[58] && !sp.partial[57]);
    assert_false(sp.gap[53]);
}

static void test_what_moves_shines(void **state)
{
    struct spark sp;

    (void)state;
    for (uint64_t seq = 1; seq <= 60; seq++)
        sample(seq, POINT_MEASURED, seq < 30 ? 100 : 76);
    spark_make(&sp, &history, STATE, 60);
    assert_true(sp.flat);
    sample(61, POINT_MEASURED, 75);
    spark_make(&sp, &history, STATE, 60);
    assert_false(sp.flat);
}

static void test_close_is_not_zero_but_unknown(void **state)
{
    struct spark sp;

    (void)state;
    sample(1, POINT_MEASURED, 5);
    spark_make(&sp, &history, TCP_STATE_CLOSE, 60);
    assert_int_equal(sp.level[59], 0);
    assert_false(sp.gap[59]);
    history.points[0].bound_asked = true;
    history.points[0].count[TCP_STATE_BOUND_INACTIVE] = 5;
    spark_make(&sp, &history, TCP_STATE_CLOSE, 60);
    assert_int_equal(sp.level[59], 4);
}

/* The title of `n` samples at this interval. */
static const char *title(uint32_t n, double interval_s)
{
    static char text[FILL_SIZE];

    history.len = history.head = 0;
    for (uint32_t i = 1; i <= n; i++) {
        struct point p = {.seq = i, .mono_ns = (int64_t)(i * interval_s * 1e9)};

        history_add(&history, &p);
    }
    spark_title(text, &history);
    return text;
}

static void test_the_title_tells_the_time_covered(void **state)
{
    (void)state;
    text_use(LANG_EN);
    assert_string_equal(title(61, 1), "last 60 s");
    assert_string_equal(title(62, 1), "last 60 s"); /* a bar for each but the first */
    assert_string_equal(title(60, 1), "last 59 s");
    assert_string_equal(title(9, 1), "last 8 s");
    assert_string_equal(title(61, 5), "last 5 min");
    assert_string_equal(title(61, 1.233), "last 74 s");
    assert_string_equal(title(61, 0.1), "last 6 s");
    assert_string_equal(title(3, 0.1), "last 0.2 s");
    assert_string_equal(title(1, 1), "1 sample");
    text_use(LANG_KO);
    assert_string_equal(title(61, 1), "최근 60초");
    assert_string_equal(title(61, 60), "최근 60분");
    text_use(LANG_EN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_tops_are_round, begin, end),
        cmocka_unit_test_setup_teardown(test_calm_lines_have_one_height, begin, end),
        cmocka_unit_test_setup_teardown(test_a_cell_is_the_maximum_of_its_samples, begin, end),
        cmocka_unit_test_setup_teardown(test_cells_are_cut_by_sample_number, begin, end),
        cmocka_unit_test_setup_teardown(test_gaps_and_the_time_before, begin, end),
        cmocka_unit_test_setup_teardown(test_what_moves_shines, begin, end),
        cmocka_unit_test_setup_teardown(test_close_is_not_zero_but_unknown, begin, end),
        cmocka_unit_test_setup_teardown(test_the_title_tells_the_time_covered, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
