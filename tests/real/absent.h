// What C programs ask of a Unix system and WASI does not have: users, owners, locks. Included before
// everything else in programs from package sources, so that these build unchanged; see `absent.c`.
#include <fcntl.h>
#include <stdio.h>
#include <sys/types.h>

struct passwd;
struct passwd *getpwuid(unsigned user);
unsigned getuid(void);
unsigned geteuid(void);
int system(const char *command);
FILE *popen(const char *command, const char *mode);
int pclose(FILE *stream);
int chown(const char *path, unsigned user, unsigned group);
int fchown(int file, unsigned user, unsigned group);

#ifndef F_GETLK
#define F_GETLK 5
#define F_SETLK 6
#define F_SETLKW 7
#endif
#ifndef F_RDLCK
#define F_RDLCK 0
#define F_WRLCK 1
#define F_UNLCK 2
#endif
