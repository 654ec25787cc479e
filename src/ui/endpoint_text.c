/* An end of a connection as the table shows it: address and port, or the names they have. Only
 * names are ever cut; a service whose name has no room keeps its number. */
#include <stdio.h>
#include <string.h>

#include "parts.h"
#include "tcptop/base/utf8.h"
#include "tcptop/query/column.h"

#define NAME_LEAST 8 /* a host's name cut to less tells nothing: its address then */

/* "…" after as much of `name` as fits. */
static void cut(char out[NAME_BYTES + 4], const char *name, int room)
{
    size_t len = strlen(name);

    if (utf8_width(name) <= room)
        snprintf(out, NAME_BYTES + 4, "%s", name);
    else
        snprintf(out, NAME_BYTES + 4, "%.*s…", (int)utf8_fit(name, len, room - 1, NULL), name);
}

/* Its names, NULL where they are not known or not wanted. */
static void find_names(const struct naming *n, const struct conn *c, bool remote, const char **host,
                       const char **service)
{
    struct name_key k;

    *host = *service = NULL;
    if (n->hosts && names_key_address(&k, c, remote))
        *host = names_find(n->names, &k);
    if (n->services && names_key_service(&k, c, remote))
        *service = names_find(n->names, &k);
}

bool endpoint_by_name(const struct naming *n, const struct conn *c, bool remote, struct str *out)
{
    const char *host, *service;
    struct str number = STR_INIT;

    find_names(n, c, remote, &host, &service);
    if (!host && !service)
        return false;
    if (remote)
        conn_format_remote(c, &number);
    else
        conn_format_local(c, &number);
    const char *colon = strrchr(str_text(&number), ':');
    if (host)
        str_add(out, host);
    else if (colon)
        str_add_bytes(out, number.data, (size_t)(colon - number.data));
    str_add_char(out, ':');
    str_add(out, service ? service : colon ? colon + 1 : "");
    str_fini(&number);
    return true;
}

void endpoint_name(const struct drawing *d, const struct conn *c, bool remote, int room,
                   struct str *text)
{
    const struct naming wanted = {d->v->names, d->ui->host_names, d->ui->service_names};
    const char *host, *service;
    char port[NAME_BYTES], shown[NAME_BYTES + 4];

    find_names(&wanted, c, remote, &host, &service);
    char *colon = text->len ? strrchr(text->data, ':') : NULL;
    if (!colon || (!host && !service))
        return;
    snprintf(port, sizeof port, "%s", colon + 1);
    size_t address = (size_t)(colon - text->data);
    int head = host ? NAME_LEAST : utf8_width_n(text->data, address);
    if (service && head + 1 + utf8_width(service) <= room)
        snprintf(port, sizeof port, "%s", service);
    int left = room - 1 - utf8_width(port);
    if (host && (left >= NAME_LEAST || utf8_width(host) <= left)) {
        cut(shown, host, left);
        str_clear(text);
        str_add(text, shown);
    } else {
        str_truncate(text, address);
    }
    str_add(text, ":");
    str_add(text, port);
}
