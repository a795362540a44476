/* Miller-Rabin on 32-bit numbers with a 64-bit modulus, n numbers: division and remainder of 64-bit integers. */
#include "common.h"

static NOINLINE u64 power(u64 base, u64 exponent, u64 modulus) {
  u64 result = 1;
  for (base %= modulus; exponent; exponent >>= 1) {
    if (exponent & 1) result = result * base % modulus;
    base = base * base % modulus;
  }
  return result;
}

static i32 probable_prime(u64 n) {
  static const u8 witnesses[] = {2, 3, 5, 7};
  i32 shift = __builtin_ctzll(n - 1);
  for (i32 i = 0; i < LENGTH(witnesses); i++) {
    u64 x = power(witnesses[i], (n - 1) >> shift, n);
    if (x == 1 || x == n - 1) continue;
    i32 round = 1;
    for (; round < shift && x != n - 1; round++) x = x * x % n;
    if (x != n - 1) return 0;
  }
  return 1;
}

EXPORT i64 run(i32 n) {
  random_seed(19);
  u64 sum = 0;
  for (i32 i = 0; i < n; i++) {
    u64 candidate = (u32)random_u64() | 0x80000001u;
    if (probable_prime(candidate)) sum = mix(sum, candidate);
  }
  return (i64)sum;
}
