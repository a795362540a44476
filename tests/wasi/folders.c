// Folders: making, removing, and reading their entries.

#include "check.h"

static int folder;

typedef struct {
    __wasi_dirent_t head;
    char name[256];
} Entry;

// Takes the whole entries out of what `fd_readdir` gave.
static size_t entries(const uint8_t *buffer, size_t used, Entry *to, size_t room) {
    size_t count = 0;
    while (used >= sizeof(__wasi_dirent_t) && count < room) {
        memcpy(&to[count].head, buffer, sizeof(__wasi_dirent_t));
        size_t whole = sizeof(__wasi_dirent_t) + to[count].head.d_namlen;
        if (used < whole) {
            break;
        }
        memcpy(to[count].name, buffer + sizeof(__wasi_dirent_t), to[count].head.d_namlen);
        to[count].name[to[count].head.d_namlen] = 0;
        buffer += whole;
        used -= whole;
        count += 1;
    }
    return count;
}

static size_t read_from(__wasi_dircookie_t cookie, size_t size, Entry *to, size_t room, bool *end) {
    static uint8_t buffer[70000];
    size_t used = 0;
    OK(__wasi_fd_readdir(folder, buffer, size, cookie, &used));
    CHECK(used <= size);
    *end = used < size;
    return entries(buffer, used, to, room);
}

static Entry *named(Entry *all, size_t count, const char *name) {
    for (size_t i = 0; i < count; i++) {
        if (strcmp(all[i].name, name) == 0) {
            return &all[i];
        }
    }
    fprintf(stderr, "no entry `%s`\n", name);
    failures += 1;
    return &all[0];
}

static void few(void) {
    Entry all[10];
    bool end;
    __wasi_filestat_t stat, file;
    OK(__wasi_fd_filestat_get(folder, &stat));
    CHECK(read_from(0, 256, all, 10, &end) == 2 && end);
    Entry *self = named(all, 2, ".");
    CHECK(self->head.d_ino == stat.ino && self->head.d_type == __WASI_FILETYPE_DIRECTORY);
    CHECK(named(all, 2, "..")->head.d_type == __WASI_FILETYPE_DIRECTORY);

    MAKE(folder, "file", "text");
    OK(__wasi_path_create_directory(folder, "sub"));
    OK(__wasi_path_symlink("file", folder, "link"));
    OK(__wasi_path_filestat_get(folder, 0, "file", &file));
    size_t count = read_from(0, 1000, all, 10, &end);
    CHECK(count == 5 && end);
    CHECK(named(all, count, "file")->head.d_ino == file.ino);
    CHECK(named(all, count, "file")->head.d_type == __WASI_FILETYPE_REGULAR_FILE);
    CHECK(named(all, count, "sub")->head.d_type == __WASI_FILETYPE_DIRECTORY);
    CHECK(named(all, count, "link")->head.d_type == __WASI_FILETYPE_SYMBOLIC_LINK);
    // A cookie leads behind its entry, any time.
    for (size_t i = 0; i < count; i++) {
        Entry rest[10];
        CHECK(read_from(all[i].head.d_next, 1000, rest, 10, &end) == count - 1 - i && end);
        CHECK(i + 1 == count || strcmp(rest[0].name, all[i + 1].name) == 0);
    }
    // An entry that does not fit is cut, and the buffer is full.
    size_t first = sizeof(__wasi_dirent_t) + all[0].head.d_namlen;
    for (size_t size = 1; size < first; size++) {
        CHECK(read_from(0, size, all, 10, &end) == 0 && !end);
    }
    CHECK(read_from(0, first, all, 10, &end) == 1 && !end);
    OK(__wasi_path_unlink_file(folder, "file"));
    OK(__wasi_path_unlink_file(folder, "link"));
    OK(__wasi_path_remove_directory(folder, "sub"));
}

static void many(void) {
    enum { COUNT = 700 };
    static bool seen[COUNT];
    for (int i = 0; i < COUNT; i++) {
        char name[30];
        snprintf(name, sizeof name, "entry-%d", i);
        OK(try_open(folder, name, 0, __WASI_OFLAGS_CREAT, 0, 0));
    }
    size_t total = 0;
    __wasi_dircookie_t cookie = 0;
    for (bool end = false; !end;) {
        Entry some[20];
        size_t count = read_from(cookie, 256, some, 20, &end);
        CHECK(count > 0 || end);
        for (size_t i = 0; i < count; i++) {
            int number;
            if (sscanf(some[i].name, "entry-%d", &number) == 1) {
                CHECK(!seen[number]);
                seen[number] = true;
            }
            cookie = some[i].head.d_next;
        }
        total += count;
    }
    CHECK(total == COUNT + 2);
    for (int i = 0; i < COUNT; i++) {
        char name[30];
        snprintf(name, sizeof name, "entry-%d", i);
        CHECK(seen[i]);
        OK(__wasi_path_unlink_file(folder, name));
    }
}

static void mistakes(void) {
    uint8_t buffer[100];
    size_t used;
    FAILS(BADF, __wasi_fd_readdir(9999, buffer, 100, 0, &used));
    MAKE(dir, "file", "");
    int file = OPEN(dir, "file", 0, ALL);
    FAILS(NOTDIR, __wasi_fd_readdir(file, buffer, 100, 0, &used));
    OK(__wasi_fd_close(file));
    FAILS(NOTDIR, __wasi_fd_readdir(1, buffer, 100, 0, &used));
}

static void making_and_removing(void) {
    OK(__wasi_path_create_directory(dir, "a"));
    FAILS(EXIST, __wasi_path_create_directory(dir, "a"));
    FAILS(EXIST, __wasi_path_create_directory(dir, "a/"));
    FAILS(EXIST, __wasi_path_create_directory(dir, "file"));
    FAILS(NOENT, __wasi_path_create_directory(dir, "x/y"));
    FAILS(NOTDIR, __wasi_path_create_directory(dir, "file/y"));
    FAILS(NOENT, __wasi_path_create_directory(dir, ""));
    FAILS(PERM, __wasi_path_create_directory(dir, "/a"));
    FAILS(PERM, __wasi_path_create_directory(dir, "a/../../x"));
    FAILS(BADF, __wasi_path_create_directory(9999, "x"));
    FAILS(NOTDIR, __wasi_path_create_directory(1, "x"));
    OK(__wasi_path_create_directory(dir, "a/b/"));
    FAILS(NOTEMPTY, __wasi_path_remove_directory(dir, "a"));
    OK(__wasi_path_remove_directory(dir, "a/b/"));
    OK(__wasi_path_remove_directory(dir, "a"));
    FAILS(NOENT, __wasi_path_remove_directory(dir, "a"));
    FAILS(NOTDIR, __wasi_path_remove_directory(dir, "file"));
    FAILS(NOTDIR, __wasi_path_remove_directory(dir, "file/"));
    FAILS(PERM, __wasi_path_remove_directory(dir, "/a"));
    FAILS(BADF, __wasi_path_remove_directory(9999, "x"));
    OK(__wasi_path_create_directory(dir, "a"));
    OK(__wasi_path_symlink("a", dir, "to-a"));
    FAILS(NOTDIR, __wasi_path_remove_directory(dir, "to-a"));
    // A file's name is removed by another function.
    FAILS(ISDIR, __wasi_path_unlink_file(dir, "a"));
    FAILS(ISDIR, __wasi_path_unlink_file(dir, "a/"));
    FAILS(NOTDIR, __wasi_path_unlink_file(dir, "file/"));
    FAILS(NOENT, __wasi_path_unlink_file(dir, "nothing"));
    FAILS(NOENT, __wasi_path_unlink_file(dir, ""));
    FAILS(PERM, __wasi_path_unlink_file(dir, "/file"));
    FAILS(BADF, __wasi_path_unlink_file(9999, "file"));
    OK(__wasi_path_unlink_file(dir, "to-a"));
    OK(__wasi_path_unlink_file(dir, "file"));
    OK(__wasi_path_remove_directory(dir, "a"));
    // A folder that is open can go.
    OK(__wasi_path_create_directory(dir, "open"));
    int fd = OPEN(dir, "open", __WASI_OFLAGS_DIRECTORY, ALL & ~(READ | WRITE));
    OK(__wasi_path_remove_directory(dir, "open"));
    FAILS(NOENT, try_open(fd, "x", 0, __WASI_OFLAGS_CREAT, WRITE, 0));
    OK(__wasi_fd_close(fd));
    OK(__wasi_path_create_directory(dir, "open"));
}

// What is for files only.
static void not_files(void) {
    uint8_t bytes[10] = {0};
    __wasi_iovec_t in = {bytes, 10};
    __wasi_ciovec_t out = {bytes, 10};
    size_t count;
    __wasi_filesize_t position;
    int fd = OPEN(dir, "folder", __WASI_OFLAGS_DIRECTORY, R(FD_SEEK) | R(FD_TELL) | R(FD_FILESTAT_GET));
    __wasi_fdstat_t stat;
    OK(__wasi_fd_fdstat_get(fd, &stat));
    CHECK((stat.fs_rights_base & POSITION) == 0);
    FAILS(ISDIR, __wasi_fd_read(fd, &in, 1, &count));
    FAILS(ISDIR, __wasi_fd_pread(fd, &in, 1, 0, &count));
    FAILS(ISDIR, __wasi_fd_write(fd, &out, 1, &count));
    FAILS(ISDIR, __wasi_fd_pwrite(fd, &out, 1, 0, &count));
    for (int whence = 0; whence < 3; whence++) {
        FAILS(BADF, __wasi_fd_seek(fd, 0, whence, &position));
    }
    FAILS(BADF, __wasi_fd_tell(fd, &position));
    FAILS(BADF, __wasi_fd_allocate(fd, 0, 1));
    FAILS(BADF, __wasi_fd_advise(fd, 0, 1, __WASI_ADVICE_NORMAL));
    FAILS(BADF, __wasi_fd_filestat_set_size(fd, 0));
    OK(__wasi_fd_close(fd));
    OK(__wasi_fd_sync(folder));
    OK(__wasi_fd_datasync(folder));
}

static void run(void) {
    OK(__wasi_path_create_directory(dir, "folder"));
    folder = OPEN(dir, "folder", __WASI_OFLAGS_DIRECTORY, ALL & ~(READ | WRITE));
    few();
    many();
    mistakes();
    making_and_removing();
    not_files();
    OK(__wasi_fd_close(folder));
    OK(__wasi_path_remove_directory(dir, "folder"));
}
