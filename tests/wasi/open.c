// `path_open`: what may be opened how, and the error of what may not.

#include "check.h"

#define CREAT __WASI_OFLAGS_CREAT
#define EXCL __WASI_OFLAGS_EXCL
#define TRUNC __WASI_OFLAGS_TRUNC
#define DIRECTORY __WASI_OFLAGS_DIRECTORY

static void create_and_truncate(void) {
    FAILS(NOENT, try_open(dir, "file", 0, 0, READ, 0));
    FAILS(NOENT, try_open(dir, "file", 0, TRUNC, WRITE, 0));
    OK(try_open(dir, "file", 0, CREAT | EXCL, WRITE, 0));
    FAILS(EXIST, try_open(dir, "file", 0, CREAT | EXCL, WRITE, 0));
    OK(try_open(dir, "file", 0, CREAT, READ, 0));
    MAKE(dir, "file", "text");
    OK(try_open(dir, "file", 0, CREAT, 0, 0));
    __wasi_filestat_t stat;
    OK(__wasi_path_filestat_get(dir, 0, "file", &stat));
    CHECK(stat.size == 4);
    OK(try_open(dir, "file", 0, TRUNC, 0, 0));
    OK(__wasi_path_filestat_get(dir, 0, "file", &stat));
    CHECK(stat.size == 0);
    OK(__wasi_path_unlink_file(dir, "file"));
}

static void folders(void) {
    OK(__wasi_path_create_directory(dir, "sub"));
    MAKE(dir, "sub/file", "text");
    OK(try_open(dir, "sub", 0, DIRECTORY, 0, 0));
    OK(try_open(dir, "sub", 0, DIRECTORY, READ, 0));
    OK(try_open(dir, ".", 0, 0, 0, 0));
    OK(try_open(dir, ".", 0, 0, 0, __WASI_FDFLAGS_NONBLOCK));
    FAILS(ISDIR, try_open(dir, "sub", 0, DIRECTORY, READ | WRITE, 0));
    FAILS(ISDIR, try_open(dir, ".", 0, DIRECTORY, READ | WRITE, 0));
    FAILS(ISDIR, try_open(dir, "sub", 0, CREAT, READ, 0));
    FAILS(ISDIR, try_open(dir, "sub", 0, TRUNC, 0, 0));
    FAILS(EXIST, try_open(dir, "sub", 0, CREAT | EXCL, READ, 0));
    FAILS(NOTDIR, try_open(dir, "sub/file", 0, DIRECTORY, 0, 0));
    FAILS(NOTDIR, try_open(dir, "sub/file/x", 0, 0, 0, 0));
    FAILS(INVAL, try_open(dir, "new", 0, DIRECTORY | CREAT, 0, 0));
    FAILS(INVAL, try_open(dir, "sub", 0, DIRECTORY | TRUNC, 0, 0));
    // What is opened below a file.
    int file = OPEN(dir, "sub/file", 0, ALL & ~(READ | WRITE));
    FAILS(NOTDIR, try_open(file, "x", 0, CREAT, 0, 0));
    FAILS(BADF, try_open(9999, "x", 0, CREAT, 0, 0));
    FAILS(NOTDIR, try_open(1, "x", 0, 0, 0, 0));
    OK(__wasi_fd_close(file));
}

static void spellings(void) {
    OK(try_open(dir, "sub/../sub/.//file", 0, 0, READ, 0));
    OK(try_open(dir, "./sub/./../sub///./file", 0, 0, READ, 0));
    OK(try_open(dir, "sub/", 0, 0, 0, 0));
    OK(try_open(dir, "sub///", 0, DIRECTORY, 0, 0));
    FAILS(NOTDIR, try_open(dir, "sub/file/", 0, 0, READ, 0));
    FAILS(NOTDIR, try_open(dir, "sub/file///", 0, 0, READ, 0));
    FAILS(NOTDIR, try_open(dir, "sub/file/.", 0, 0, READ, 0));
    FAILS(NOTDIR, try_open(dir, "sub/file/..", 0, 0, READ, 0));
    FAILS(ISDIR, try_open(dir, "new/", 0, CREAT, WRITE, 0));
    FAILS(NOENT, try_open(dir, "", 0, 0, 0, 0));
    FAILS(PERM, try_open(dir, "/sub/file", 0, 0, READ, 0));
    FAILS(PERM, try_open(dir, "/", 0, 0, 0, 0));
    FAILS(PERM, try_open(dir, "sub/../../dir/sub/file", 0, 0, READ, 0));
    FAILS(PERM, try_open(dir, "../etc/passwd", 0, 0, READ, 0));
    int sub = OPEN(dir, "sub", DIRECTORY, ALL & ~(READ | WRITE));
    FAILS(PERM, try_open(sub, "..", 0, 0, 0, 0));
    FAILS(PERM, try_open(sub, "../sub/file", 0, 0, READ, 0));
    FAILS(PERM, try_open(sub, "../../etc/passwd", 0, 0, READ, 0));
    OK(__wasi_fd_close(sub));
    char long_name[300];
    memset(long_name, 'a', sizeof long_name);
    long_name[sizeof long_name - 1] = 0;
    FAILS(NAMETOOLONG, try_open(dir, long_name, 0, CREAT, WRITE, 0));
    OK(try_open(dir, "\xe6\x9f\xb4\xe7\x8a\xac", 0, CREAT, WRITE, 0));
    OK(__wasi_path_unlink_file(dir, "\xe6\x9f\xb4\xe7\x8a\xac"));
}

static void links(void) {
    OK(__wasi_path_symlink("sub", dir, "to-folder"));
    OK(__wasi_path_symlink("sub/file", dir, "to-file"));
    OK(__wasi_path_symlink("nothing", dir, "dangling"));
    OK(__wasi_path_symlink("loop", dir, "loop"));
    FAILS(LOOP, try_open(dir, "to-file", 0, 0, READ, 0));
    FAILS(LOOP, try_open(dir, "to-folder", 0, 0, 0, 0));
    FAILS(NOTDIR, try_open(dir, "to-folder", 0, DIRECTORY, 0, 0));
    FAILS(NOTDIR, try_open(dir, "to-file", 0, DIRECTORY, 0, 0));
    FAILS(LOOP, try_open(dir, "dangling", 0, 0, 0, 0));
    FAILS(NOTDIR, try_open(dir, "dangling", 0, DIRECTORY, 0, 0));
    FAILS(LOOP, try_open(dir, "loop", 0, 0, 0, 0));
    OK(try_open(dir, "to-file", FOLLOW, 0, READ, 0));
    OK(try_open(dir, "to-folder", FOLLOW, DIRECTORY, 0, 0));
    FAILS(NOTDIR, try_open(dir, "to-file", FOLLOW, DIRECTORY, 0, 0));
    FAILS(NOENT, try_open(dir, "dangling", FOLLOW, 0, READ, 0));
    FAILS(LOOP, try_open(dir, "loop", FOLLOW, 0, READ, 0));
    // Links on the way are followed in any case.
    OK(try_open(dir, "to-folder/file", 0, 0, READ, 0));
    FAILS(EXIST, try_open(dir, "dangling", 0, CREAT | EXCL, WRITE, 0));
    FAILS(EXIST, try_open(dir, "dangling", FOLLOW, CREAT | EXCL, WRITE, 0));
    OK(try_open(dir, "dangling", FOLLOW, CREAT, WRITE, 0));
    OK(__wasi_path_unlink_file(dir, "nothing"));
    // Links that lead out are not followed.
    OK(__wasi_path_symlink("../..", dir, "out"));
    FAILS(PERM, try_open(dir, "out/etc/passwd", FOLLOW, 0, READ, 0));
    FAILS(PERM, try_open(dir, "out", FOLLOW, DIRECTORY, 0, 0));
}

static void flags(void) {
    FAILS(INVAL, try_open(dir, "sub/file", 2, 0, READ, 0));
    FAILS(INVAL, try_open(dir, "sub/file", 0, 16, READ, 0));
    FAILS(INVAL, try_open(dir, "sub/file", 0, 0, READ, 32));
    int fd = open_at(dir, "sub/file", 0, 0, READ | WRITE, __WASI_FDFLAGS_APPEND | __WASI_FDFLAGS_SYNC, __LINE__);
    __wasi_fdstat_t stat;
    OK(__wasi_fd_fdstat_get(fd, &stat));
    CHECK(stat.fs_flags == (__WASI_FDFLAGS_APPEND | __WASI_FDFLAGS_SYNC));
    CHECK(stat.fs_filetype == __WASI_FILETYPE_REGULAR_FILE);
    OK(__wasi_fd_close(fd));
}

// The lowest free descriptor is given, and many can be open.
static void numbers(void) {
    int first = OPEN(dir, "sub/file", 0, READ);
    int second = OPEN(dir, "sub/file", 0, READ);
    CHECK(first > 2 && second == first + 1);
    OK(__wasi_fd_close(first));
    CHECK(OPEN(dir, "sub/file", 0, READ) == first);
    OK(__wasi_fd_close(first));
    OK(__wasi_fd_close(second));
    for (int i = 0; i < 2000; i++) {
        OK(try_open(dir, "sub/file", 0, 0, READ, 0));
    }
}

static void run(void) {
    create_and_truncate();
    folders();
    spellings();
    links();
    flags();
    numbers();
}
