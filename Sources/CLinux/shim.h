// What Linux has and Swift's Glibc module leaves out.
#include <malloc.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

/// memfd_create(2): a file in memory, without a name.
extern int memfd_create(const char *name, unsigned int flags);
static const unsigned int clinux_close_on_exec = 1;

/// accept4(2): accept(2) with flags for the new socket.
extern int accept4(int socket, struct sockaddr *address, socklen_t *length, int flags);

/// pthread_setname_np(3): what `top -H` calls a thread, in 15 bytes.
extern int pthread_setname_np(pthread_t thread, const char *name);
