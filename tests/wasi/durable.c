// Files again: room that is reserved, advice, writes that wait for the disk; random bytes.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static long size(int fd) {
    struct stat status;
    return fstat(fd, &status) ? -1 : (long)status.st_size;
}

int main(void) {
    int fd = open("file", O_RDWR | O_CREAT | O_EXCL | O_SYNC, 0644);
    printf("write: %ld\n", (long)write(fd, "0123456789", 10));
    printf("allocate: %d, size %ld\n", posix_fallocate(fd, 0, 5000), size(fd));
    printf("allocate within: %d, size %ld\n", posix_fallocate(fd, 100, 100), size(fd));
    char buffer[20] = {0};
    printf("read: %ld %s\n", (long)pread(fd, buffer, 10, 0), buffer);
    printf("behind: %ld %d\n", (long)pread(fd, buffer, 10, 4990), buffer[9]);
    int advice[] = {POSIX_FADV_NORMAL, POSIX_FADV_SEQUENTIAL, POSIX_FADV_RANDOM,
        POSIX_FADV_WILLNEED, POSIX_FADV_DONTNEED, POSIX_FADV_NOREUSE};
    for (int index = 0; index < 6; index++) {
        printf("advice: %d %d\n", posix_fadvise(fd, 0, 0, advice[index]),
            posix_fadvise(fd, 1000, 1000, advice[index]));
    }
    printf("sync: %d %d\n", fsync(fd), fdatasync(fd));
    close(fd);
    printf("sync closed: %d\n", fsync(fd) == -1 && errno == EBADF);
    fd = open("file", O_WRONLY | O_DSYNC);
    printf("write: %ld\n", (long)write(fd, "abc", 3));
    close(fd);
    fd = open(".", O_RDONLY | O_DIRECTORY);
    printf("sync of the folder: %d\n", fsync(fd));

    unsigned char random[700] = {0};
    for (int at = 0; at < 700; at += 233) {
        if (getentropy(random + at, at + 233 < 700 ? 233 : 700 - at)) printf("no entropy\n");
    }
    int zeros = 0;
    for (int index = 0; index < 700; index++) zeros += random[index] == 0;
    printf("random: %d\n", zeros < 100);
    clockid_t clocks[] = {CLOCK_REALTIME, CLOCK_MONOTONIC};
    for (int index = 0; index < 2; index++) {
        struct timespec resolution = {0}, first, second;
        int failed = clock_getres(clocks[index], &resolution) | clock_gettime(clocks[index], &first)
            | clock_gettime(clocks[index], &second);
        int runs = second.tv_sec > first.tv_sec
            || (second.tv_sec == first.tv_sec && second.tv_nsec >= first.tv_nsec);
        printf("clock: %d %d %d\n", failed, resolution.tv_nsec > 0, runs);
    }
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    printf("after 2020: %d\n", now.tv_sec > 1577836800);
    return 0;
}
