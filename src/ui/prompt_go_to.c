/* SPDX-License-Identifier: MIT */
/* `b`: to a time that is typed. What counts back counts from the newest sample. */
#include "prompt.h"
#include "tcptop/base/moment.h"
#include "travel.h"

static unsigned open_prompt(struct session *s)
{
    if (s->travel)
        return REACT_NOTHING;
    (void)travel_go(s, TRAVEL_SAME, 0); /* it says why not */
    return REACT_NOT_MINE;
}

static unsigned accept(struct session *s)
{
    struct moment m;

    if (!s->ui.line.len)
        return REACT_CLOSE;
    if (moment_parse(s->ui.line.text, &m)) {
        prompt_wrong(s, text(MSG_VIEW_GO_TO_BAD));
        return REACT_NOTHING;
    }
    return REACT_CLOSE | travel_to(s, &m);
}

const struct prompt_ops prompt_go_to = {
    .opened_by = COMMAND_GO_TO,
    .label = MSG_VIEW_PROMPT_GO_TO,
    .hint = MSG_VIEW_HINT_GO_TO,
    .open = open_prompt,
    .accept = accept,
};
