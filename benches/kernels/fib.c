/* Recursive calls: the cost of calling and returning. */
#include "kernel.h"

static NOINLINE uint32_t fib(uint32_t n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }

int main(void) { return finish(fib(41), 165580141); }
