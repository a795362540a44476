/* Quicksort of 64-bit keys with insertion sort below 12, n arrays of 100,000: unpredictable branches. */
#include "common.h"

#define COUNT 100000

static u64 keys[COUNT];

static void insertion(u64 *a, i32 low, i32 high) {
  for (i32 i = low + 1; i <= high; i++) {
    u64 key = a[i];
    i32 j = i - 1;
    while (j >= low && a[j] > key) a[j + 1] = a[j], j--;
    a[j + 1] = key;
  }
}

static NOINLINE void sort(u64 *a, i32 low, i32 high) {
  while (high - low > 12) {
    u64 pivot = a[low + (high - low) / 2];
    i32 i = low - 1, j = high + 1;
    for (;;) {
      do i++; while (a[i] < pivot);
      do j--; while (a[j] > pivot);
      if (i >= j) break;
      u64 t = a[i];
      a[i] = a[j];
      a[j] = t;
    }
    if (j - low < high - j) {
      sort(a, low, j);
      low = j + 1;
    } else {
      sort(a, j + 1, high);
      high = j;
    }
  }
  insertion(a, low, high);
}

EXPORT i64 run(i32 n) {
  random_seed(5);
  u64 sum = 0;
  for (i32 round = 0; round < n; round++) {
    for (i32 i = 0; i < COUNT; i++) keys[i] = random_u64();
    sort(keys, 0, COUNT - 1);
    for (i32 i = 1; i < COUNT; i++) sum += keys[i - 1] > keys[i];
    sum = mix(sum, keys[COUNT / 2]);
  }
  return (i64)sum;
}
