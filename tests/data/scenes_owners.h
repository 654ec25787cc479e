/* SPDX-License-Identifier: MIT */
/* The processes of the three hosts, and which sockets each has. */
#ifndef TESTS_DATA_SCENES_OWNERS_H
#define TESTS_DATA_SCENES_OWNERS_H

#include "data/scenes.h"
#include "tcptop/model/state.h"

static const struct user scene_users[] = {
    {0, "root"},     {33, "www-data"}, {70, "postgres"}, {101, "systemd-resolve"},
    {1000, "minji"}, {1001, "app"},    {0, NULL},
};

#define NGINX(pid, uid, line)                                                                      \
    {                                                                                              \
        pid, uid, "nginx", line, "nginx.service"                                                   \
    }

static const struct process web_processes[] = {
    {610, 101, "systemd-resolve", "/usr/lib/systemd/systemd-resolved", "systemd-resolved.service"},
    {640, 0, "sshd", "sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups", "ssh.service"},
    {655, 1001, "redis-server", "/usr/bin/redis-server 127.0.0.1:6379", "redis-server.service"},
    {690, 1001, "node_exporter", "/usr/bin/node_exporter", "node_exporter.service"},
    {702, 70, "postgres", "/usr/lib/postgresql/15/bin/postgres -D /var/lib/postgresql/15/main",
     "postgresql@15-main.service"},
    {712, 1001, "prometheus", "/usr/bin/prometheus --web.listen-address=127.0.0.1:9090",
     "prometheus.service"},
    {977, 1000, "python3", "/usr/bin/python3 /srv/sync/main.py", "docker 3f2a09c1d2e4"},
    {1002, 1001, "gunicorn", "gunicorn: worker [shop.wsgi]", "shop.service"},
    NGINX(1183, 0, "nginx: master process /usr/sbin/nginx -g daemon on; master_process on;"),
    NGINX(1184, 33, "nginx: worker process"),
    NGINX(1185, 33, "nginx: worker process"),
    {30771, 0, "sshd", "sshd: minji [priv]", "session 3"},
    {0, 0, NULL, NULL, NULL},
};

static const struct holding web_holdings[] = {
    {443, 0, TCP_STATE_LISTEN, {1183, 1184, 1185}},
    {80, 0, TCP_STATE_LISTEN, {1183, 1184, 1185}},
    {443, 0, 0, {1184}},
    {22, 0, TCP_STATE_LISTEN, {640}},
    {22, 0, 0, {30771}},
    {53, 0, 0, {610}},
    {5432, 0, 0, {702}},
    {6379, 0, 0, {655}},
    {8080, 0, 0, {1002}},
    {9000, 0, 0, {1002}},
    {9090, 0, 0, {712}},
    {9100, 0, 0, {690}},
    {0, 5432, 0, {1002}},
    {0, 8080, 0, {1184}},
    {0, 8443, 0, {977}},
    {0, 443, 0, {977}},
    {0, 0, 0, {0}},
};

static const struct process dev_processes[] = {
    {480, 101, "systemd-resolve", "/usr/lib/systemd/systemd-resolved", "systemd-resolved.service"},
    {640, 0, "sshd", "sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups", "ssh.service"},
    {655, 0, "cupsd", "/usr/sbin/cupsd -l", "cups.service"},
    {1702, 70, "postgres", "postgres", "docker 9c41d2e05b7a"},
    {3310, 1000, "firefox", "/usr/lib/firefox/firefox", "app-firefox-3310.scope"},
    {4127, 1000, "node", "node --inspect server.js", "session 2"},
    {5120, 1000, "sshd", "sshd: minji@pts/1", "session 4"},
    {0, 0, NULL, NULL, NULL},
};

static const struct holding dev_holdings[] = {
    {3000, 0, 0, {4127}}, {9229, 0, 0, {4127}}, {22, 0, 0, {640}},
    {631, 0, 0, {655}},   {5432, 0, 0, {1702}}, {53, 0, 0, {480}},
    {6010, 0, 0, {5120}}, {0, 443, 0, {3310}},  {0, 0, 0, {0}},
};

static const struct process api_processes[] = {
    {640, 0, "sshd", "sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups", "ssh.service"},
    {690, 1001, "node_exporter", "/usr/bin/node_exporter", "node_exporter.service"},
    NGINX(1183, 0, "nginx: master process /usr/sbin/nginx -g daemon on; master_process on;"),
    NGINX(1184, 33, "nginx: worker process"),
    {1533, 1001, "python3", "/usr/bin/python3 /srv/audit/main.py", "audit.service"},
    {2841, 1001, "java", "java -Xmx4g -jar /srv/orders/orders.jar", "docker 5b0d77ae91c3"},
    {0, 0, NULL, NULL, NULL},
};

static const struct holding api_holdings[] = {
    {443, 0, TCP_STATE_LISTEN, {1183, 1184}},
    {443, 0, 0, {1184}},
    {22, 0, 0, {640}},
    {8080, 0, 0, {2841}},
    {38000, 0, 0, {1533}}, /* three of those that wait to be closed */
    {38003, 0, 0, {1533}},
    {38006, 0, 0, {1533}},
    {0, 8443, 0, {2841}},
    {0, 5432, 0, {2841}},
    {0, 0, TCP_STATE_LISTEN, {690}},
    {0, 0, 0, {0}},
};

#endif
