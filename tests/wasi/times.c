// Times of files, in a unit that every system keeps, and clocks.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static void show(const char *path, int flags) {
    struct stat status;
    fstatat(AT_FDCWD, path, &status, flags);
    printf("%s: %lld.%09ld %lld.%09ld\n", path, (long long)status.st_atim.tv_sec, status.st_atim.tv_nsec,
           (long long)status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
}

static int later(struct timespec a, struct timespec b) {
    return a.tv_sec > b.tv_sec || (a.tv_sec == b.tv_sec && a.tv_nsec >= b.tv_nsec);
}

int main(void) {
    int fd = open("file", O_CREAT | O_RDWR, 0644);
    struct timespec times[2] = {{1000000001, 123456700}, {2000000002, 987654300}};
    printf("%d\n", futimens(fd, times));
    show("file", 0);
    times[0].tv_nsec = UTIME_OMIT;
    times[1].tv_sec = 7;
    printf("%d\n", utimensat(AT_FDCWD, "file", times, 0));
    show("file", 0);
    times[0] = times[1] = (struct timespec){5, 600};
    printf("%d\n", utimensat(AT_FDCWD, "file", times, AT_SYMLINK_NOFOLLOW));
    show("file", 0);
    struct timespec before, after;
    clock_gettime(CLOCK_REALTIME, &before);
    times[0].tv_nsec = UTIME_OMIT;
    times[1].tv_nsec = UTIME_NOW;
    printf("%d\n", futimens(fd, times));
    struct stat status;
    fstat(fd, &status);
    printf("now: %d\n", status.st_mtim.tv_sec >= before.tv_sec - 1);
    printf("%d\n", utimensat(AT_FDCWD, "missing", NULL, 0) == -1 && errno == ENOENT);
    clockid_t clocks[] = {CLOCK_REALTIME, CLOCK_MONOTONIC};
    for (int index = 0; index < 2; index++) {
        struct timespec resolution;
        clock_getres(clocks[index], &resolution);
        printf("%d\n", resolution.tv_sec == 0 && resolution.tv_nsec > 0);
        clock_gettime(clocks[index], &before);
        struct timespec pause = {0, 20000000};
        nanosleep(&pause, NULL);
        clock_gettime(clocks[index], &after);
        before.tv_nsec += 20000000;
        if (before.tv_nsec >= 1000000000) before.tv_nsec -= 1000000000, before.tv_sec++;
        printf("slept: %d\n", later(after, before));
    }
    return 0;
}
