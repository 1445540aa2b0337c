/* Copies a file: `copy FROM TO BYTES_PER_CALL EXPECTED_BYTES`. A call has a multiple of 4096 bytes.
 *
 * The buffer begins a page: where a C library happens to place it otherwise, some processors copy to it at half
 * the speed, in native programs too. */
#include "io.h"
#include <fcntl.h>
#include <unistd.h>

int main(int argc, char **argv) {
    if (argc != 5) return 2;
    size_t room = strtoul(argv[3], NULL, 10);
    char *buffer = aligned_alloc(4096, room);
    int from = open(argv[1], O_RDONLY), to = open(argv[2], O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (buffer == NULL || from < 0 || to < 0) fail("open");
    uint64_t copied = 0;
    for (;;) {
        ssize_t bytes = read(from, buffer, room);
        if (bytes < 0) fail("read");
        if (bytes == 0) break;
        if (write(to, buffer, (size_t)bytes) != bytes) fail("write");
        copied += (uint64_t)bytes;
    }
    if (close(to) != 0) fail("close");
    return finish(copied, strtoull(argv[4], NULL, 10));
}
