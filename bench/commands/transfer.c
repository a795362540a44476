// Moves bytes by calls of the system, without a library's buffers: how much a call and a byte of WASI cost.
//
//   write FILE MEBIBYTES CHUNK    read FILE CHUNK    files FOLDER COUNT        FILE may be `-`
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void need(int holds, const char *what) {
    if (!holds) {
        perror(what);
        exit(1);
    }
}

static int opened(const char *name, int flags, int standard) {
    if (strcmp(name, "-") == 0) return standard;
    int file = open(name, flags, 0644);
    need(file >= 0, name);
    return file;
}

static void write_all(const char *name, long mebibytes, size_t chunk) {
    char *bytes = malloc(chunk);
    memset(bytes, 'x', chunk);
    int file = opened(name, O_WRONLY | O_CREAT | O_TRUNC, 1);
    for (long long left = (long long)mebibytes << 20; left > 0; left -= (long long)chunk)
        need(write(file, bytes, chunk) == (ssize_t)chunk, "write");
    if (file != 1) need(close(file) == 0, "close");
}

static void read_all(const char *name, size_t chunk) {
    char *bytes = malloc(chunk);
    int file = opened(name, O_RDONLY, 0);
    long long total = 0;
    for (;;) {
        ssize_t count = read(file, bytes, chunk);
        need(count >= 0, "read");
        if (count == 0) break;
        total += count;
    }
    printf("%lld\n", total);
}

// Writes many small files (which are there from the second time on), lists them, looks at each and reads it.
static void files(const char *folder, long count) {
    char name[256], text[256];
    for (long i = 0; i < count; i++) {
        snprintf(name, sizeof name, "%s/file-%ld", folder, i);
        int file = open(name, O_WRONLY | O_CREAT, 0644);
        need(file >= 0, name);
        need(write(file, name, strlen(name)) > 0, "write");
        close(file);
    }
    long found = 0;
    DIR *all = opendir(folder);
    need(all != NULL, folder);
    for (struct dirent *entry; (entry = readdir(all)) != NULL;) {
        if (strncmp(entry->d_name, "file-", 5) != 0) continue;
        struct stat about;
        snprintf(name, sizeof name, "%s/%s", folder, entry->d_name);
        need(stat(name, &about) == 0, name);
        int file = open(name, O_RDONLY);
        need(read(file, text, sizeof text) == about.st_size, name);
        close(file);
        found++;
    }
    closedir(all);
    printf("%ld\n", found);
}

int main(int argc, char **argv) {
    if (argc == 5 && strcmp(argv[1], "write") == 0) write_all(argv[2], atol(argv[3]), atol(argv[4]));
    else if (argc == 4 && strcmp(argv[1], "read") == 0) read_all(argv[2], atol(argv[3]));
    else if (argc == 4 && strcmp(argv[1], "files") == 0) files(argv[2], atol(argv[3]));
    else return 2;
    return 0;
}
