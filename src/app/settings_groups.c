/* Orders and groups as the command line and the configuration name them. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "cli_error.h"
#include "settings_options.h"

int sort_split(const char *text, size_t *len, int *descending, struct err *err)
{
    *len = strcspn(text, ":");
    const char *order = text + *len;
    *descending = strcasecmp(order, ":desc") == 0 ? 1 : *order ? 0 : -1;
    if (*descending == 0 && strcasecmp(order, ":asc") != 0)
        return cli_error_usage(err, MSG_BAD_SORT_ORDER, text, NULL);
    return 0;
}

int column_refuse(const char *text, size_t len, struct err *err)
{
    char name[64];
    snprintf(name, sizeof name, "%.*s", (int)(len < 63 ? len : 63), text);
    const char *nearest = column_nearest(name);
    return nearest ? cli_error_usage(err, MSG_BAD_COLUMN_NEAR, name, nearest)
                   : cli_error_usage(err, MSG_BAD_COLUMN, name, NULL);
}

static int figure_find(const struct grouping *how, const char *name, size_t len)
{
    if (len == 5 && strncasecmp(name, "count", len) == 0)
        return GROUP_COUNT;
    if (len == 6 && strncasecmp(name, "change", len) == 0)
        return GROUP_CHANGE;
    const int column = column_find(name, len);
    for (int i = 0; i < how->n_sums; i++)
        if (column == (int)how->sum[i])
            return GROUP_SUM + i;
    return column == (int)how->by ? GROUP_KEY : -ENOENT;
}

int group_sort_parse(struct group_sort *sort, const struct grouping *how, const char *text,
                     struct err *err)
{
    size_t len;
    int descending;
    int rc = sort_split(text, &len, &descending, err);
    if (rc)
        return rc;
    const int figure = figure_find(how, text, len);
    if (figure < 0)
        return figure;
    /* figures have their interesting end at the top, as in the menu */
    *sort = (struct group_sort){(uint8_t)figure,
                                descending < 0 ? figure != GROUP_KEY : descending == 1};
    return 0;
}

int group_by_parse(struct settings *s, const char *name, struct err *err)
{
    const int column = *name ? column_find(name, strlen(name)) : -1;
    if (*name && column < 0)
        return column_refuse(name, strlen(name), err);
    if (column >= 0 && columns[column].kind == KIND_COMPOSITE) /* its atoms follow it */
        return cli_error_usage(err, MSG_BAD_GROUP, name, columns[column + 1].id);
    s->group_by = column;
    return 0;
}

bool settings_print(const struct settings *s)
{
    return s->mode == MODE_ONCE || s->mode == MODE_BATCH;
}

struct grouping settings_grouping(const struct settings *s)
{
    struct grouping how = {.by = (enum column_id)s->group_by, .sort = s->group_sort};
    const bool printed = settings_print(s);
    if (!printed || s->columns_given)
        grouping_sum(&how, s->columns, s->n_columns, !printed);
    return how;
}

int group_sums_check(const struct settings *s, struct err *err)
{
    for (size_t i = 0; i < s->n_columns && settings_print(s) && s->group_given; i++)
        if (s->columns_given && !(columns[s->columns[i]].flags & COLUMN_SUM))
            return cli_error_usage(err, MSG_BAD_SUM, columns[s->columns[i]].id, NULL);
    return 0;
}
