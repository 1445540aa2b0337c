/* What the programs of this folder share: how they end.
 *
 * Each does one kind of I/O many times by plain POSIX calls, so that the same file is built for every
 * contender; it checks what each call returns, and says `ok` unless its output is what is measured. */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Ends the program: `what` failed. */
static inline _Noreturn void fail(const char *what) {
    perror(what);
    exit(1);
}

static inline int finish(uint64_t result, uint64_t expected) {
    if (result == expected) return puts("ok") < 0;
    fprintf(stderr, "%llu, expected %llu\n", (unsigned long long)result, (unsigned long long)expected);
    return 1;
}
