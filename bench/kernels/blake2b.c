/* The BLAKE2b compression function (RFC 7693) over a 64 KiB buffer, n times: 64-bit rotates, fully unrolled rounds,
 * many values live at once. */
#include "common.h"

#define SIZE 65536

static u8 data[SIZE];

static const u8 sigma[10][16] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
    {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4}, {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
    {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13}, {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
    {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11}, {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
    {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5}, {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0}};

static const u64 initial[8] = {0x6a09e667f3bcc908ull, 0xbb67ae8584caa73bull, 0x3c6ef372fe94f82bull,
                               0xa54ff53a5f1d36f1ull, 0x510e527fade682d1ull, 0x9b05688c2b3e6c1full,
                               0x1f83d9abfb41bd6bull, 0x5be0cd19137e2179ull};

#define STEP(a, b, c, d, x, y)              \
  (a = a + b + (x), d = rotr64(d ^ a, 32),  \
   c = c + d, b = rotr64(b ^ c, 24),        \
   a = a + b + (y), d = rotr64(d ^ a, 16),  \
   c = c + d, b = rotr64(b ^ c, 63))

static void compress(u64 h[8], const u8 *block, u64 offset) {
  u64 m[16], v[16];
  __builtin_memcpy(m, block, 128);
  for (i32 i = 0; i < 8; i++) v[i] = h[i], v[i + 8] = initial[i];
  v[12] ^= offset;
#pragma clang loop unroll(full)
  for (i32 round = 0; round < 12; round++) {
    const u8 *s = sigma[round % 10];
    STEP(v[0], v[4], v[8], v[12], m[s[0]], m[s[1]]);
    STEP(v[1], v[5], v[9], v[13], m[s[2]], m[s[3]]);
    STEP(v[2], v[6], v[10], v[14], m[s[4]], m[s[5]]);
    STEP(v[3], v[7], v[11], v[15], m[s[6]], m[s[7]]);
    STEP(v[0], v[5], v[10], v[15], m[s[8]], m[s[9]]);
    STEP(v[1], v[6], v[11], v[12], m[s[10]], m[s[11]]);
    STEP(v[2], v[7], v[8], v[13], m[s[12]], m[s[13]]);
    STEP(v[3], v[4], v[9], v[14], m[s[14]], m[s[15]]);
  }
  for (i32 i = 0; i < 8; i++) h[i] ^= v[i] ^ v[i + 8];
}

EXPORT i64 run(i32 n) {
  random_seed(2);
  for (i32 i = 0; i < SIZE; i++) data[i] = (u8)random_u64();
  u64 h[8];
  for (i32 i = 0; i < 8; i++) h[i] = initial[i];
  h[0] ^= 0x01010040;
  u64 offset = 0;
  for (i32 round = 0; round < n; round++)
    for (i32 at = 0; at < SIZE; at += 128) compress(h, data + at, offset += 128);
  return (i64)(h[0] ^ h[7]);
}
