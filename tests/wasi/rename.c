// `path_rename`: files, folders, links, what is there already, and slashes.

#include "check.h"

static int kind(const char *path) {
    __wasi_filestat_t stat;
    return __wasi_path_filestat_get(dir, 0, path, &stat) == 0 ? stat.filetype : -1;
}

static void folders(void) {
    OK(__wasi_path_create_directory(dir, "source"));
    OK(__wasi_path_rename(dir, "source", dir, "target"));
    FAILS(NOENT, try_open(dir, "source", 0, __WASI_OFLAGS_DIRECTORY, 0, 0));
    OK(try_open(dir, "target", 0, __WASI_OFLAGS_DIRECTORY, 0, 0));
    // Onto an empty folder, not onto a full one, nor a file.
    OK(__wasi_path_create_directory(dir, "source"));
    OK(__wasi_path_rename(dir, "source", dir, "target"));
    OK(__wasi_path_create_directory(dir, "source"));
    MAKE(dir, "target/file", "");
    FAILS(NOTEMPTY, __wasi_path_rename(dir, "source", dir, "target"));
    FAILS(NOTDIR, __wasi_path_rename(dir, "source", dir, "target/file"));
    FAILS(INVAL, __wasi_path_rename(dir, "target", dir, "target/below"));
    OK(__wasi_path_unlink_file(dir, "target/file"));
    OK(__wasi_path_remove_directory(dir, "target"));
    // With slashes, wherever they are.
    OK(__wasi_path_rename(dir, "source/", dir, "target"));
    OK(__wasi_path_rename(dir, "target", dir, "source/"));
    OK(__wasi_path_rename(dir, "source/", dir, "target/"));
    OK(__wasi_path_rename(dir, "target", dir, "source"));
    OK(__wasi_path_remove_directory(dir, "source"));
}

static void files(void) {
    MAKE(dir, "source", "one");
    OK(__wasi_path_rename(dir, "source", dir, "target"));
    CHECK(kind("source") == -1 && kind("target") == __WASI_FILETYPE_REGULAR_FILE);
    MAKE(dir, "source", "other");
    OK(__wasi_path_rename(dir, "source", dir, "target"));
    __wasi_filestat_t stat;
    OK(__wasi_path_filestat_get(dir, 0, "target", &stat));
    CHECK(stat.size == 5);
    // Onto itself nothing happens.
    OK(__wasi_path_rename(dir, "target", dir, "target"));
    OK(__wasi_path_create_directory(dir, "folder"));
    FAILS(ISDIR, __wasi_path_rename(dir, "target", dir, "folder"));
    FAILS(NOTDIR, __wasi_path_rename(dir, "target/", dir, "new"));
    FAILS(NOTDIR, __wasi_path_rename(dir, "target", dir, "new/"));
    int folder = OPEN(dir, "folder", __WASI_OFLAGS_DIRECTORY, ALL & ~(READ | WRITE));
    OK(__wasi_path_rename(dir, "target", folder, "moved"));
    CHECK(kind("folder/moved") == __WASI_FILETYPE_REGULAR_FILE);
    OK(__wasi_path_rename(folder, "moved", dir, "target"));
    OK(__wasi_fd_close(folder));
}

static void links(void) {
    OK(__wasi_path_symlink("target", dir, "link"));
    OK(__wasi_path_rename(dir, "link", dir, "moved"));
    CHECK(kind("moved") == __WASI_FILETYPE_SYMBOLIC_LINK);
    OK(__wasi_path_rename(dir, "target", dir, "moved"));
    CHECK(kind("moved") == __WASI_FILETYPE_REGULAR_FILE);
    OK(__wasi_path_rename(dir, "moved", dir, "target"));
}

static void mistakes(void) {
    FAILS(NOENT, __wasi_path_rename(dir, "nothing", dir, "new"));
    FAILS(NOENT, __wasi_path_rename(dir, "target", dir, "nothing/new"));
    FAILS(NOENT, __wasi_path_rename(dir, "", dir, "new"));
    FAILS(NOENT, __wasi_path_rename(dir, "target", dir, ""));
    FAILS(PERM, __wasi_path_rename(dir, "/target", dir, "new"));
    FAILS(PERM, __wasi_path_rename(dir, "target", dir, "/new"));
    FAILS(PERM, __wasi_path_rename(dir, "target", dir, "folder/../../new"));
    FAILS(BADF, __wasi_path_rename(9999, "target", dir, "new"));
    FAILS(BADF, __wasi_path_rename(dir, "target", 9999, "new"));
    FAILS(NOTDIR, __wasi_path_rename(1, "target", dir, "new"));
    FAILS(NOTDIR, __wasi_path_rename(dir, "target", 1, "new"));
    FAILS(NOTDIR, __wasi_path_rename(dir, "target", dir, "target/x"));
}

static void run(void) {
    folders();
    files();
    links();
    mistakes();
}
