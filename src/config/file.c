/* Reading a file that the user named: it may be anything. */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tcptop/base/privileges.h"
#include "tcptop/base/str.h"

static int check(int fd, const char *shown, struct err *err)
{
    struct stat st;
    if (fstat(fd, &st) != 0) {
        return err_set(err, -errno, "%s: %s", shown, err_name(errno));
    }
    if (S_ISDIR(st.st_mode)) {
        return err_set(err, -EISDIR, "%s: %s", shown, err_name(EISDIR));
    }
    if (!S_ISREG(st.st_mode)) {
        return err_set(err, -EINVAL, "%s: not a regular file", shown);
    }
    return 0;
}

/* Sizes can lie (/proc) and grow: what is read counts. */
static int read_all(int fd, const char *shown, struct str *text, struct err *err)
{
    char part[16384];
    for (;;) {
        ssize_t got = read(fd, part, sizeof(part));
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return err_set(err, -errno, "%s: %s", shown, err_name(errno));
        }
        if (got == 0) {
            return str_failed(text) ? err_set(err, -ENOMEM, "out of memory") : 0;
        }
        str_add_bytes(text, part, (size_t)got);
        if (text->len > FILE_SIZE_MAX) {
            return err_set(err, -EFBIG, "%s: larger than 1 MiB", shown);
        }
    }
}

int file_read(const char *path, const char *shown, bool own_rights, struct str *text,
              struct err *err)
{
    const int flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
    int fd = own_rights ? open(path, flags) : privileges_open(path, flags, 0);
    if (fd < 0) {
        fd = own_rights ? -errno : fd;
        return err_set(err, fd, "%s: %s", shown, err_name(fd));
    }
    int rc = check(fd, shown, err);
    if (rc == 0) {
        rc = read_all(fd, shown, text, err);
    }
    close(fd);
    return rc;
}
