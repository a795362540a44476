// What is told of files, by path and by descriptor, and setting their times.

#include "check.h"

static __wasi_filestat_t of(const char *path, int lookup) {
    __wasi_filestat_t stat = {0};
    OK(__wasi_path_filestat_get(dir, lookup, path, &stat));
    return stat;
}

static void telling(void) {
    MAKE(dir, "file", "0123456789");
    MAKE(dir, "other", "");
    OK(__wasi_path_create_directory(dir, "folder"));
    OK(__wasi_path_symlink("file", dir, "link"));
    OK(__wasi_path_symlink("folder", dir, "to-folder"));
    __wasi_filestat_t stat = of("file", 0);
    CHECK(stat.filetype == __WASI_FILETYPE_REGULAR_FILE && stat.size == 10 && stat.nlink == 1);
    CHECK(stat.ino != of("other", 0).ino && stat.dev == of("other", 0).dev);
    CHECK(stat.mtim > 1500000000ull * 1000000000 && stat.ctim >= stat.mtim);
    int fd = OPEN(dir, "file", 0, ALL);
    __wasi_filestat_t same;
    OK(__wasi_fd_filestat_get(fd, &same));
    CHECK(memcmp(&stat, &same, sizeof stat) == 0);
    OK(__wasi_fd_close(fd));
    CHECK(of("folder", 0).filetype == __WASI_FILETYPE_DIRECTORY);
    CHECK(of("folder/", 0).ino == of("folder", FOLLOW).ino);
    CHECK(of("link", 0).filetype == __WASI_FILETYPE_SYMBOLIC_LINK);
    CHECK(of("link", FOLLOW).ino == stat.ino);
    CHECK(of("to-folder", 0).filetype == __WASI_FILETYPE_SYMBOLIC_LINK);
    CHECK(of("to-folder", FOLLOW).filetype == __WASI_FILETYPE_DIRECTORY);
    __wasi_filestat_t here;
    OK(__wasi_fd_filestat_get(dir, &here));
    CHECK(here.ino == of(".", 0).ino && here.filetype == __WASI_FILETYPE_DIRECTORY);
    // Standard streams have a status, too.
    for (int stream = 0; stream < 3; stream++) {
        OK(__wasi_fd_filestat_get(stream, &here));
    }
}

static void mistakes(void) {
    __wasi_filestat_t stat;
    FAILS(NOENT, __wasi_path_filestat_get(dir, 0, "nothing", &stat));
    FAILS(NOENT, __wasi_path_filestat_get(dir, 0, "", &stat));
    FAILS(NOTDIR, __wasi_path_filestat_get(dir, 0, "file/", &stat));
    FAILS(NOTDIR, __wasi_path_filestat_get(dir, 0, "file/x", &stat));
    FAILS(PERM, __wasi_path_filestat_get(dir, 0, "/file", &stat));
    FAILS(PERM, __wasi_path_filestat_get(dir, 0, "folder/../../x", &stat));
    FAILS(INVAL, __wasi_path_filestat_get(dir, 4, "file", &stat));
    FAILS(BADF, __wasi_path_filestat_get(9999, 0, "file", &stat));
    FAILS(NOTDIR, __wasi_path_filestat_get(1, 0, "file", &stat));
    FAILS(BADF, __wasi_fd_filestat_get(9999, &stat));
    OK(__wasi_path_symlink("loop", dir, "loop"));
    FAILS(LOOP, __wasi_path_filestat_get(dir, FOLLOW, "loop", &stat));
    OK(__wasi_path_symlink("nothing", dir, "dangling"));
    FAILS(NOENT, __wasi_path_filestat_get(dir, FOLLOW, "dangling", &stat));
    OK(__wasi_path_filestat_get(dir, 0, "dangling", &stat));
}

enum {
    ATIM = __WASI_FSTFLAGS_ATIM,
    ATIM_NOW = __WASI_FSTFLAGS_ATIM_NOW,
    MTIM = __WASI_FSTFLAGS_MTIM,
    MTIM_NOW = __WASI_FSTFLAGS_MTIM_NOW,
};

static void times(void) {
    __wasi_filestat_t before = of("file", 0);
    OK(__wasi_path_filestat_set_times(dir, 0, "file", 123456789, before.mtim - 100, ATIM | MTIM));
    CHECK(of("file", 0).atim == 123456789 && of("file", 0).mtim == before.mtim - 100);
    OK(__wasi_path_filestat_set_times(dir, 0, "file", 5, 1000, MTIM));
    CHECK(of("file", 0).atim == 123456789 && of("file", 0).mtim == 1000);
    OK(__wasi_path_filestat_set_times(dir, 0, "file", 0, 0, 0));
    CHECK(of("file", 0).mtim == 1000);
    FAILS(INVAL, __wasi_path_filestat_set_times(dir, 0, "file", 1, 1, MTIM | MTIM_NOW));
    FAILS(INVAL, __wasi_path_filestat_set_times(dir, 0, "file", 1, 1, ATIM | ATIM_NOW));
    FAILS(INVAL, __wasi_path_filestat_set_times(dir, 0, "file", 1, 1, 16));
    CHECK(of("file", 0).mtim == 1000 && of("file", 0).atim == 123456789);
    OK(__wasi_path_filestat_set_times(dir, 0, "file", 0, 0, MTIM_NOW));
    CHECK(of("file", 0).mtim >= before.mtim && of("file", 0).atim == 123456789);
    FAILS(NOENT, __wasi_path_filestat_set_times(dir, 0, "nothing", 0, 0, MTIM_NOW));
    FAILS(BADF, __wasi_path_filestat_set_times(9999, 0, "file", 0, 0, MTIM_NOW));
    FAILS(PERM, __wasi_path_filestat_set_times(dir, 0, "/file", 0, 0, MTIM_NOW));
}

static void times_of_links(void) {
    __wasi_filestat_t file = of("file", 0);
    OK(__wasi_path_filestat_set_times(dir, 0, "link", 0, 77, MTIM));
    CHECK(of("link", 0).mtim == 77 && of("file", 0).mtim == file.mtim);
    CHECK(of("link", FOLLOW).mtim == file.mtim);
    OK(__wasi_path_filestat_set_times(dir, FOLLOW, "link", 0, 88, MTIM));
    CHECK(of("link", 0).mtim == 77 && of("file", 0).mtim == 88);
}

static void times_of_descriptors(void) {
    int fd = OPEN(dir, "file", 0, ALL);
    __wasi_filestat_t stat;
    OK(__wasi_fd_filestat_set_times(fd, 11, 22, ATIM | MTIM));
    OK(__wasi_fd_filestat_get(fd, &stat));
    CHECK(stat.atim == 11 && stat.mtim == 22);
    OK(__wasi_fd_filestat_set_times(fd, 0, 0, ATIM_NOW));
    OK(__wasi_fd_filestat_get(fd, &stat));
    CHECK(stat.atim > 22 && stat.mtim == 22);
    FAILS(INVAL, __wasi_fd_filestat_set_times(fd, 1, 1, ATIM | ATIM_NOW));
    FAILS(INVAL, __wasi_fd_filestat_set_times(fd, 1, 1, MTIM | MTIM_NOW));
    FAILS(INVAL, __wasi_fd_filestat_set_times(fd, 1, 1, 0x100));
    FAILS(BADF, __wasi_fd_filestat_set_times(9999, 1, 1, MTIM));
    OK(__wasi_fd_close(fd));
    OK(__wasi_fd_filestat_set_times(dir, 0, 33, MTIM));
    OK(__wasi_fd_filestat_get(dir, &stat));
    CHECK(stat.mtim == 33);
}

static void run(void) {
    telling();
    mistakes();
    times();
    times_of_links();
    times_of_descriptors();
}
