// What Linux has and Swift's Glibc module leaves out, for the load of Benchmarks.
#include <signal.h>
#include <sys/epoll.h>
#include <sys/prctl.h>

extern void *memmem(const void *text, size_t length, const void *word, size_t word_length);

/// Timers of this thread end on time, not up to 50 us later; the process ends with the one that started it.
static inline void cepoll_prepare(void) {
    prctl(PR_SET_TIMERSLACK, 1);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    signal(SIGPIPE, SIG_IGN);
}
