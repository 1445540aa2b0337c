/* Building and walking trees: the allocator of the C library, and recursion. */
#include "kernel.h"

struct node { struct node *left, *right; };

static NOINLINE struct node *build(int depth) {
    struct node *node = malloc(sizeof *node);
    node->left = depth ? build(depth - 1) : NULL;
    node->right = depth ? build(depth - 1) : NULL;
    return node;
}

static NOINLINE uint32_t count(const struct node *node) {
    return node->left ? 1 + count(node->left) + count(node->right) : 1;
}

static NOINLINE void release(struct node *node) {
    if (node->left) {
        release(node->left);
        release(node->right);
    }
    free(node);
}

int main(void) {
    const int deepest = 18;
    uint64_t result = 0;
    struct node *lasting = build(deepest);
    for (int depth = 4; depth <= deepest; depth += 4)
        for (int pass = 0; pass < 1 << (deepest - depth + 4); pass++) {
            struct node *tree = build(depth);
            result += count(tree);
            release(tree);
        }
    result += count(lasting);
    return finish(result, 0x203bbbf);
}
