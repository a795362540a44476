// Arguments, environment, and the exit code: run with the arguments `one`, `two words`, and an empty one, and with
// `FIRST=1`, `SECOND=a=b` and `THIRD=` in the environment.

#include "check.h"

static void run(void) {
    size_t count, size;
    static uint8_t *list[20], buffer[1000];
    OK(__wasi_args_sizes_get(&count, &size));
    CHECK(count == 4);
    OK(__wasi_args_get(list, buffer));
    CHECK(strlen((char *)list[0]) > 0);
    CHECK(strcmp((char *)list[1], "one") == 0);
    CHECK(strcmp((char *)list[2], "two words") == 0);
    CHECK(strcmp((char *)list[3], "") == 0);
    CHECK(size == strlen((char *)list[0]) + 1 + 4 + 10 + 1);
    OK(__wasi_environ_sizes_get(&count, &size));
    CHECK(count == 3 && size == 8 + 11 + 7);
    OK(__wasi_environ_get(list, buffer));
    CHECK(strcmp((char *)list[0], "FIRST=1") == 0);
    CHECK(strcmp((char *)list[1], "SECOND=a=b") == 0);
    CHECK(strcmp((char *)list[2], "THIRD=") == 0);
    CHECK(strcmp(getenv("SECOND"), "a=b") == 0);
    if (failures == 0) {
        __wasi_proc_exit(33);
    }
}
