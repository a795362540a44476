/* Binary trees of depth 14 built, walked and freed n times with a free list of our own: small objects, recursion. */
#include "common.h"

typedef struct Node { struct Node *left, *right; u32 value; } Node;

#define DEPTH 14

static Node pool[1 << (DEPTH + 1)];
static Node *free_list;

static Node *take(void) {
  Node *node = free_list;
  free_list = node->left;
  return node;
}

static NOINLINE Node *build(i32 depth, u32 value) {
  Node *node = take();
  node->value = value;
  node->left = depth ? build(depth - 1, value * 2) : 0;
  node->right = depth ? build(depth - 1, value * 2 + 1) : 0;
  return node;
}

static NOINLINE u32 check(const Node *node) {
  return node->left ? node->value + check(node->left) - check(node->right) : node->value;
}

static NOINLINE void give(Node *node) {
  if (node->left) give(node->left), give(node->right);
  node->left = free_list;
  free_list = node;
}

EXPORT i64 run(i32 n) {
  free_list = 0;
  for (i32 i = 0; i < LENGTH(pool); i++) pool[i].left = free_list, free_list = &pool[i];
  u64 sum = 0;
  for (i32 round = 0; round < n; round++) {
    Node *tree = build(DEPTH, (u32)round);
    sum = mix(sum, check(tree));
    give(tree);
  }
  return (i64)sum;
}
