/* Base64: encodes 96 KiB and decodes the text again, n times: byte loads, shifts, table look-ups. */
#include "common.h"

#define SIZE 98304

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static u8 plain[SIZE], decoded[SIZE], text[SIZE / 3 * 4];
static u8 value_of[256];

static NOINLINE void encode(void) {
  u8 *out = text;
  for (i32 i = 0; i < SIZE; i += 3) {
    u32 group = (u32)plain[i] << 16 | (u32)plain[i + 1] << 8 | plain[i + 2];
    *out++ = (u8)alphabet[group >> 18];
    *out++ = (u8)alphabet[group >> 12 & 63];
    *out++ = (u8)alphabet[group >> 6 & 63];
    *out++ = (u8)alphabet[group & 63];
  }
}

/* Returns the number of letters that are not in the alphabet: none. */
static NOINLINE i32 decode(void) {
  u8 *out = decoded;
  i32 bad = 0;
  for (i32 i = 0; i < LENGTH(text); i += 4) {
    u32 a = value_of[text[i]], b = value_of[text[i + 1]], c = value_of[text[i + 2]], d = value_of[text[i + 3]];
    if ((a | b | c | d) & 128) bad++;
    u32 group = a << 18 | b << 12 | c << 6 | d;
    *out++ = (u8)(group >> 16);
    *out++ = (u8)(group >> 8);
    *out++ = (u8)group;
  }
  return bad;
}

EXPORT i64 run(i32 n) {
  for (i32 i = 0; i < 256; i++) value_of[i] = 128;
  for (i32 i = 0; i < 64; i++) value_of[(u8)alphabet[i]] = (u8)i;
  random_seed(4);
  for (i32 i = 0; i < SIZE; i++) plain[i] = (u8)random_u64();
  u64 sum = 0;
  for (i32 round = 0; round < n; round++) {
    plain[round % SIZE] ^= (u8)round;
    encode();
    sum = mix(sum, (u64)decode() + decoded[(round * 7919) % SIZE]);
  }
  return (i64)mix_bytes(sum, decoded, SIZE);
}
