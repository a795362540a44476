// Symbolic and hard links.

#include "check.h"

static void symbolic(void) {
    char text[20];
    size_t count;
    memset(text, '#', sizeof text);
    MAKE(dir, "target", "text");
    OK(__wasi_path_symlink("target", dir, "link"));
    OK(__wasi_path_readlink(dir, "link", (uint8_t *)text, 10, &count));
    CHECK(count == 6 && memcmp(text, "target####", 10) == 0);
    memset(text, '#', sizeof text);
    OK(__wasi_path_readlink(dir, "link", (uint8_t *)text, 4, &count));
    CHECK(count == 4 && memcmp(text, "targ##", 6) == 0);
    OK(__wasi_path_readlink(dir, "link", (uint8_t *)text, 0, &count));
    CHECK(count == 0);
    FAILS(INVAL, __wasi_path_readlink(dir, "target", (uint8_t *)text, 10, &count));
    FAILS(INVAL, __wasi_path_readlink(dir, ".", (uint8_t *)text, 10, &count));
    FAILS(NOENT, __wasi_path_readlink(dir, "nothing", (uint8_t *)text, 10, &count));
    FAILS(NOENT, __wasi_path_readlink(dir, "", (uint8_t *)text, 10, &count));
    FAILS(PERM, __wasi_path_readlink(dir, "/link", (uint8_t *)text, 10, &count));
    FAILS(BADF, __wasi_path_readlink(9999, "link", (uint8_t *)text, 10, &count));
    FAILS(NOTDIR, __wasi_path_readlink(1, "link", (uint8_t *)text, 10, &count));
    // Whatever it says, but nothing absolute.
    OK(__wasi_path_symlink("nothing/../at//all", dir, "strange"));
    OK(__wasi_path_readlink(dir, "strange", (uint8_t *)text, 20, &count));
    CHECK(count == 18 && memcmp(text, "nothing/../at//all", 18) == 0);
    FAILS(PERM, __wasi_path_symlink("/", dir, "absolute"));
    FAILS(PERM, __wasi_path_symlink("/etc/passwd", dir, "absolute"));
    FAILS(NOENT, __wasi_path_symlink("", dir, "empty"));
    FAILS(NOENT, __wasi_path_symlink("x", dir, ""));
    FAILS(EXIST, __wasi_path_symlink("x", dir, "link"));
    FAILS(EXIST, __wasi_path_symlink("x", dir, "target"));
    FAILS(PERM, __wasi_path_symlink("x", dir, "/new"));
    FAILS(BADF, __wasi_path_symlink("x", 9999, "new"));
    FAILS(NOTDIR, __wasi_path_symlink("x", 1, "new"));
    OK(__wasi_path_unlink_file(dir, "strange"));
}

// A slash at the end means a folder, which a new link is not.
static void slashes(void) {
    FAILS(NOENT, __wasi_path_symlink("x", dir, "new/"));
    OK(__wasi_path_create_directory(dir, "folder"));
    FAILS(EXIST, __wasi_path_symlink("x", dir, "folder/"));
    FAILS(EXIST, __wasi_path_symlink("x", dir, "folder"));
    FAILS(NOTDIR, __wasi_path_symlink("x", dir, "target/"));
    FAILS(NOENT, __wasi_path_link(dir, 0, "target", dir, "new/"));
    FAILS(NOTDIR, __wasi_path_link(dir, 0, "target/", dir, "new"));
    FAILS(EXIST, __wasi_path_link(dir, 0, "target", dir, "folder/"));
}

static void hard(void) {
    __wasi_filestat_t one, other;
    OK(__wasi_path_link(dir, 0, "target", dir, "second"));
    OK(__wasi_path_link(dir, FOLLOW, "target", dir, "folder/third"));
    OK(__wasi_path_filestat_get(dir, 0, "target", &one));
    OK(__wasi_path_filestat_get(dir, 0, "folder/third", &other));
    CHECK(one.dev == other.dev && one.ino == other.ino && one.nlink == 3 && other.nlink == 3);
    CHECK(one.size == other.size && one.mtim == other.mtim && one.ctim == other.ctim);
    OK(__wasi_path_unlink_file(dir, "folder/third"));
    OK(__wasi_path_unlink_file(dir, "second"));
    FAILS(EXIST, __wasi_path_link(dir, 0, "target", dir, "target"));
    FAILS(EXIST, __wasi_path_link(dir, 0, "target", dir, "link"));
    FAILS(EXIST, __wasi_path_link(dir, 0, "target", dir, "folder"));
    FAILS(PERM, __wasi_path_link(dir, 0, "folder", dir, "new"));
    FAILS(NOENT, __wasi_path_link(dir, 0, "nothing", dir, "new"));
    FAILS(NOENT, __wasi_path_link(dir, 0, "target", dir, "x/new"));
    FAILS(PERM, __wasi_path_link(dir, 0, "/target", dir, "new"));
    FAILS(PERM, __wasi_path_link(dir, 0, "target", dir, "/new"));
    FAILS(PERM, __wasi_path_link(dir, 0, "target", dir, "folder/../../new"));
    FAILS(BADF, __wasi_path_link(9999, 0, "target", dir, "new"));
    FAILS(BADF, __wasi_path_link(dir, 0, "target", 9999, "new"));
    FAILS(INVAL, __wasi_path_link(dir, 2, "target", dir, "new"));
    // A link itself gets a second name; to follow it is refused.
    OK(__wasi_path_symlink("nothing", dir, "dangling"));
    OK(__wasi_path_symlink("loop", dir, "loop"));
    OK(__wasi_path_link(dir, 0, "dangling", dir, "new"));
    OK(__wasi_path_filestat_get(dir, 0, "new", &one));
    CHECK(one.filetype == __WASI_FILETYPE_SYMBOLIC_LINK);
    OK(__wasi_path_unlink_file(dir, "new"));
    OK(__wasi_path_link(dir, 0, "loop", dir, "new"));
    OK(__wasi_path_unlink_file(dir, "new"));
    FAILS(INVAL, __wasi_path_link(dir, FOLLOW, "dangling", dir, "new"));
    FAILS(INVAL, __wasi_path_link(dir, FOLLOW, "link", dir, "new"));
    FAILS(EXIST, __wasi_path_link(dir, 0, "target", dir, "dangling"));
}

static void run(void) {
    symbolic();
    slashes();
    hard();
}
