// What Linux has and Swift's Glibc module leaves out.
#include <malloc.h>

/// memfd_create(2): a file in memory, without a name.
extern int memfd_create(const char *name, unsigned int flags);
static const unsigned int clinux_close_on_exec = 1;

#include <pthread.h>
/// pthread_setname_np(3): what tools call a thread, 15 characters at most.
extern int pthread_setname_np(pthread_t thread, const char *name);
