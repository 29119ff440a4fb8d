// What Linux has and Swift's Glibc module leaves out.
#include <malloc.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/// memfd_create(2): a file in memory, without a name.
extern int memfd_create(const char *name, unsigned int flags);
static const unsigned int clinux_close_on_exec = 1;

/// accept4(2): accept(2) with flags for the new socket.
extern int accept4(int socket, struct sockaddr *address, socklen_t *length, int flags);

/// pthread_setname_np(3): what `top -H` calls a thread, in 15 bytes.
extern int pthread_setname_np(pthread_t thread, const char *name);

/// How the calling thread shares a core: how long it runs at a time, and by how much its niceness rises.
///
/// sched_setattr(2). A thread that wakes up takes over from one with longer turns; from Linux 6.12 on, which
/// before that takes no notice of them. Threads that it starts have the system's turns again, and its niceness.
/// Returns 0, or -1 where the system says no: then all is as it was.
static inline int clinux_take_turns(unsigned long long nanoseconds, int niceness) {
    struct {
        unsigned int size, policy;
        unsigned long long flags;
        int nice;
        unsigned int priority;
        unsigned long long runtime, deadline, period;
    } attributes = { 0 };
    if (syscall(SYS_sched_getattr, 0, &attributes, sizeof attributes, 0) != 0) return -1;
    attributes.size = sizeof attributes;
    attributes.flags = 1; // SCHED_FLAG_RESET_ON_FORK
    attributes.nice += niceness;
    attributes.runtime = nanoseconds;
    return (int)syscall(SYS_sched_setattr, 0, &attributes, 0);
}

