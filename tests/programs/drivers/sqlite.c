// A minimal `sqlite3` command: opens the database named by the first argument, runs the SQL on standard input, and
// prints each row as its columns joined by `|`, as the real shell does in list mode.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "sqlite3.h"

static int print_row(void *unused, int count, char **values, char **names) {
  (void)unused;
  (void)names;
  for (int i = 0; i < count; i++) printf("%s%s", i ? "|" : "", values[i] ? values[i] : "");
  putchar('\n');
  return 0;
}

static char *read_all(FILE *file) {
  size_t length = 0, room = 1 << 16;
  char *text = malloc(room);
  while (text != NULL) {
    size_t got = fread(text + length, 1, room - length - 1, file);
    length += got;
    if (got == 0) break;
    if (room - length < 2) text = realloc(text, room *= 2);
  }
  if (text != NULL) text[length] = 0;
  return text;
}

int main(int argc, char **argv) {
  sqlite3 *db;
  char *error = NULL, *sql = read_all(stdin);
  if (argc != 2 || sql == NULL) return 2;
  if (sqlite3_open(argv[1], &db) != SQLITE_OK) {
    fprintf(stderr, "cannot open %s: %s\n", argv[1], sqlite3_errmsg(db));
    return 1;
  }
  if (sqlite3_exec(db, sql, print_row, NULL, &error) != SQLITE_OK) {
    fprintf(stderr, "error: %s\n", error);
    return 1;
  }
  free(sql);
  return sqlite3_close(db) == SQLITE_OK ? 0 : 1;
}
