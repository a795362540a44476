// Owner and permission calls that WASI has no notion of, so that command-line programs written for POSIX compile
// unchanged (`-include posix.h`). They report success: these programs only copy a file's owner to its result.
#pragma once
#include <sys/types.h>
#include <sys/stat.h>
static inline int chown(const char *path, uid_t owner, gid_t group) { (void)path; (void)owner; (void)group; return 0; }
static inline int fchown(int file, uid_t owner, gid_t group) { (void)file; (void)owner; (void)group; return 0; }
#define fchmod(file, mode) 0
#define chmod(path, mode) 0
