/* What every kernel shares. A kernel exports `run(n)`: it does work proportional to some function of n, from data it
 * makes itself, and returns a checksum that depends on all of it, so that no engine can be fast by being wrong.
 * Kernels import nothing and use no C library; memcpy, memset and memmove come from the compiler's own run-time part. */
#ifndef BENCH_COMMON_H
#define BENCH_COMMON_H

typedef signed char i8;
typedef short i16;
typedef int i32;
typedef long long i64;
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef float f32;
typedef double f64;

#define EXPORT __attribute__((visibility("default"), used))
#define NOINLINE __attribute__((noinline))
#define LENGTH(array) ((i32)(sizeof(array) / sizeof((array)[0])))

/* A fixed sequence, the same in every engine: xorshift64* (Vigna). */
static u64 random_state;

static inline void random_seed(u64 seed) { random_state = seed * 0x9e3779b97f4a7c15ull + 1; }

static inline u64 random_u64(void) {
  random_state ^= random_state >> 12;
  random_state ^= random_state << 25;
  random_state ^= random_state >> 27;
  return random_state * 0x2545f4914f6cdd1dull;
}

static inline u32 random_below(u32 bound) { return (u32)((random_u64() >> 32) * (u64)bound >> 32); }

static inline f64 random_unit(void) { return (f64)(random_u64() >> 11) * 0x1p-53; }

/* Folds a value into a checksum, so that order matters. */
static inline u64 mix(u64 sum, u64 value) {
  sum ^= value;
  sum *= 0xff51afd7ed558ccdull;
  return sum ^ (sum >> 32);
}

static inline u64 mix_f64(u64 sum, f64 value) {
  union { f64 f; u64 u; } bits = {value};
  return mix(sum, bits.u);
}

static inline u64 mix_bytes(u64 sum, const u8 *bytes, i32 length) {
  for (i32 i = 0; i < length; i++) sum = (sum ^ bytes[i]) * 0x100000001b3ull;
  return sum;
}

static inline u32 rotl32(u32 x, i32 k) { return (x << k) | (x >> (32 - k)); }
static inline u32 rotr32(u32 x, i32 k) { return (x >> k) | (x << (32 - k)); }
static inline u64 rotr64(u64 x, i32 k) { return (x >> k) | (x << (64 - k)); }

#endif
