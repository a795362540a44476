/* Text: checks a 256 KiB buffer for valid UTF-8, counts words and letters, finds a phrase in it, n times. */
#include "common.h"

#define SIZE 262144

static u8 text[SIZE];
static u32 letters[256];

static void make_text(void) {
  i32 at = 0;
  while (at < SIZE - 32) {
    for (u32 i = 1 + random_below(9); i; i--) {
      u32 kind = random_below(40);
      if (kind == 0) text[at++] = 0xc3, text[at++] = (u8)(0xa0 + random_below(30));
      else if (kind == 1) text[at++] = 0xe2, text[at++] = 0x82, text[at++] = 0xac;
      else if (kind == 2) text[at++] = 0xf0, text[at++] = 0x9f, text[at++] = 0x98, text[at++] = (u8)(0x80 + random_below(60));
      else text[at++] = (u8)('a' + random_below(26));
    }
    text[at++] = random_below(12) ? ' ' : '\n';
  }
  while (at < SIZE) text[at++] = '.';
}

static i32 tail(const u8 *p, i32 count) {
  for (i32 i = 1; i <= count; i++) if ((p[i] & 0xc0) != 0x80) return 0;
  return 1;
}

/* The number of code points, or -1. */
static NOINLINE i32 code_points(void) {
  i32 count = 0, i = 0;
  while (i < SIZE) {
    u8 c = text[i];
    i32 extra;
    if (c < 0x80) extra = 0;
    else if (c >= 0xc2 && c < 0xe0) extra = 1;
    else if ((c & 0xf0) == 0xe0) extra = 2;
    else if (c >= 0xf0 && c < 0xf5) extra = 3;
    else return -1;
    if (i + extra >= SIZE + (extra == 0) || !tail(text + i, extra)) return -1;
    i += extra + 1;
    count++;
  }
  return count;
}

static NOINLINE i32 words(void) {
  i32 count = 0, inside = 0;
  for (i32 i = 0; i < SIZE; i++) {
    u8 c = text[i];
    letters[c]++;
    i32 blank = c == ' ' || c == '\n' || c == '\t';
    count += !blank && !inside;
    inside = !blank;
  }
  return count;
}

/* Horspool's search for a phrase; returns how often it occurs. */
static NOINLINE i32 occurrences(const u8 *phrase, i32 length) {
  static i32 skip[256];
  for (i32 i = 0; i < 256; i++) skip[i] = length;
  for (i32 i = 0; i < length - 1; i++) skip[phrase[i]] = length - 1 - i;
  i32 count = 0;
  for (i32 at = 0; at + length <= SIZE; at += skip[text[at + length - 1]]) {
    i32 i = length - 1;
    while (i >= 0 && text[at + i] == phrase[i]) i--;
    count += i < 0;
  }
  return count;
}

EXPORT i64 run(i32 n) {
  random_seed(7);
  make_text();
  for (i32 i = 0; i < 256; i++) letters[i] = 0;
  u64 sum = 0;
  for (i32 round = 0; round < n; round++) {
    sum = mix(sum, (u64)code_points());
    sum = mix(sum, (u64)words());
    sum = mix(sum, (u64)occurrences(text + random_below(SIZE - 100), 3 + round % 5));
  }
  return (i64)mix(sum, letters['e']);
}
