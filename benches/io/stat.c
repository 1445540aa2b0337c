/* Asks for the status of each file in a folder, by its path: `stat FOLDER COUNT`. The files are called
 * `file-000000` and so on, and have a byte each. */
#include "io.h"
#include <sys/stat.h>

int main(int argc, char **argv) {
    if (argc != 3) return 2;
    long count = strtol(argv[2], NULL, 10);
    uint64_t bytes = 0;
    char path[64];
    int length = snprintf(path, sizeof path, "%s/file-000000", argv[1]);
    for (long i = 0; i < count; i++) {
        struct stat status;
        char *digit = path + length;
        for (long rest = i; rest != 0; rest /= 10) *--digit = (char)('0' + rest % 10);
        if (stat(path, &status) != 0) fail("stat");
        bytes += (uint64_t)status.st_size;
    }
    return finish(bytes, (uint64_t)count);
}
