/* SHA-256 (FIPS 180-4) over a 64 KiB buffer, n times: 32-bit rotates, additions and a long chain of dependencies. */
#include "common.h"

#define SIZE 65536

static u8 data[SIZE];
static u32 constants[64];

/* The constants are the first 32 bits of the fractions of the cube roots of the first 64 primes: Newton's method. */
static u32 cube_root_fraction(u32 prime) {
  f64 root = 4;
  for (i32 i = 0; i < 12; i++) root -= (root * root * root - prime) / (3 * root * root);
  return (u32)(u64)(root * 0x1p32);
}

static void make_constants(void) {
  i32 found = 0;
  for (u32 candidate = 2; found < 64; candidate++) {
    i32 prime = 1;
    for (u32 divisor = 2; divisor * divisor <= candidate; divisor++)
      if (candidate % divisor == 0) prime = 0;
    if (prime) constants[found++] = cube_root_fraction(candidate);
  }
}

static void compress(u32 state[8], const u8 *block) {
  u32 w[64];
  for (i32 i = 0; i < 16; i++)
    w[i] = (u32)block[4 * i] << 24 | (u32)block[4 * i + 1] << 16 | (u32)block[4 * i + 2] << 8 | block[4 * i + 3];
  for (i32 i = 16; i < 64; i++) {
    u32 s0 = rotr32(w[i - 15], 7) ^ rotr32(w[i - 15], 18) ^ (w[i - 15] >> 3);
    u32 s1 = rotr32(w[i - 2], 17) ^ rotr32(w[i - 2], 19) ^ (w[i - 2] >> 10);
    w[i] = w[i - 16] + s0 + w[i - 7] + s1;
  }
  u32 a = state[0], b = state[1], c = state[2], d = state[3];
  u32 e = state[4], f = state[5], g = state[6], h = state[7];
  for (i32 i = 0; i < 64; i++) {
    u32 t1 = h + (rotr32(e, 6) ^ rotr32(e, 11) ^ rotr32(e, 25)) + ((e & f) ^ (~e & g)) + constants[i] + w[i];
    u32 t2 = (rotr32(a, 2) ^ rotr32(a, 13) ^ rotr32(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
    h = g, g = f, f = e, e = d + t1, d = c, c = b, b = a, a = t1 + t2;
  }
  state[0] += a, state[1] += b, state[2] += c, state[3] += d;
  state[4] += e, state[5] += f, state[6] += g, state[7] += h;
}

EXPORT i64 run(i32 n) {
  make_constants();
  random_seed(1);
  for (i32 i = 0; i < SIZE; i++) data[i] = (u8)random_u64();
  u32 state[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  for (i32 round = 0; round < n; round++)
    for (i32 at = 0; at < SIZE; at += 64) compress(state, data + at);
  return (i64)((u64)state[0] << 32 | state[7]);
}
