/* Mandelbrot set, 256 x 256 points of a square, at most n iterations each: tight loops of doubles. */
#include "common.h"

#define SIZE 256

EXPORT i64 run(i32 n) {
  u64 sum = 0;
  for (i32 row = 0; row < SIZE; row++) {
    for (i32 column = 0; column < SIZE; column++) {
      f64 cr = column * (3.0 / SIZE) - 2.25, ci = row * (3.0 / SIZE) - 1.5;
      f64 zr = 0, zi = 0;
      i32 i = 0;
      for (; i < n; i++) {
        f64 r2 = zr * zr, i2 = zi * zi;
        if (r2 + i2 > 4) break;
        zi = 2 * zr * zi + ci;
        zr = r2 - i2 + cr;
      }
      sum = sum * 31 + (u64)i;
    }
  }
  return (i64)sum;
}
