/* Conway's life on a 512 x 512 torus of bytes, n generations: neighbourhood loads, a table-free rule. */
#include "common.h"

#define SIZE 512

static u8 cells[2][SIZE][SIZE];

EXPORT i64 run(i32 n) {
  random_seed(20);
  for (i32 y = 0; y < SIZE; y++)
    for (i32 x = 0; x < SIZE; x++) cells[0][y][x] = random_below(3) == 0;
  for (i32 generation = 0; generation < n; generation++) {
    u8(*now)[SIZE] = cells[generation & 1], (*then)[SIZE] = cells[~generation & 1];
    for (i32 y = 0; y < SIZE; y++) {
      const u8 *up = now[(y + SIZE - 1) % SIZE], *mid = now[y], *down = now[(y + 1) % SIZE];
      for (i32 x = 0; x < SIZE; x++) {
        i32 west = (x + SIZE - 1) % SIZE, east = (x + 1) % SIZE;
        i32 around = up[west] + up[x] + up[east] + mid[west] + mid[east] + down[west] + down[x] + down[east];
        then[y][x] = around == 3 || (around == 2 && mid[x]);
      }
    }
  }
  return (i64)mix_bytes(0, &cells[n & 1][0][0], SIZE * SIZE);
}
