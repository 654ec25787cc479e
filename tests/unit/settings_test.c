/* SPDX-License-Identifier: MIT */
/* What the user writes is what is done: every key of the configuration file and every option of
 * the command line, their precedence, and a refusal that names the cause. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tcptop/app/settings.h"
#include "tcptop/model/state.h"

static struct settings s;
static struct err err;
static char path[] = "/tmp/tcptop-settings-XXXXXX";

/* Run the command line "tcptop WORDS" (blanks separate words, + stands for a blank in one). */
static int load(const char *words)
{
    char line[2048], name[] = "tcptop", *argv[32] = {name};
    int argc = 1;
    snprintf(line, sizeof line, "%s", words);
    for (char *word = strtok(line, " "); word; word = strtok(NULL, " ")) {
        for (char *c = word; *c; c++)
            if (*c == '+')
                *c = ' ';
        argv[argc++] = word;
    }
    err.msg[0] = '\0';
    return settings_load(&s, argc, argv, true, &err);
}

static void must_load(const char *words)
{
    if (load(words))
        fail_msg("%s: %s", words, err.msg);
}

static void must_refuse(const char *words, const char *cause)
{
    assert_int_equal(load(words), EXIT_USAGE);
    if (!strstr(err.msg, cause))
        fail_msg("%s: '%s' does not name '%s'", words, err.msg, cause);
    assert_null(strchr(err.msg, '\n'));
}

/* Load with a configuration file that holds `text`. */
static void with_file(const char *text, const char *words)
{
    char line[256];
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
    snprintf(line, sizeof line, "--config %s %s", path, words);
    must_load(line);
}

static void test_defaults(void **state)
{
    (void)state;
    must_load("--no-config");
    assert_int_equal(s.ui.interval_ms, 1000);
    assert_int_equal(s.language, -1);
    assert_int_equal(s.glyphs, GLYPHS_AUTO);
    assert_int_equal(s.color, WHEN_AUTO);
    assert_int_equal(s.esc_delay_ms, 25);
    assert_true(s.mouse);
    assert_false(s.ui.readonly);
    assert_true(s.cpu_budget > 0.249 && s.cpu_budget < 0.251);
    assert_true(s.ui.fade_s > 2.9 && s.ui.history_s > 59 && s.ui.history_s < 61);
    assert_int_equal(s.ui.sort.column, COL_STATE);
    assert_int_equal(s.ui.n_columns, 0);
    assert_string_equal(s.theme_name, "auto");
    assert_int_equal(keymap_find(&s.ui.bindings, 'q'), COMMAND_QUIT);
}

static void test_modes(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        enum mode mode;
    } cases[] = {
        {"", MODE_ONCE}, /* stdout is no terminal here */
        {"-1", MODE_ONCE},
        {"--once", MODE_ONCE},
        {"-b", MODE_BATCH},
        {"--json", MODE_ONCE},
        {"-b --json", MODE_BATCH},
        {"1 5", MODE_BATCH},
        {"--once 1 1", MODE_ONCE},
        {"--format prometheus", MODE_METRICS},
        {"--batch --format openmetrics", MODE_METRICS},
        {"--answer-http", MODE_METRICS},
        {"--explain-metrics", MODE_EXPLAIN_METRICS},
        {"--explain tw", MODE_EXPLAIN},
        {"--learn tw", MODE_LEARN},
        {"--doctor", MODE_DOCTOR},
        {"--doctor --json", MODE_DOCTOR},
        {"--dump text", MODE_DUMP},
        {"--size 80x24", MODE_DUMP},
        {"--write x", MODE_RECORD},
        {"--write x 1 5", MODE_RECORD},
        {"--write - --redact --force", MODE_RECORD},
        {"--write x/ --keep 7d --max-size 2G", MODE_RECORD},
        {"-h", MODE_HELP},
        {"-V --once", MODE_VERSION},
        {"-tan", MODE_ONCE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char line[64];
        snprintf(line, sizeof line, "--no-config %s", cases[i].line);
        must_load(line);
        assert_int_equal(s.mode, cases[i].mode);
    }
}

static void test_filter_is_joined(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        /* as hands used to ss type them */
        {"-tlnp", "state:LISTEN"},
        {"-tplan -4", "state:LISTEN (laddr:[::] not v6only:1 or proto:tcp)"},
        {"-p 12 -p34", "pid:12,34"},
        {"state established", "state established"},
        {"sport=:22", "sport=:22"},
        {"-tn dst 10/8 and sport = :https", "dst 10/8 and sport = :https"},
        {"-P 3000 ( sport = :22 )", "port:3000 (( sport = :22 ))"},
        {":3000", "port:3000"},
        {"-P 80 --port 443", "port:80,443"},
        {"-p 12 --pid 13 :80", "port:80 pid:12,13"},
        {"-l", "state:LISTEN"},
        {"--state time-wait,CLOSE_WAIT", "state:TIME_WAIT,CLOSE_WAIT"},
        {"-4", "(laddr:[::] not v6only:1 or proto:tcp)"},
        {"-6", "proto:tcp6"},
        {"-4 -6", ""},
        {"-f state:tw+or+port:80", "state:tw or port:80"},
        {":1 -f 2+or+3", "port:1 (2 or 3)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char line[96];
        snprintf(line, sizeof line, "--no-config %s", cases[i][0]);
        must_load(line);
        assert_string_equal(s.ui.filter, cases[i][1]);
        struct predicate p = {0};
        struct filter_error error;
        assert_int_equal(filter_parse(s.ui.filter, &p, &error), 0);
        predicate_fini(&p);
    }
}

static void test_output_options(void **state)
{
    (void)state;
    must_load(
        "--no-config --format CSV --summary --limit 7 --columns state,local-port -s rtt_us:desc");
    assert_int_equal(s.format, FORMAT_CSV);
    assert_true(s.summary);
    assert_int_equal(s.limit, 7);
    assert_int_equal(s.ui.n_columns, 2);
    assert_int_equal(s.ui.columns[0], COL_STATE);
    assert_int_equal(s.ui.columns[1], COL_LOCAL_PORT);
    assert_true(s.columns_given && s.ui.sort_given && s.ui.sort.descending);
    assert_int_equal(s.ui.sort.column, COL_RTT);
    with_file("[doctor]\nclose_wait_age = 3\nclose_wait_count = 7\nresets_factor = 1\n", "");
    assert_int_equal((int)s.limits.value[THRESHOLD_CLOSE_WAIT_AGE], 3);
    assert_int_equal((int)s.limits.value[THRESHOLD_CLOSE_WAIT_COUNT], 7);
    assert_int_equal((int)s.limits.value[THRESHOLD_RESETS_FACTOR], 10); /* out of bounds */
    must_load("--no-config --explain close-wait");
    assert_int_equal(s.explain_state, TCP_STATE_CLOSE_WAIT);
    must_load("--no-config --learn SYN-RECEIVED");
    assert_int_equal(s.learn_state, TCP_STATE_SYN_RECV);
    must_load("--no-config --size 120x34 --dump svg --keys k --read r");
    assert_int_equal(s.ui.width, 120);
    assert_int_equal(s.ui.height, 34);
    assert_int_equal(s.dump, DUMP_SVG);
    assert_string_equal(s.keys_path, "k");
    assert_string_equal(s.ui.read_path, "r");
    must_load("--no-config --sort state,rtt_us,local_port:desc");
    assert_int_equal(s.ui.sort.column, COL_STATE);
    assert_int_equal(s.ui.sort.n_further, 2);
    assert_true(s.ui.sort.further[0].column == COL_RTT && s.ui.sort.further[0].descending);
    assert_true(s.ui.sort.further[1].column == COL_LOCAL_PORT && s.ui.sort.further[1].descending);
    char line[1200] = "--no-config --columns ";
    for (int id = 0; id < COL_COUNT; id++) {
        strcat(line, id ? "," : "");
        strcat(line, columns[id].id);
    }
    must_load(line);
    assert_int_equal(s.ui.n_columns, COL_COUNT);
}

/* Metrics go on only in a batch; an answer is one, of so many samples. */
static void test_metrics(void **state)
{
    (void)state;
    must_load("--no-config --format prometheus");
    assert_int_equal(s.count, 1);
    assert_false(settings_metrics_go_on(&s));
    must_load("--no-config --batch --format prometheus --output x.prom 5");
    assert_int_equal(s.count, 0);
    assert_string_equal(s.output_path, "x.prom");
    assert_true(settings_metrics_go_on(&s));
    must_load("--no-config --format openmetrics 1 3");
    assert_int_equal(s.count, 3);
    assert_true(settings_metrics_go_on(&s));
    must_load("--no-config --answer-http");
    assert_int_equal(s.count, 1);
    must_load("--no-config --answer-http 500ms 3");
    assert_int_equal(s.count, 3);
    assert_int_equal(s.ui.interval_ms, 500);
    assert_false(settings_metrics_go_on(&s));
    must_load("--no-config --format prometheus --group-by service");
    assert_int_equal(s.ui.group_by, COL_CGROUP);
}

/* What -s means depends on what else the line says, wherever it stands there. */
static void test_groups(void **state)
{
    (void)state;
    must_load("--no-config --dump text");
    assert_int_equal(s.ui.group_by, -1);
    must_load("--no-config -s local-port --group-by local_port --columns bytes_acked");
    assert_true(s.group_given);
    assert_int_equal(s.ui.group_by, COL_LOCAL_PORT);
    assert_int_equal(s.ui.group_sort.figure, GROUP_KEY);
    assert_false(s.ui.group_sort.descending || s.ui.sort_given);
    struct grouping how = settings_grouping(&s);
    assert_int_equal(how.by, COL_LOCAL_PORT);
    assert_int_equal(how.n_sums, 1);
    assert_int_equal(how.sum[0], COL_BYTES_ACKED);
    must_load("--no-config --group-by uid");
    assert_int_equal(s.ui.group_sort.figure, GROUP_COUNT);
    assert_true(s.ui.group_sort.descending);
    assert_int_equal(settings_grouping(&s).n_sums, 0);
    must_load("--no-config --group-by uid -s count:asc");
    assert_false(s.ui.group_sort.descending);
    must_load("--no-config --group-by uid -s bytes_received --columns bytes_acked,bytes_received");
    assert_int_equal(s.ui.group_sort.figure, GROUP_SUM + 1);
    assert_true(s.ui.group_sort.descending);
    /* the screen has rows below its groups */
    must_load("--no-config --dump text --group-by uid -s rtt_us:desc --columns state");
    assert_true(s.ui.sort_given);
    assert_int_equal(s.ui.sort.column, COL_RTT);
    assert_int_equal(s.ui.group_sort.figure, GROUP_COUNT);
    must_load("--no-config --dump text --group-by uid -s change");
    assert_int_equal(s.ui.group_sort.figure, GROUP_CHANGE);
    with_file("[columns]\ngroup = state\n", "--dump text");
    assert_int_equal(s.ui.group_by, COL_STATE);
    with_file("[columns]\ngroup = state\n", "--dump text -s state:desc");
    assert_int_equal(s.ui.group_sort.figure, GROUP_KEY);
    with_file("[columns]\ngroup = state\n", "--once -s state:desc"); /* prints rows */
    assert_false(s.group_given);
    assert_true(s.ui.sort_given && s.ui.sort.descending);
    with_file("[columns]\ngroup = nonsense\n", "");
    assert_int_equal(s.ui.group_by, -1);
}

static void test_intervals(void **state)
{
    (void)state;
    must_load("--no-config 0.5");
    assert_int_equal(s.ui.interval_ms, 500);
    must_load("--no-config -d 100 -b");
    assert_int_equal(s.ui.interval_ms, 100000);
    must_load("--no-config 2 10");
    assert_int_equal(s.count, 10);
    must_refuse("--no-config 3601", ":3601");
    must_refuse("--no-config 8080 5", ":8080");
    must_refuse("--no-config 1 0", "0");
    must_refuse("--no-config 1 2 3", "3");
    must_refuse("--no-config --once 1 2", "--batch");
    must_refuse("--no-config 0", "0");
    must_refuse("--no-config 12abc", "12abc");
    must_refuse("--no-config -d 0", "interval");
}

static void test_refusals(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"--foo", "--foo"},
        {"-z", "-z"},
        {"--netns=", "--netns"},
        {"--netns all --read x", "--read"},
        {"--write", "--write"},
        {"--write x --json", "--json"},
        {"--once --batch", "only one of the two"},
        {"--dump text --json", "--json"},
        {"--dump text --once", "--once"},
        {"--write x --once", "--once"},
        {"--write x --doctor", "--doctor"},
        {"--write x -f state:tw", "--filter"},
        {"--write x --readonly", "--readonly"},
        {"--write x --read x", "itself"},
        {"--write x --keep 7d", "DIR/"},
        {"--write x/ --keep 7q", "7q"},
        {"--write x/ --keep 0", "--keep"},
        {"--write x/ --keep 7", "unit"},
        {"--write x/ --max-size 2X", "2X"},
        {"--write x/ --max-size 10", "1M"},
        {"--write x/ --max-size 99999999T", "--max-size"},
        {"--output x", "--output"},
        {"--output x --json", "--output"},
        {"--output x --format prometheus --readonly", "--readonly"},
        {"--format prometheus --summary", "--summary"},
        {"--format prometheus --limit 3", "--limit"},
        {"--format prometheus -f state:tw", "--filter"},
        {"--format prometheus :80", "--filter"},
        {"--format prometheus --columns state", "--columns"},
        {"--format prometheus --group-by state", "cgroup"},
        {"--format prometheus --sort state", "--sort"},
        {"--format prometheus --doctor", "--doctor"},
        {"--format prometheus --write x", "--write"},
        {"--format prometheus --dump text", "--dump"},
        {"--answer-http --json", "--format json"},
        {"--answer-http --format csv", "--format csv"},
        {"--answer-http --once", "--once"},
        {"--answer-http --output x", "--output"},
        {"--redact", "--redact"},
        {"--force", "--force"},
        {"--begin 03:00", "--begin"},
        {"--read x --at 3:61", "3:61"},
        {"--read x --begin yesterday", "yesterday"},
        {"--read x --end 2026-13-01", "2026-13-01"},
        {"--read x --at 03:00 --end 04:00", "--at"},
        {"--group-by", "--group-by"},
        {"--group-by foo", "foo"},
        {"--group-by remote", "remote_addr"},
        {"--group-by left", "timer"},
        {"--group-by state -s rtt_us", "count"},
        {"--group-by state -s change", "change"},
        {"--group-by state -s count:up", "up"},
        {"--group-by state --columns state", "state"},
        {"-s count", "count"},
        {"--format xml", "json"},
        {"--format graphite", "json"},
        {"--sort", "--sort"},
        {"-P", "--port"},
        {"--once=3", "--once"},
        {"-P 0", "0"},
        {"-p 0", "0"},
        {"-p nginx", "nginx"},
        {"-p abc", "--pid: 'abc'"},
        {"0", "from 0.01 to 3600"},
        {"--doctor -P 443", "--doctor cannot be combined with --port"},
        {"--explain LISTEN -4", "--explain cannot be combined with -4"},
        {"--doctor -P 443 -f state:listen", "--doctor cannot be combined with --filter"},
        {"--doctor --format csv", "--doctor cannot be combined with --format csv"},
        {"--doctor -f state:tw", "--filter"},
        {"--doctor --limit 3", "--limit"},
        {"--explain TW --json", "--explain cannot be combined with --json"},
        {"--explain TW --format text", "--format"},
        {"--explain TW --columns state", "--columns"},
        {"-P 65536", "65536"},
        {":", "port"},
        {":http", "http"},
        {"--state foo", "there are LISTEN, SYN_SENT"},
        {"--state estabished", "did you mean ESTABLISHED?"},
        {"--colour always", "did you mean --color?"},
        {"--csv", "did you mean --format csv?"},
        {"--learn", "--learn needs a state: LISTEN, SYN_SENT"},
        {"--columns", "--help lists them"},
        {"--once --columns=", "--columns names no column"},
        {"--read x --json --columns=", "--columns names no column"},
        {"--sort foo", "--help lists them"},
        {"-f state:tw+rtt>100x", "at 'x': expected"},
        {"-f state:", "at its end: expected a state"},
        {"state nonsense", "at 'nonsense': "},
        {"--explain foo", "foo"},
        {"--learn foo", "foo"},
        {"--learn closed", "no lesson about CLOSE, because the kernel does not list it; there are "
                           "lessons about LISTEN, SYN_SENT"},
        {"--learn tw --once", "--once"},
        {"--learn tw --batch", "--batch"},
        {"1 3 --learn tw", "COUNT"},
        {"--json --learn tw", "--json"},
        {"--learn tw --size 80x24", "--size"},
        {"--learn tw --netns init", "--netns"},
        {"--learn tw --read x", "--read"},
        {"--learn tw --write x", "--write"},
        {"--columns foo", "foo"},
        {"-s foo", "foo"},
        {"-s state:up", "up"},
        {"-f (", "filter"},
        {"--limit 0", "0"},
        {"--limit 3x", "3x"},
        {"--size 80", "80"},
        {"--size 0x5", "0x5"},
        {"--size 80x24x2", "80x24x2"},
        {"--lang de", "--lang"},
        {"--color red", "--color"},
        {"--glyphs x", "--glyphs"},
        {"--theme neon", "--theme"},
        {"--dump png", "svg"},
        {"--config /nonexistent/file", "/nonexistent/file"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        must_refuse(cases[i][0], cases[i][1]);
    must_refuse("--no-config --\033[31m", "--");
    assert_null(strchr(err.msg, '\033'));
}

static void test_file_and_precedence(void **state)
{
    (void)state;
    static const char text[] = "[general]\ninterval = 5 s\nlanguage = ko\nesc_delay = 50 ms\n"
                               "mouse = no\ncpu_budget = 50\nreadonly = yes\ncolor = never\n"
                               "[columns]\nshow = state,local,remote\nsort = recv_q:desc\n"
                               "[colors]\nbackground = light\nwarn = 208 bold\n"
                               "[keys]\nquit = Q\n";
    with_file(text, "");
    assert_int_equal(s.ui.interval_ms, 5000);
    assert_int_equal(s.language, LANG_KO);
    assert_int_equal(s.esc_delay_ms, 50);
    assert_false(s.mouse);
    assert_true(s.ui.readonly && s.cpu_budget > 0.49);
    assert_int_equal(s.color, WHEN_NEVER);
    assert_int_equal(s.ui.n_columns, 3);
    assert_false(s.columns_given || s.ui.sort_given);
    assert_int_equal(s.ui.sort.column, COL_RECV_Q);
    assert_int_equal(settings_background(&s), BACKGROUND_LIGHT);
    assert_string_equal(s.role_text[ROLE_WARN], "208 bold");
    assert_int_equal(keymap_find(&s.ui.bindings, 'Q'), COMMAND_QUIT);
    assert_int_equal(keymap_find(&s.ui.bindings, 'q'), -1);
    assert_int_equal(text_language(), LANG_KO);

    with_file(text, "-d 2 --lang en --theme dark --color always -s state");
    assert_int_equal(s.ui.interval_ms, 2000);
    assert_int_equal(text_language(), LANG_EN);
    assert_int_equal(settings_background(&s), BACKGROUND_DARK);
    assert_int_equal(s.color, WHEN_ALWAYS);
    assert_int_equal(s.ui.sort.column, COL_STATE);
    with_file(text, "--no-config");
    assert_int_equal(s.ui.interval_ms, 1000);
}

static void test_bad_values_keep_the_rest(void **state)
{
    (void)state;
    with_file("[general]\ninterval = 12abc\nesc_delay = 40 ms\n[columns]\nsort = foo\nshow = bar\n"
              "[colors]\nwarn = pinkish\n[keys]\nquit = Nokey\n",
              "--lang en");
    assert_int_equal(s.ui.interval_ms, 1000);
    assert_int_equal(s.esc_delay_ms, 40);
    assert_int_equal(s.ui.sort.column, COL_STATE);
    assert_int_equal(s.ui.n_columns, 0);
    assert_string_equal(s.role_text[ROLE_WARN], "");
    assert_int_equal(keymap_find(&s.ui.bindings, 'q'), COMMAND_QUIT);
}

static void test_color_order(void **state)
{
    (void)state;
    unsetenv("NO_COLOR");
    must_load("--no-config");
    assert_true(settings_color(&s));
    setenv("NO_COLOR", "1", 1);
    assert_false(settings_color(&s));
    must_load("--no-config --color always");
    assert_true(settings_color(&s));
    setenv("NO_COLOR", "", 1);
    must_load("--no-config");
    assert_true(settings_color(&s)); /* empty counts as not set */
    unsetenv("NO_COLOR");
    setenv("COLORFGBG", "0;15", 1);
    assert_int_equal(settings_background(&s), BACKGROUND_LIGHT);
    setenv("COLORFGBG", "15;0", 1);
    assert_int_equal(settings_background(&s), BACKGROUND_DARK);
    unsetenv("COLORFGBG");
}

static void test_language_of_the_locale(void **state)
{
    (void)state;
    if (!setlocale(LC_CTYPE, "C.UTF-8")) { /* as where only another architecture's are installed */
        print_message("no UTF-8 locale can be loaded\n");
        skip();
    }
    must_load("--no-config");
    unsetenv("LC_ALL");
    unsetenv("LC_MESSAGES");
    setenv("LANG", "ko_KR.UTF-8", 1);
    assert_int_equal(settings_language(&s, true), LANG_KO);
    assert_int_equal(settings_language(&s, false), LANG_EN);
    setenv("LC_MESSAGES", "en_US.UTF-8", 1);
    assert_int_equal(settings_language(&s, true), LANG_EN);
    setenv("LC_ALL", "ko_KR.UTF-8", 1);
    assert_int_equal(settings_language(&s, true), LANG_KO);
    assert_true(settings_locale()); /* not installed, but it names UTF-8 */
    setenv("LC_ALL", "C", 1);
    assert_false(settings_locale());
    setenv("LC_ALL", "C.UTF-8", 1);
    settings_locale();
}

static int set_up(void **state)
{
    (void)state;
    const int fd = mkstemp(path);
    return fd < 0 || close(fd);
}

static int tear_down(void **state)
{
    (void)state;
    return unlink(path);
}

/* What is wrong with the command line is told in the language that it, or the environment, names.
 */
static void test_mistakes_in_korean(void **state)
{
    (void)state;
    must_refuse("--lang ko --foo", "알 수 없는 옵션입니다: '--foo'");
    must_refuse("--lang ko --limit", "--limit에는 값이 필요합니다");
    must_refuse("--lang ko --once=1", "--once에는 값을 줄 수 없습니다");
    must_refuse("--foo", "unknown option '--foo'");
    setenv("LC_ALL", "ko_KR.UTF-8", 1);
    must_refuse("--foo", "알 수 없는 옵션입니다: '--foo'");
    unsetenv("LC_ALL");
    text_use(LANG_EN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_modes),
        cmocka_unit_test(test_filter_is_joined),
        cmocka_unit_test(test_output_options),
        cmocka_unit_test(test_metrics),
        cmocka_unit_test(test_groups),
        cmocka_unit_test(test_intervals),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_mistakes_in_korean),
        cmocka_unit_test(test_file_and_precedence),
        cmocka_unit_test(test_bad_values_keep_the_rest),
        cmocka_unit_test(test_color_order),
        cmocka_unit_test(test_language_of_the_locale),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
