/* SQLite (by D. Richard Hipp, from the crate `libsqlite3-sys`) on a database in memory: n rows inserted, indexed, then
 * queried by key, by range, with a join, an aggregate and an update. Its file system is one that has no files. */
#include <string.h>

#include "../kernels/common.h"
#include "sqlite3.h"

static u64 sum;

static int open_file(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out) {
  (void)vfs, (void)name, (void)flags, (void)out;
  file->pMethods = 0;
  return SQLITE_CANTOPEN;
}
static int delete_file(sqlite3_vfs *vfs, const char *name, int sync) { return (void)vfs, (void)name, (void)sync, SQLITE_OK; }
static int access_file(sqlite3_vfs *vfs, const char *name, int flags, int *out) {
  (void)vfs, (void)name, (void)flags;
  *out = 0;
  return SQLITE_OK;
}
static int full_name(sqlite3_vfs *vfs, const char *name, int size, char *out) {
  (void)vfs;
  strncpy(out, name, (size_t)size);
  return SQLITE_OK;
}
static int randomness(sqlite3_vfs *vfs, int size, char *out) {
  (void)vfs;
  for (i32 i = 0; i < size; i++) out[i] = (char)random_u64();
  return size;
}
static int pause_for(sqlite3_vfs *vfs, int micros) { return (void)vfs, micros; }
static int now(sqlite3_vfs *vfs, double *out) {
  (void)vfs;
  *out = 2460000.5;
  return SQLITE_OK;
}

int sqlite3_os_init(void) {
  static sqlite3_vfs vfs = {.iVersion = 1, .szOsFile = sizeof(sqlite3_file), .mxPathname = 64, .zName = "none",
                            .xOpen = open_file, .xDelete = delete_file, .xAccess = access_file,
                            .xFullPathname = full_name, .xRandomness = randomness, .xSleep = pause_for,
                            .xCurrentTime = now};
  return sqlite3_vfs_register(&vfs, 1);
}
int sqlite3_os_end(void) { return SQLITE_OK; }

static int row(void *context, int count, char **values, char **names) {
  (void)context, (void)names;
  for (i32 i = 0; i < count; i++)
    for (const char *c = values[i] ? values[i] : "-"; *c; c++) sum = (sum ^ (u8)*c) * 0x100000001b3ull;
  return 0;
}

static void must(int code, int expected) { if (code != expected) __builtin_trap(); }

static void run_sql(sqlite3 *db, const char *sql) { must(sqlite3_exec(db, sql, row, 0, 0), SQLITE_OK); }

EXPORT i64 run(i32 n) {
  sqlite3 *db;
  sqlite3_stmt *insert;
  sum = 0;
  random_seed(31);
  must(sqlite3_open(":memory:", &db), SQLITE_OK);
  run_sql(db, "create table item(id integer primary key, owner int, name text, weight real);"
              "create table owner(id integer primary key, name text); begin");
  must(sqlite3_prepare_v2(db, "insert into item(owner, name, weight) values(?, ?, ?)", -1, &insert, 0), SQLITE_OK);
  for (i32 i = 0; i < n; i++) {
    char name[16];
    for (i32 k = 0; k < 15; k++) name[k] = (char)('a' + random_below(26));
    sqlite3_bind_int(insert, 1, (int)random_below(100));
    sqlite3_bind_text(insert, 2, name, 15, SQLITE_TRANSIENT);
    sqlite3_bind_double(insert, 3, (f64)random_below(100000) / 8);
    must(sqlite3_step(insert), SQLITE_DONE);
    sqlite3_reset(insert);
  }
  sqlite3_finalize(insert);
  run_sql(db, "commit; create index by_name on item(name);"
              "insert into owner(id, name) select distinct owner, 'owner ' || owner from item;"
              "select count(*), sum(id) from item where name between 'b' and 'm';"
              "select owner.name, count(*), avg(weight) from item join owner on item.owner = owner.id"
              "  group by owner.id order by 2 desc, 1 limit 20;"
              "update item set weight = weight * 2 where name like '%ab%';"
              "select name, weight from item order by weight desc, name limit 50;"
              "select substr(name, 1, 1), max(length(name) + id) from item group by 1;"
              "delete from item where id % 3 = 0;"
              "select count(*), total(weight) from item");
  sqlite3_close(db);
  return (i64)sum;
}
