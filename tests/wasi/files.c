// What is done with an open file: reading, writing, position, size, space, advice.

#include "check.h"

static int fd;

static __wasi_filesize_t tell(void) {
    __wasi_filesize_t position = 0;
    OK(__wasi_fd_tell(fd, &position));
    return position;
}

static __wasi_filesize_t size(void) {
    __wasi_filestat_t stat = {0};
    OK(__wasi_fd_filestat_get(fd, &stat));
    return stat.size;
}

static void scattered(void) {
    size_t count;
    uint8_t a[2], b[3], c[11] = "##########";
    __wasi_ciovec_t out[] = {{(const uint8_t *)"ab", 2}, {NULL, 0}, {(const uint8_t *)"cdef", 4}};
    OK(__wasi_fd_write(fd, out, 3, &count));
    CHECK(count == 6 && tell() == 6);
    __wasi_filesize_t position;
    OK(__wasi_fd_seek(fd, 0, __WASI_WHENCE_SET, &position));
    __wasi_iovec_t in[] = {{a, 2}, {b, 3}, {c, 10}};
    OK(__wasi_fd_read(fd, in, 3, &count));
    CHECK(count == 6 && tell() == 6);
    CHECK(memcmp(a, "ab", 2) == 0 && memcmp(b, "cde", 3) == 0 && memcmp(c, "f#########", 10) == 0);
    OK(__wasi_fd_read(fd, in, 3, &count));
    CHECK(count == 0);
    OK(__wasi_fd_read(fd, in, 0, &count));
    CHECK(count == 0);
    OK(__wasi_fd_write(fd, out, 0, &count));
    CHECK(count == 0);
}

static void at_positions(void) {
    size_t count;
    char text[20];
    __wasi_iovec_t in = {(uint8_t *)text, 4};
    __wasi_ciovec_t out = {(const uint8_t *)"XY", 2};
    __wasi_filesize_t before = tell();
    OK(__wasi_fd_pread(fd, &in, 1, 4, &count));
    CHECK(count == 2 && memcmp(text, "ef", 2) == 0);
    OK(__wasi_fd_pread(fd, &in, 1, 100, &count));
    CHECK(count == 0);
    OK(__wasi_fd_pwrite(fd, &out, 1, 1, &count));
    CHECK(count == 2 && tell() == before && size() == 6);
    OK(__wasi_fd_pread(fd, &in, 1, 0, &count));
    CHECK(count == 4 && memcmp(text, "aXYd", 4) == 0);
    OK(__wasi_fd_pwrite(fd, &out, 1, 8, &count));
    CHECK(size() == 10);
    OK(__wasi_fd_pread(fd, &in, 1, 6, &count));
    CHECK(count == 4 && memcmp(text, "\0\0XY", 4) == 0);
    FAILS(INVAL, __wasi_fd_pread(fd, &in, 1, ~0ull, &count));
    FAILS(INVAL, __wasi_fd_pwrite(fd, &out, 1, ~0ull, &count));
}

static void moving(void) {
    __wasi_filesize_t position;
    OK(__wasi_fd_seek(fd, 3, __WASI_WHENCE_SET, &position));
    CHECK(position == 3 && tell() == 3);
    OK(__wasi_fd_seek(fd, -2, __WASI_WHENCE_CUR, &position));
    CHECK(position == 1);
    OK(__wasi_fd_seek(fd, -1, __WASI_WHENCE_END, &position));
    CHECK(position == 9);
    OK(__wasi_fd_seek(fd, 1000, __WASI_WHENCE_END, &position));
    CHECK(position == 1010 && size() == 10);
    FAILS(INVAL, __wasi_fd_seek(fd, -1, __WASI_WHENCE_SET, &position));
    FAILS(INVAL, __wasi_fd_seek(fd, -2000, __WASI_WHENCE_CUR, &position));
    FAILS(INVAL, __wasi_fd_seek(fd, 0, 3, &position));
    CHECK(tell() == 1010);
    FAILS(BADF, __wasi_fd_seek(9999, 0, __WASI_WHENCE_SET, &position));
    FAILS(BADF, __wasi_fd_tell(9999, &position));
}

static void sizes(void) {
    char text[20];
    size_t count;
    __wasi_iovec_t in = {(uint8_t *)text, 20};
    OK(__wasi_fd_filestat_set_size(fd, 3));
    CHECK(size() == 3);
    OK(__wasi_fd_filestat_set_size(fd, 5));
    OK(__wasi_fd_pread(fd, &in, 1, 0, &count));
    CHECK(count == 5 && memcmp(text, "aXY\0\0", 5) == 0);
    FAILS(INVAL, __wasi_fd_filestat_set_size(fd, ~0ull));
    FAILS(BADF, __wasi_fd_filestat_set_size(9999, 1));
    // A file system may not be able to.
    int error = __wasi_fd_allocate(fd, 100, 100);
    if (error != __WASI_ERRNO_NOTSUP) {
        OK(error);
        CHECK(size() == 200);
        OK(__wasi_fd_allocate(fd, 10, 10));
        CHECK(size() == 200);
        FAILS(INVAL, __wasi_fd_allocate(fd, 0, 0));
    }
    FAILS(BADF, __wasi_fd_allocate(9999, 0, 1));
}

static void advice(void) {
    __wasi_filesize_t before = size();
    for (int advice = 0; advice <= 5; advice++) {
        OK(__wasi_fd_advise(fd, 10, 50, advice));
    }
    OK(__wasi_fd_advise(fd, 0, 0, __WASI_ADVICE_WILLNEED));
    FAILS(INVAL, __wasi_fd_advise(fd, 0, 0, 6));
    FAILS(BADF, __wasi_fd_advise(9999, 0, 0, __WASI_ADVICE_NORMAL));
    CHECK(size() == before);
    OK(__wasi_fd_sync(fd));
    OK(__wasi_fd_datasync(fd));
    FAILS(BADF, __wasi_fd_sync(9999));
    FAILS(BADF, __wasi_fd_datasync(9999));
}

static void appending(void) {
    size_t count;
    char text[20];
    __wasi_filesize_t position;
    __wasi_fdstat_t stat;
    int fd = open_at(dir, "appended", 0, __WASI_OFLAGS_CREAT, READ | WRITE | POSITION | R(FD_FDSTAT_SET_FLAGS),
                     __WASI_FDFLAGS_APPEND, __LINE__);
    OK(write_text(fd, "one", &count));
    OK(__wasi_fd_seek(fd, 0, __WASI_WHENCE_SET, &position));
    OK(write_text(fd, "two", &count));
    OK(__wasi_fd_tell(fd, &position));
    CHECK(position == 6);
    // At a position the position counts, or else (on Linux) the end; the descriptor's own does not move.
    __wasi_ciovec_t out = {(const uint8_t *)"XYZ", 3};
    OK(__wasi_fd_pwrite(fd, &out, 1, 0, &count));
    CHECK(count == 3);
    OK(__wasi_fd_tell(fd, &position));
    CHECK(position == 6);
    OK(__wasi_fd_fdstat_set_flags(fd, 0));
    OK(__wasi_fd_fdstat_get(fd, &stat));
    CHECK(stat.fs_flags == 0);
    OK(__wasi_fd_seek(fd, 0, __WASI_WHENCE_SET, &position));
    OK(write_text(fd, "ONE", &count));
    OK(__wasi_fd_seek(fd, 0, __WASI_WHENCE_SET, &position));
    OK(read_text(fd, text, sizeof text, &count));
    CHECK(memcmp(text, "ONEtwo", 6) == 0);
    OK(__wasi_fd_fdstat_set_flags(fd, __WASI_FDFLAGS_APPEND | __WASI_FDFLAGS_NONBLOCK));
    OK(__wasi_fd_fdstat_get(fd, &stat));
    CHECK(stat.fs_flags == (__WASI_FDFLAGS_APPEND | __WASI_FDFLAGS_NONBLOCK));
    FAILS(INVAL, __wasi_fd_fdstat_set_flags(fd, __WASI_FDFLAGS_SYNC));
    FAILS(INVAL, __wasi_fd_fdstat_set_flags(fd, 64));
    FAILS(BADF, __wasi_fd_fdstat_set_flags(9999, 0));
    OK(__wasi_fd_close(fd));
}

// An open file stays when its name goes.
static void without_a_name(void) {
    size_t count;
    __wasi_filestat_t stat;
    OK(__wasi_path_unlink_file(dir, "file"));
    OK(__wasi_fd_filestat_get(fd, &stat));
    CHECK(stat.nlink == 0);
    OK(write_text(fd, "more", &count));
    FAILS(NOENT, try_open(dir, "file", 0, 0, READ, 0));
    MAKE(dir, "file", "another");
    __wasi_filestat_t other;
    OK(__wasi_path_filestat_get(dir, 0, "file", &other));
    CHECK(other.ino != stat.ino);
}

static void much(void) {
    static char block[300000];
    for (size_t i = 0; i < sizeof block; i++) {
        block[i] = (char)(i * 7 + i / 251);
    }
    int fd = OPEN(dir, "much", __WASI_OFLAGS_CREAT, READ | WRITE | POSITION);
    __wasi_ciovec_t out = {(const uint8_t *)block, sizeof block};
    size_t count;
    __wasi_filesize_t position;
    OK(__wasi_fd_write(fd, &out, 1, &count));
    CHECK(count == sizeof block);
    OK(__wasi_fd_seek(fd, 0, __WASI_WHENCE_SET, &position));
    static char again[sizeof block + 5];
    __wasi_iovec_t in[] = {{(uint8_t *)again, 100}, {(uint8_t *)again + 100, sizeof again - 100}};
    OK(__wasi_fd_read(fd, in, 2, &count));
    CHECK(count == sizeof block && memcmp(block, again, sizeof block) == 0);
    OK(__wasi_fd_close(fd));
}

static void run(void) {
    fd = OPEN(dir, "file", __WASI_OFLAGS_CREAT, ALL);
    scattered();
    at_positions();
    moving();
    sizes();
    advice();
    appending();
    without_a_name();
    much();
    OK(__wasi_fd_close(fd));
    FAILS(BADF, __wasi_fd_close(fd));
}
