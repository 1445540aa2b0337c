// A megabyte through small and large pieces, with many vectors at once, and copied.
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <unistd.h>

static uint32_t sum(const char *path) {
    static unsigned char buffer[65536];
    uint32_t sum = 1;
    int fd = open(path, O_RDONLY);
    for (ssize_t bytes; (bytes = read(fd, buffer, sizeof buffer)) > 0;)
        for (ssize_t index = 0; index < bytes; index++) sum = sum * 31 + buffer[index];
    close(fd);
    return sum;
}

int main(void) {
    FILE *file = fopen("data", "wb");
    uint32_t state = 1;
    for (int index = 0; index < 1 << 20; index++) {
        state = state * 1664525 + 1013904223;
        putc(state >> 24, file);
    }
    fclose(file);
    printf("%08x\n", sum("data"));
    // Vectors of every length from 0 on.
    static unsigned char memory[600 * 300];
    struct iovec vectors[600];
    for (int index = 0; index < 600; index++) {
        vectors[index].iov_base = memory + index * 300;
        vectors[index].iov_len = index % 300;
    }
    int from = open("data", O_RDONLY), to = open("copy", O_CREAT | O_TRUNC | O_WRONLY, 0644);
    long total = 0;
    for (;;) {
        ssize_t bytes = readv(from, vectors, 600);
        if (bytes <= 0) break;
        ssize_t left = bytes;
        for (int index = 0; index < 600 && left > 0; index++) {
            ssize_t part = left < (ssize_t)vectors[index].iov_len ? left : (ssize_t)vectors[index].iov_len;
            if (write(to, vectors[index].iov_base, part) != part) abort();
            left -= part;
        }
        total += bytes;
    }
    close(from);
    close(to);
    printf("%ld %08x\n", total, sum("copy"));
    FILE *in = fopen("copy", "r+b");
    fseek(in, 500000, SEEK_SET);
    fputs("in the middle", in);
    fseek(in, -13, SEEK_CUR);
    char text[14] = {0};
    fread(text, 1, 13, in);
    fclose(in);
    printf("%s %08x\n", text, sum("copy"));
    return 0;
}
