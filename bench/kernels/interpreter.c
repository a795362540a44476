/* A small register machine interpreted by one `switch`: n rounds of a program that computes Collatz lengths. The whole
 * cost is the dispatch through `br_table` and the loads and stores of registers in memory. */
#include "common.h"

enum { HALT, LOAD, MOVE, ADD, SUB, MUL, AND, SHIFT, JUMP, JUMP_ZERO, JUMP_LESS, CALL, RETURN, STORE, FETCH };

typedef struct { u8 code, a, b, c; i32 immediate; } Instruction;

/* r0 limit, r1 number, r2 steps, r3 value, r4 best, r5 scratch, r6 one, r7 three */
static const Instruction program[] = {
    {LOAD, 1, 0, 0, 1},      /*  0: number = 1 */
    {LOAD, 6, 0, 0, 1},      /*  1 */
    {LOAD, 7, 0, 0, 3},      /*  2 */
    {LOAD, 4, 0, 0, 0},      /*  3: best = 0 */
    {MOVE, 3, 1, 0, 0},      /*  4: outer */
    {LOAD, 2, 0, 0, 0},      /*  5 */
    {SUB, 5, 3, 6, 0},       /*  6: inner: until value is 1 */
    {JUMP_ZERO, 5, 0, 0, 15},/*  7 */
    {CALL, 0, 0, 0, 22},     /*  8 */
    {ADD, 2, 2, 6, 0},       /*  9 */
    {JUMP, 0, 0, 0, 6},      /* 10 */
    {HALT, 0, 0, 0, 0},      /* 11 */
    {HALT, 0, 0, 0, 0},      /* 12 */
    {HALT, 0, 0, 0, 0},      /* 13 */
    {HALT, 0, 0, 0, 0},      /* 14 */
    {STORE, 2, 1, 0, 0},     /* 15: table[number] = steps */
    {JUMP_LESS, 2, 4, 0, 18},/* 16 */
    {MOVE, 4, 2, 0, 0},      /* 17 */
    {ADD, 1, 1, 6, 0},       /* 18 */
    {JUMP_LESS, 1, 0, 0, 4}, /* 19 */
    {FETCH, 5, 4, 0, 0},     /* 20 */
    {HALT, 0, 0, 0, 0},      /* 21 */
    {AND, 5, 3, 6, 0},       /* 22: one step of the sequence */
    {JUMP_ZERO, 5, 0, 0, 27},/* 23 */
    {MUL, 3, 3, 7, 0},       /* 24 */
    {ADD, 3, 3, 6, 0},       /* 25 */
    {RETURN, 0, 0, 0, 0},    /* 26 */
    {SHIFT, 3, 3, 0, 1},     /* 27 */
    {RETURN, 0, 0, 0, 0},    /* 28 */
};

static u64 registers[8], memory[4096];
static i32 stack[64];

static NOINLINE u64 interpret(u64 limit) {
  i32 pc = 0, sp = 0;
  u64 *r = registers;
  r[0] = limit;
  for (;;) {
    const Instruction *i = &program[pc++];
    switch (i->code) {
      case LOAD: r[i->a] = (u64)i->immediate; break;
      case MOVE: r[i->a] = r[i->b]; break;
      case ADD: r[i->a] = r[i->b] + r[i->c]; break;
      case SUB: r[i->a] = r[i->b] - r[i->c]; break;
      case MUL: r[i->a] = r[i->b] * r[i->c]; break;
      case AND: r[i->a] = r[i->b] & r[i->c]; break;
      case SHIFT: r[i->a] = r[i->b] >> i->immediate; break;
      case JUMP: pc = i->immediate; break;
      case JUMP_ZERO: if (!r[i->a]) pc = i->immediate; break;
      case JUMP_LESS: if (r[i->a] < r[i->b]) pc = i->immediate; break;
      case CALL: stack[sp++] = pc; pc = i->immediate; break;
      case RETURN: pc = stack[--sp]; break;
      case STORE: memory[r[i->b] & 4095] = r[i->a]; break;
      case FETCH: r[i->a] = memory[r[i->b] & 4095]; break;
      default: return r[4] << 32 | r[5];
    }
  }
}

EXPORT i64 run(i32 n) {
  u64 sum = 0;
  for (i32 round = 0; round < n; round++) sum = mix(sum, interpret(1000 + (u64)round % 16));
  return (i64)sum;
}
