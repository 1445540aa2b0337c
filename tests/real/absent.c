// The functions that `absent.h` declares: there is one user, who owns everything.
#include "absent.h"

struct passwd *getpwuid(unsigned user) { return (void)user, NULL; }
unsigned getuid(void) { return 0; }
unsigned geteuid(void) { return 0; }
int system(const char *command) { return (void)command, -1; }
FILE *popen(const char *command, const char *mode) { return (void)command, (void)mode, NULL; }
int pclose(FILE *stream) { return (void)stream, -1; }
int chown(const char *path, unsigned user, unsigned group) { return (void)path, (void)user, (void)group, 0; }
int fchown(int file, unsigned user, unsigned group) { return (void)file, (void)user, (void)group, 0; }
