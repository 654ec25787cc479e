/* An end of a connection as the table shows it: address and port, or the names they have. Only
 * names are ever cut; a service whose name has no room keeps its number. */
#include <stdio.h>
#include <string.h>

#include "parts.h"
#include "tcptop/base/utf8.h"

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

void endpoint_name(const struct drawing *d, const struct conn *c, bool remote, int room,
                   struct str *text)
{
    const char *host = NULL, *service = NULL;
    char port[NAME_BYTES], shown[NAME_BYTES + 4];
    struct name_key k;

    if (d->ui->host_names && name_key_address(&k, c, remote))
        host = names_find(d->v->names, &k);
    if (d->ui->service_names && name_key_service(&k, c, remote))
        service = names_find(d->v->names, &k);
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
