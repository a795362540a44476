// `poll_oneoff`: clocks and files, together, and mistakes, which are events.

#include "check.h"

enum { MILLISECOND = 1000000 };

static __wasi_subscription_t clock_of(uint64_t mark, int clock, uint64_t timeout, int flags) {
    __wasi_subscription_t wanted = {.userdata = mark, .u = {.tag = __WASI_EVENTTYPE_CLOCK}};
    wanted.u.u.clock = (__wasi_subscription_clock_t){.id = clock, .timeout = timeout, .flags = flags};
    return wanted;
}

static __wasi_subscription_t file(uint64_t mark, int fd, bool write) {
    __wasi_subscription_t wanted = {.userdata = mark};
    wanted.u.tag = write ? __WASI_EVENTTYPE_FD_WRITE : __WASI_EVENTTYPE_FD_READ;
    wanted.u.u.fd_read.file_descriptor = fd;
    return wanted;
}

static __wasi_event_t events[10];
static size_t count;

static __wasi_timestamp_t now(int clock) {
    __wasi_timestamp_t time = 0;
    OK(__wasi_clock_time_get(clock, 0, &time));
    return time;
}

static void waiting_for_clocks(void) {
    for (int clock = 0; clock < 2; clock++) {
        __wasi_timestamp_t before = now(clock);
        __wasi_subscription_t relative[] = {clock_of(7, clock, 5 * MILLISECOND, 0)};
        OK(__wasi_poll_oneoff(relative, events, 1, &count));
        CHECK(count == 1 && events[0].userdata == 7 && events[0].error == 0);
        CHECK(events[0].type == __WASI_EVENTTYPE_CLOCK);
        CHECK(now(clock) >= before + 5 * MILLISECOND);
        __wasi_timestamp_t due = now(clock) + 5 * MILLISECOND;
        __wasi_subscription_t absolute[] = {
            clock_of(8, clock, due, __WASI_SUBCLOCKFLAGS_SUBSCRIPTION_CLOCK_ABSTIME),
            clock_of(9, clock, ~0ull, 0),
        };
        OK(__wasi_poll_oneoff(absolute, events, 2, &count));
        CHECK(count == 1 && events[0].userdata == 8);
        CHECK(now(clock) >= due);
    }
    // What is due already.
    __wasi_subscription_t past[] = {
        clock_of(1, __WASI_CLOCKID_REALTIME, 1, __WASI_SUBCLOCKFLAGS_SUBSCRIPTION_CLOCK_ABSTIME),
        clock_of(2, __WASI_CLOCKID_MONOTONIC, 0, 0),
        clock_of(3, __WASI_CLOCKID_MONOTONIC, ~0ull, 0),
    };
    OK(__wasi_poll_oneoff(past, events, 3, &count));
    CHECK(count == 2 && events[0].userdata == 1 && events[1].userdata == 2);
}

static void files(void) {
    MAKE(dir, "file", "0123456789");
    int in = OPEN(dir, "file", 0, READ | POSITION);
    int out = OPEN(dir, "out", __WASI_OFLAGS_CREAT, WRITE);
    __wasi_filesize_t position;
    OK(__wasi_fd_seek(in, 4, __WASI_WHENCE_SET, &position));
    __wasi_subscription_t wanted[] = {
        clock_of(1, __WASI_CLOCKID_MONOTONIC, ~0ull, 0),
        file(2, in, false),
        file(3, out, true),
        file(4, in, false),
        file(5, 1, true),
        file(6, 2, true),
    };
    OK(__wasi_poll_oneoff(wanted, events, 6, &count));
    CHECK(count >= 3 && events[0].userdata == 2 && events[1].userdata == 3 && events[2].userdata == 4);
    CHECK(events[0].type == __WASI_EVENTTYPE_FD_READ && events[0].fd_readwrite.nbytes == 6);
    CHECK(events[1].type == __WASI_EVENTTYPE_FD_WRITE);
    for (size_t i = 0; i < count; i++) {
        CHECK(events[i].error == 0 && events[i].fd_readwrite.flags == 0);
    }
    // The standard streams of these tests are not full, so they can be written to at once.
    __wasi_subscription_t streams[] = {file(5, 1, true), file(6, 2, true)};
    OK(__wasi_poll_oneoff(streams, events, 2, &count));
    CHECK(count == 2 && events[0].error == 0 && events[1].error == 0);
    // Input is ready, at its end, or nothing happens: one of the two.
    __wasi_subscription_t input[] = {file(5, 0, false), clock_of(6, __WASI_CLOCKID_MONOTONIC, 20 * MILLISECOND, 0)};
    OK(__wasi_poll_oneoff(input, events, 2, &count));
    CHECK(count >= 1 && events[0].error == 0);
    OK(__wasi_fd_close(in));
    OK(__wasi_fd_close(out));
}

static void mistakes(void) {
    FAILS(INVAL, __wasi_poll_oneoff(NULL, events, 0, &count));
    int blind = OPEN(dir, "file", 0, POSITION);
    __wasi_subscription_t wanted[] = {
        clock_of(1, 17, 0, 0),
        clock_of(2, __WASI_CLOCKID_MONOTONIC, 0, 2),
        file(3, 9999, false),
        file(4, 9999, true),
        file(5, dir, false),
        file(6, 1, false),
        file(7, 0, true),
        file(8, blind, false),
        clock_of(9, __WASI_CLOCKID_MONOTONIC, ~0ull, 0),
    };
    OK(__wasi_poll_oneoff(wanted, events, 9, &count));
    CHECK(count == 8);
    for (size_t i = 0; i < count; i++) {
        CHECK(events[i].userdata == i + 1);
        CHECK(events[i].error == (i < 2 ? __WASI_ERRNO_INVAL : __WASI_ERRNO_BADF));
        CHECK(events[i].type == wanted[i].u.tag);
    }
    OK(__wasi_fd_close(blind));
}

static void run(void) {
    waiting_for_clocks();
    files();
    mistakes();
}
