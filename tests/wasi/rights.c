// Rights: what a descriptor is given, what it passes on, and what was given up.

#include "check.h"

static __wasi_fdstat_t fdstat(int fd) {
    __wasi_fdstat_t stat = {0};
    OK(__wasi_fd_fdstat_get(fd, &stat));
    return stat;
}

// What start-up code and C libraries rely on.
static void preopened(void) {
    __wasi_rights_t base = R(PATH_CREATE_DIRECTORY) | R(PATH_CREATE_FILE) | R(PATH_LINK_SOURCE) | R(PATH_LINK_TARGET) |
                           R(PATH_OPEN) | R(FD_READDIR) | R(PATH_READLINK) | R(PATH_RENAME_SOURCE) |
                           R(PATH_RENAME_TARGET) | R(PATH_SYMLINK) | R(PATH_REMOVE_DIRECTORY) | R(PATH_UNLINK_FILE) |
                           R(PATH_FILESTAT_GET) | R(PATH_FILESTAT_SET_TIMES) | R(FD_FILESTAT_GET) |
                           R(FD_FILESTAT_SET_TIMES);
    __wasi_rights_t inheriting = base | R(FD_DATASYNC) | READ | POSITION | R(FD_FDSTAT_SET_FLAGS) | R(FD_SYNC) | WRITE |
                                 R(FD_ADVISE) | R(FD_ALLOCATE) | R(FD_FILESTAT_SET_SIZE) | R(POLL_FD_READWRITE);
    __wasi_fdstat_t stat = fdstat(dir);
    CHECK(stat.fs_filetype == __WASI_FILETYPE_DIRECTORY);
    CHECK(stat.fs_flags == 0);
    CHECK((stat.fs_rights_base & base) == base);
    CHECK((stat.fs_rights_base & (READ | WRITE | POSITION | R(FD_FILESTAT_SET_SIZE))) == 0);
    CHECK((stat.fs_rights_inheriting & inheriting) == inheriting);
    __wasi_fd_t again;
    OK(__wasi_path_open(dir, 0, ".", 0, stat.fs_rights_base, stat.fs_rights_inheriting, 0, &again));
    CHECK(fdstat(again).fs_rights_base == stat.fs_rights_base);
    CHECK(fdstat(again).fs_rights_inheriting == stat.fs_rights_inheriting);
    OK(__wasi_fd_close(again));
}

static void reading_and_writing(void) {
    MAKE(dir, "file", "text");
    size_t count;
    char text[10];
    int fd = OPEN(dir, "file", 0, READ);
    CHECK(fdstat(fd).fs_rights_base == READ);
    OK(read_text(fd, text, sizeof text, &count));
    CHECK(strcmp(text, "text") == 0);
    FAILS(BADF, write_text(fd, "x", &count));
    OK(__wasi_fd_close(fd));
    fd = OPEN(dir, "file", 0, WRITE);
    CHECK(fdstat(fd).fs_rights_base == WRITE);
    FAILS(BADF, read_text(fd, text, sizeof text, &count));
    OK(write_text(fd, "TE", &count));
    OK(__wasi_fd_close(fd));
    // Neither.
    fd = OPEN(dir, "file", 0, 0);
    CHECK(fdstat(fd).fs_rights_base == 0);
    FAILS(BADF, read_text(fd, text, sizeof text, &count));
    FAILS(BADF, write_text(fd, "x", &count));
    __wasi_filesize_t position;
    __wasi_filestat_t stat;
    FAILS(NOTCAPABLE, __wasi_fd_seek(fd, 1, __WASI_WHENCE_SET, &position));
    FAILS(NOTCAPABLE, __wasi_fd_tell(fd, &position));
    FAILS(NOTCAPABLE, __wasi_fd_filestat_get(fd, &stat));
    FAILS(NOTCAPABLE, __wasi_fd_filestat_set_size(fd, 1));
    FAILS(NOTCAPABLE, __wasi_fd_filestat_set_times(fd, 0, 0, 0));
    FAILS(NOTCAPABLE, __wasi_fd_allocate(fd, 0, 1));
    FAILS(NOTCAPABLE, __wasi_fd_advise(fd, 0, 1, __WASI_ADVICE_NORMAL));
    FAILS(NOTCAPABLE, __wasi_fd_sync(fd));
    FAILS(NOTCAPABLE, __wasi_fd_datasync(fd));
    FAILS(NOTCAPABLE, __wasi_fd_fdstat_set_flags(fd, 0));
    OK(__wasi_fd_close(fd));
    // To seek includes to tell.
    fd = OPEN(dir, "file", 0, R(FD_SEEK));
    OK(__wasi_fd_tell(fd, &position));
    OK(__wasi_fd_close(fd));
    fd = OPEN(dir, "file", 0, R(FD_TELL));
    OK(__wasi_fd_seek(fd, 0, __WASI_WHENCE_CUR, &position));
    FAILS(NOTCAPABLE, __wasi_fd_seek(fd, 0, __WASI_WHENCE_SET, &position));
    OK(__wasi_fd_close(fd));
}

static void giving_up(void) {
    size_t count;
    char text[10];
    int fd = OPEN(dir, "file", 0, READ | WRITE | POSITION);
    __wasi_rights_t inheriting = fdstat(fd).fs_rights_inheriting;
    OK(__wasi_fd_fdstat_set_rights(fd, POSITION, inheriting));
    CHECK(fdstat(fd).fs_rights_base == POSITION);
    FAILS(BADF, read_text(fd, text, sizeof text, &count));
    FAILS(BADF, write_text(fd, "x", &count));
    FAILS(NOTCAPABLE, __wasi_fd_fdstat_set_rights(fd, POSITION | READ, inheriting));
    FAILS(NOTCAPABLE, __wasi_fd_fdstat_set_rights(fd, ~0ull, inheriting));
    CHECK(fdstat(fd).fs_rights_base == POSITION);
    OK(__wasi_fd_close(fd));
    FAILS(BADF, __wasi_fd_fdstat_set_rights(9999, 0, 0));
}

static void folders_pass_on(void) {
    __wasi_fd_t sub;
    OK(__wasi_path_create_directory(dir, "sub"));
    MAKE(dir, "sub/file", "text");
    __wasi_rights_t base = R(PATH_OPEN) | R(PATH_FILESTAT_SET_SIZE);
    OK(__wasi_path_open(dir, 0, "sub", __WASI_OFLAGS_DIRECTORY, base, READ, 0, &sub));
    CHECK(fdstat(sub).fs_rights_base == base);
    CHECK(fdstat(sub).fs_rights_inheriting == READ);
    int fd = OPEN(sub, "file", 0, READ | R(FD_FILESTAT_GET));
    CHECK(fdstat(fd).fs_rights_base == READ);
    OK(__wasi_fd_close(fd));
    FAILS(NOTCAPABLE, try_open(sub, "file", 0, 0, WRITE, 0));
    FAILS(NOTCAPABLE, try_open(sub, "new", 0, __WASI_OFLAGS_CREAT, 0, 0));
    // To cut a file is the folder's right, not the file's.
    OK(try_open(sub, "file", 0, __WASI_OFLAGS_TRUNC, 0, 0));
    OK(__wasi_fd_fdstat_set_rights(sub, R(PATH_OPEN), READ));
    FAILS(NOTCAPABLE, try_open(sub, "file", 0, __WASI_OFLAGS_TRUNC, 0, 0));
    OK(__wasi_fd_fdstat_set_rights(sub, 0, 0));
    FAILS(NOTCAPABLE, try_open(sub, "file", 0, 0, 0, 0));
    FAILS(NOTCAPABLE, __wasi_path_create_directory(sub, "x"));
    FAILS(NOTCAPABLE, __wasi_path_remove_directory(sub, "x"));
    FAILS(NOTCAPABLE, __wasi_path_unlink_file(sub, "file"));
    FAILS(NOTCAPABLE, __wasi_path_symlink("x", sub, "y"));
    FAILS(NOTCAPABLE, __wasi_path_rename(sub, "file", dir, "y"));
    FAILS(NOTCAPABLE, __wasi_path_rename(dir, "file", sub, "y"));
    FAILS(NOTCAPABLE, __wasi_path_link(sub, 0, "file", dir, "y"));
    FAILS(NOTCAPABLE, __wasi_path_link(dir, 0, "file", sub, "y"));
    __wasi_filestat_t stat;
    char text[10];
    size_t count;
    FAILS(NOTCAPABLE, __wasi_path_filestat_get(sub, 0, "file", &stat));
    FAILS(NOTCAPABLE, __wasi_path_filestat_set_times(sub, 0, "file", 0, 0, 0));
    FAILS(NOTCAPABLE, __wasi_path_readlink(sub, "file", (uint8_t *)text, sizeof text, &count));
    FAILS(NOTCAPABLE, __wasi_fd_readdir(sub, (uint8_t *)text, sizeof text, 0, &count));
    OK(__wasi_fd_close(sub));
}

static void run(void) {
    preopened();
    reading_and_writing();
    giving_up();
    folders_pass_on();
}
