/* SPDX-License-Identifier: MIT */
/* Any bytes as a request of HTTP: they get one of the answers that there are, and only what begins
 * with GET or HEAD and names /metrics gets a good one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/app/http_answer.h"
#include "lib/fuzz.h"

FUZZ_SEEDS(FUZZ_SEED("GET /metrics HTTP/1.1\r\nHost: x\r\nAccept: */*\r\n\r\n"),
           FUZZ_SEED("HEAD /metrics?a=b HTTP/1.0\n\n"),
           FUZZ_SEED("GET /metrics HTTP/1.1\r\naccept: application/openmetrics-text\r\n\r\n"),
           FUZZ_SEED("POST / HTTP/1.1\r\n: x\r\n\r\n"), FUZZ_SEED("\n\n"), FUZZ_SEED(""))

static bool begins(const uint8_t *data, size_t len, const char *with)
{
    return len >= strlen(with) && memcmp(data, with, strlen(with)) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    char *exact = malloc(len ? len : 1); /* so that a byte too far is seen */
    if (!exact)
        return 0;
    memcpy(exact, data, len);
    const struct http_request r = http_answer_parse(exact, len);
    free(exact);
    const bool good = begins(data, len, "GET /metrics") || begins(data, len, "HEAD /metrics");
    if (r.status != 200 && r.status != 400 && r.status != 404 && r.status != 405)
        abort();
    if (r.status == 200 && !good)
        abort();
    return 0;
}
