// Descriptors themselves: closing, moving, standard streams, preopened folders, and what is no socket.

#include "check.h"

static void moving(void) {
    __wasi_fdstat_t before, after;
    int one = OPEN(dir, "one", __WASI_OFLAGS_CREAT, READ | WRITE);
    int two = OPEN(dir, "two", __WASI_OFLAGS_CREAT, READ);
    OK(__wasi_fd_fdstat_get(one, &before));
    OK(__wasi_fd_renumber(one, two));
    FAILS(BADF, __wasi_fd_close(one));
    OK(__wasi_fd_fdstat_get(two, &after));
    CHECK(memcmp(&before, &after, sizeof before) == 0);
    FAILS(BADF, __wasi_fd_renumber(two, one));
    FAILS(BADF, __wasi_fd_renumber(one, two));
    FAILS(BADF, __wasi_fd_renumber(9999, two));
    FAILS(BADF, __wasi_fd_renumber(two, 0xffffffff));
    OK(__wasi_fd_renumber(two, two));
    OK(__wasi_fd_close(two));
    FAILS(BADF, __wasi_fd_close(two));
    FAILS(BADF, __wasi_fd_close(9999));
    FAILS(BADF, __wasi_fd_close(0xffffffff));
    FAILS(BADF, __wasi_fd_fdstat_get(two, &after));
}

static void preopened(void) {
    __wasi_prestat_t stat;
    uint8_t name[11] = "##########";
    OK(__wasi_fd_prestat_get(dir, &stat));
    CHECK(stat.tag == __WASI_PREOPENTYPE_DIR && stat.u.dir.pr_name_len == 3);
    FAILS(NAMETOOLONG, __wasi_fd_prestat_dir_name(dir, name, 2));
    FAILS(NAMETOOLONG, __wasi_fd_prestat_dir_name(dir, name, 0));
    OK(__wasi_fd_prestat_dir_name(dir, name, 10));
    CHECK(memcmp(name, "dir#######", 10) == 0);
    int file = OPEN(dir, "one", 0, READ);
    int folder = OPEN(dir, ".", 0, ALL & ~(READ | WRITE));
    FAILS(BADF, __wasi_fd_prestat_get(file, &stat));
    FAILS(BADF, __wasi_fd_prestat_get(folder, &stat));
    FAILS(BADF, __wasi_fd_prestat_get(1, &stat));
    FAILS(BADF, __wasi_fd_prestat_get(9999, &stat));
    FAILS(BADF, __wasi_fd_prestat_dir_name(file, name, 10));
    OK(__wasi_fd_close(file));
    // A preopened folder is closed and written over like any other; what was opened through it stays.
    __wasi_filestat_t before, after;
    OK(__wasi_fd_filestat_get(folder, &before));
    OK(__wasi_fd_renumber(folder, 3));
    OK(__wasi_fd_filestat_get(3, &after));
    CHECK(before.ino == after.ino && before.dev == after.dev);
    FAILS(BADF, __wasi_fd_filestat_get(folder, &after));
    FAILS(BADF, __wasi_fd_prestat_get(3, &stat));
    OK(__wasi_fd_close(dir));
    FAILS(BADF, __wasi_fd_prestat_get(dir, &stat));
    FAILS(BADF, __wasi_fd_fdstat_get(dir, (__wasi_fdstat_t[1]){0}));
    OK(try_open(3, "one", 0, 0, READ, 0));
    dir = 3;
}

static void no_sockets(void) {
    size_t count;
    __wasi_roflags_t flags;
    uint8_t bytes[4] = {0};
    __wasi_iovec_t in = {bytes, 4};
    __wasi_ciovec_t out = {bytes, 4};
    __wasi_fd_t accepted;
    int file = OPEN(dir, "one", 0, READ);
    int others[] = {0, 1, dir, file};
    for (int i = 0; i < 4; i++) {
        FAILS(NOTSOCK, __wasi_sock_recv(others[i], &in, 1, 0, &count, &flags));
        FAILS(NOTSOCK, __wasi_sock_send(others[i], &out, 1, 0, &count));
        FAILS(NOTSOCK, __wasi_sock_accept(others[i], 0, &accepted));
        for (int how = 0; how < 4; how++) {
            FAILS(NOTSOCK, __wasi_sock_shutdown(others[i], how));
        }
    }
    FAILS(BADF, __wasi_sock_recv(9999, &in, 1, 0, &count, &flags));
    FAILS(BADF, __wasi_sock_send(9999, &out, 1, 0, &count));
    FAILS(BADF, __wasi_sock_accept(9999, 0, &accepted));
    FAILS(BADF, __wasi_sock_shutdown(9999, __WASI_SDFLAGS_RD));
    OK(__wasi_fd_close(file));
}

static void standard_streams(void) {
    __wasi_fdstat_t stat;
    __wasi_filesize_t position;
    size_t count;
    char text[4];
    for (int stream = 0; stream < 3; stream++) {
        OK(__wasi_fd_fdstat_get(stream, &stat));
        CHECK(stat.fs_filetype != __WASI_FILETYPE_DIRECTORY && stat.fs_filetype != __WASI_FILETYPE_REGULAR_FILE);
        CHECK((stat.fs_rights_base & READ) == (stream == 0 ? READ : 0));
        CHECK((stat.fs_rights_base & WRITE) == (stream == 0 ? 0 : WRITE));
        FAILS(SPIPE, __wasi_fd_seek(stream, 0, __WASI_WHENCE_SET, &position));
        FAILS(SPIPE, __wasi_fd_tell(stream, &position));
        FAILS(NOTDIR, try_open(stream, "one", 0, 0, READ, 0));
    }
    FAILS(BADF, write_text(0, "x", &count));
    FAILS(BADF, read_text(1, text, sizeof text, &count));
    FAILS(BADF, read_text(2, text, sizeof text, &count));
    OK(write_text(1, "", &count));
    // They move like other descriptors, and are gone when they are closed.
    for (int stream = 0; stream < 2; stream++) {
        int fd = OPEN(dir, "one", 0, READ);
        OK(__wasi_fd_renumber(stream, fd));
        OK(__wasi_fd_fdstat_get(fd, &stat));
        FAILS(BADF, __wasi_fd_fdstat_get(stream, &stat));
        OK(__wasi_fd_close(fd));
    }
    // The lowest free descriptor is given, also if a standard stream had it.
    CHECK(OPEN(dir, "one", 0, READ) == 0);
    OK(__wasi_fd_close(0));
}

static void run(void) {
    moving();
    preopened();
    no_sockets();
    standard_streams();
}
