/* Writes lines of 16 bytes, each by a call of its own: `small_writes COUNT [FILE]`, to a file or to the
 * standard output. */
#include "io.h"
#include <fcntl.h>
#include <unistd.h>

int main(int argc, char **argv) {
    if (argc < 2) return 2;
    long count = strtol(argv[1], NULL, 10);
    int to = argc == 2 ? STDOUT_FILENO : open(argv[2], O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (to < 0) fail("open");
    char line[16] = "a line of bytes\n";
    for (long i = 0; i < count; i++) {
        if (write(to, line, sizeof line) != sizeof line) fail("write");
    }
    return argc == 2 ? 0 : finish(0, 0);
}
