/* SPDX-License-Identifier: MIT */
/* Any text through the filter: it is refused with a position inside it and a clean message, or it
 * becomes a well-formed predicate that can be evaluated; parsing twice says the same; completion
 * stays inside the text. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/fuzz.h"
#include "lib/sample.h"
#include "tcptop/query/filter.h"

FUZZ_SEEDS(FUZZ_SEED("state:es,tw rtt>100ms or port:8000-8100,!=8080"),
           FUZZ_SEED("src 10/8 and ( dport = :ssh or dst [::1]:443 ) not sport >= 1024"),
           FUZZ_SEED("state connected exclude syn-sent exclude fin-wait-1 dev lo"),
           FUZZ_SEED("recv_q >= 1.5M & !(age_s:1-9 | timer!=on) && \"a b\""),
           FUZZ_SEED("fe80::1%lo [2001:db8::]/32 10.0.0.0/8:80 *:22 :3000 ::ffff:1.2.3.4"),
           FUZZ_SEED("cookie:1f uid:0 inode!=5 retr>0.5% expires_ms<700500us proto:tcp6"),
           FUZZ_SEED("((((!!!!not not 22))))"), FUZZ_SEED("한글 \xff 'quoted"))

static void demand(bool holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "filter_fuzz: %s\n", what);
        abort();
    }
}

static struct sample *some_rows(void)
{
    static struct sample *s;
    if (!s) {
        s = sample_make(NULL);
        sample_row(s, "10.0.0.1:80", "10.0.0.2:9", TCP_STATE_ESTABLISHED);
        sample_row(s, "[fe80::1]:80", "[fe80::2]:9", TCP_STATE_TIME_WAIT)->ifindex = 1;
        sample_row(s, "[::]:22", "[::]:0", TCP_STATE_LISTEN);
    }
    return s;
}

static void check_predicate(const struct predicate *p)
{
    demand(predicate_depth(p) >= 0, "a well-formed program");
    const struct sample *s = some_rows();
    for (uint32_t row = 0; row < sample_rows(s); row++)
        predicate_match(p, s, row);
}

static void check_completion(const char *text)
{
    const char *words[8];
    size_t from, n = filter_complete(text, words, 8, &from);
    demand(n <= 8 && from <= strlen(text), "completion inside the text");
    for (size_t i = 0; i < n; i++)
        demand(strncasecmp(words[i], text + from, strlen(text + from)) == 0, "a completion");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    char *text = strndup((const char *)data, len);
    if (!text)
        return 0;
    struct predicate p = {0};
    struct filter_error error = {SIZE_MAX, ""};
    int result = filter_parse(text, &p, &error);
    if (result) {
        demand(error.at <= strlen(text), "an error inside the text");
        demand(error.what[0] && strlen(error.what) < sizeof error.what, "a message");
        demand(!p.terms && !p.steps, "nothing left behind");
    } else {
        check_predicate(&p);
    }
    demand(filter_parse(text, NULL, NULL) == result, "the same twice");
    predicate_fini(&p);
    check_completion(text);
    free(text);
    return 0;
}
