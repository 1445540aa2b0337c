/* What the C runtime gives a Rust program on Windows that has none: a start, and data for each thread
 * (Microsoft, "PE Format", the .tls section). */

extern int main(int, char **);
__declspec(dllimport) _Noreturn void ExitProcess(unsigned);

void start(void) { ExitProcess(main(0, 0)); }

typedef void (*callback)(void *, unsigned, void *);

unsigned _tls_index = 0;
__attribute__((section(".tls"))) char *_tls_start = 0;
__attribute__((section(".tls$ZZZ"))) char *_tls_end = 0;
__attribute__((section(".CRT$XLA"))) callback __xl_a = 0;
__attribute__((section(".CRT$XLZ"))) callback __xl_z = 0;

const struct {
    void *start, *end;
    unsigned *index;
    callback *callbacks;
    unsigned zeros, characteristics;
} _tls_used = {&_tls_start, &_tls_end, &_tls_index, &__xl_a + 1, 0, 0};

/* The start of C programs, which `main` calls. */
void __main(void) {}

/* Of the figures of benchmarks, of which there are none. */
double floor(double number) { (void)number; __builtin_trap(); }
double fmod(double number, double divisor) { (void)number, (void)divisor; __builtin_trap(); }
