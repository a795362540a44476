// What all programs here share: checks that name their line, the folder to work in, and short names for what is asked most.
//
// A program prints nothing and exits with 0 if all is as it should be. Otherwise it says which line was not, and goes on,
// so that one run shows everything that is wrong.

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wasi/api.h>

#define UNUSED __attribute__((unused))

static int failures = 0;

static void check(bool holds, const char *file, int line, const char *text) {
    if (!holds) {
        fprintf(stderr, "%s:%d: %s\n", file, line, text);
        failures += 1;
    }
}

UNUSED static void check_errno(int got, int expected, const char *file, int line, const char *text) {
    if (got != expected) {
        fprintf(stderr, "%s:%d: got error %d instead of %d: %s\n", file, line, got, expected, text);
        failures += 1;
    }
}

// The condition holds.
#define CHECK(condition) check((condition), __FILE__, __LINE__, #condition)
// The call succeeds.
#define OK(call) check_errno((call), 0, __FILE__, __LINE__, #call)
// The call fails with this error (`NOENT` for `__WASI_ERRNO_NOENT`).
#define FAILS(name, call) check_errno((call), __WASI_ERRNO_##name, __FILE__, __LINE__, #call)

#define FOLLOW __WASI_LOOKUPFLAGS_SYMLINK_FOLLOW
#define R(name) __WASI_RIGHTS_##name
#define READ R(FD_READ)
#define WRITE R(FD_WRITE)
#define POSITION (R(FD_SEEK) | R(FD_TELL))
// More rights than any descriptor has: what does not apply is left out.
#define ALL ((__wasi_rights_t)0x1fffffff)

// The preopened folder that the programs work in, looked for as every program's start does.
static int dir = -1;

static void find_dir(void) {
    for (int fd = 3;; fd++) {
        __wasi_prestat_t stat;
        char name[100] = "";
        if (__wasi_fd_prestat_get(fd, &stat) != 0) {
            break;
        }
        if (stat.u.dir.pr_name_len < sizeof name &&
            __wasi_fd_prestat_dir_name(fd, (uint8_t *)name, stat.u.dir.pr_name_len) == 0 &&
            strcmp(name, "dir") == 0) {
            dir = fd;
        }
    }
    if (dir < 0) {
        fprintf(stderr, "no folder was opened under the name `dir`\n");
        exit(1);
    }
}

// Opens a path below a folder; gives -1 and reports where if that fails.
#define OPEN(at, path, oflags, rights) open_at(at, path, 0, oflags, rights, 0, __LINE__)

UNUSED static int open_at(int at, const char *path, int lookup, int oflags, __wasi_rights_t rights, int flags, int line) {
    __wasi_fd_t fd;
    int error = __wasi_path_open(at, lookup, path, oflags, rights, ALL, flags, &fd);
    if (error == 0) {
        return fd;
    }
    fprintf(stderr, "line %d: cannot open `%s`: error %d\n", line, path, error);
    failures += 1;
    return -1;
}

// The error of opening a path, 0 if it can be opened.
UNUSED static int try_open(int at, const char *path, int lookup, int oflags, __wasi_rights_t rights, int flags) {
    __wasi_fd_t fd;
    int error = __wasi_path_open(at, lookup, path, oflags, rights, ALL, flags, &fd);
    if (error == 0) {
        OK(__wasi_fd_close(fd));
    }
    return error;
}

UNUSED static int write_text(int fd, const char *text, size_t *written) {
    __wasi_ciovec_t buffer = {(const uint8_t *)text, strlen(text)};
    return __wasi_fd_write(fd, &buffer, 1, written);
}

UNUSED static int read_text(int fd, char *to, size_t size, size_t *count) {
    __wasi_iovec_t buffer = {(uint8_t *)to, size - 1};
    int error = __wasi_fd_read(fd, &buffer, 1, count);
    to[error == 0 ? *count : 0] = 0;
    return error;
}

// Makes a file with this text.
#define MAKE(at, path, text) make_file(at, path, text, __LINE__)

UNUSED static void make_file(int at, const char *path, const char *text, int line) {
    int fd = open_at(at, path, 0, __WASI_OFLAGS_CREAT | __WASI_OFLAGS_TRUNC, WRITE, 0, line);
    size_t written;
    if (fd >= 0) {
        OK(write_text(fd, text, &written));
        OK(__wasi_fd_close(fd));
    }
}

static void run(void);

int main(void) {
    find_dir();
    run();
    return failures != 0;
}
