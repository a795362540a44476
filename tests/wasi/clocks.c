// Clocks, random bytes, yielding: what a program learns besides files.

#include "check.h"

static void clocks(void) {
    for (int clock = 0; clock < 4; clock++) {
        __wasi_timestamp_t step = 0, first = 0, second = 0;
        OK(__wasi_clock_res_get(clock, &step));
        CHECK(step > 0 && step <= 1000000000);
        OK(__wasi_clock_time_get(clock, 1, &first));
        OK(__wasi_clock_time_get(clock, 0, &second));
        CHECK(second >= first);
        CHECK(clock != __WASI_CLOCKID_REALTIME || first > 1600000000ull * 1000000000);
    }
    __wasi_timestamp_t time;
    FAILS(INVAL, __wasi_clock_res_get(4, &time));
    FAILS(INVAL, __wasi_clock_time_get(4, 0, &time));
    FAILS(INVAL, __wasi_clock_time_get(0xffffffff, 0, &time));
}

static void random_bytes(void) {
    static uint8_t one[100000], other[100000];
    OK(__wasi_random_get(one, 0));
    OK(__wasi_random_get(NULL, 0));
    CHECK(one[0] == 0);
    OK(__wasi_random_get(one, sizeof one));
    OK(__wasi_random_get(other, sizeof other));
    CHECK(memcmp(one, other, sizeof one) != 0);
    int counts[256] = {0};
    for (size_t i = 0; i < sizeof one; i++) {
        counts[one[i]] += 1;
    }
    for (int value = 0; value < 256; value++) {
        CHECK(counts[value] > 200 && counts[value] < 700);
    }
}

static void run(void) {
    clocks();
    random_bytes();
    OK(__wasi_sched_yield());
}
