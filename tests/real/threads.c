// Functions that Rust's library refers to and an older C library for WASI lacks: there are no threads, and
// no path can be made canonical.
#include <errno.h>
#include <stddef.h>

int pthread_attr_init(void *attributes) { return (void)attributes, 0; }
int pthread_attr_setstacksize(void *attributes, size_t bytes) { return (void)attributes, (void)bytes, 0; }
int pthread_attr_destroy(void *attributes) { return (void)attributes, 0; }
int pthread_create(void *thread, const void *attributes, void *(*start)(void *), void *argument) {
    return (void)thread, (void)attributes, (void)start, (void)argument, EAGAIN;
}
int pthread_join(void *thread, void **result) { return (void)thread, (void)result, EINVAL; }
int pthread_detach(void *thread) { return (void)thread, EINVAL; }
char *realpath(const char *path, char *resolved) { return (void)path, (void)resolved, errno = ENOSYS, NULL; }
