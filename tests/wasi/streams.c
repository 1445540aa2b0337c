// Standard streams: lines in, lines out, both kinds of output, and what the streams are.
//@ stdin: one line
//@ stdin: another, with ümläut
//@ stdin: 42 and 43
//@ arguments: first 'second one' --help
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int main(int count, char **arguments) {
    for (int index = 1; index < count; index++) printf("argument %d: %s\n", index, arguments[index]);
    for (int fd = 0; fd < 3; fd++) printf("%d is a terminal: %d\n", fd, isatty(fd));
    struct pollfd ready[2] = {{0, POLLIN, 0}, {1, POLLOUT, 0}};
    printf("ready: %d\n", poll(ready, 2, 10000) >= 1);
    char line[100];
    fgets(line, sizeof line, stdin);
    printf("read: %s", line);
    fgets(line, sizeof line, stdin);
    printf("read: %s", line);
    int a, b;
    printf("numbers: %d", scanf("%d and %d", &a, &b));
    printf(" %d %d\n", a, b);
    while (getchar() != EOF) {}
    printf("at the end: %d %d\n", feof(stdin) != 0, getchar() == EOF);
    printf("seek: %ld\n", (long)lseek(1, 0, SEEK_CUR));
    fprintf(stderr, "to the other output\n");
    fflush(stdout);
    fputs("buffered until the end", stdout);
    exit(7);
}
