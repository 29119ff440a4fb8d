/* Records what a process does to the files of one folder, for tests of what a loss of power leaves.
 *
 * LD_PRELOAD it, with RECORD_FOLDER and RECORD_FILE in the environment. Each operation becomes a record in RECORD_FILE:
 * a header of 40 bytes (struct record) and, for a write, its bytes. A sync says which operations were done before it
 * began: only those are safe. Memory that is mapped (SQLite's -shm) is not recorded: it is made anew at every start.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum { OPENED = 1, WROTE = 2, TRUNCATED = 3, SYNCED = 4, REMOVED = 5 };

struct record {
    uint32_t kind;
    uint32_t file;     /* a number for each path, from 1 */
    uint64_t offset;   /* WROTE: where; TRUNCATED: the new length */
    uint64_t length;   /* bytes that follow */
    uint64_t before;   /* SYNCED: how many records there were when it began */
    uint64_t number;   /* which record this is, from 0 */
};

#define FILES 256
#define DESCRIPTORS 65536

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char paths[FILES][512];
static int files;
static uint16_t file_of[DESCRIPTORS];
static int output = -1;
static uint64_t records;
static char folder[512];
static pid_t owner;

static void put(const void *bytes, size_t count)
{
    const char *from = bytes;
    while (count > 0) {
        ssize_t done = syscall(SYS_write, output, from, count);
        if (done <= 0) abort();
        from += done;
        count -= (size_t)done;
    }
}

/* With the lock held. */
static void note(uint32_t kind, uint32_t file, uint64_t offset, const void *bytes, uint64_t length, uint64_t before)
{
    struct record record = {kind, file, offset, length, before, records++};
    put(&record, sizeof record);
    if (length > 0) put(bytes, length);
}

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("RECORD_FILE");
    const char *watched = getenv("RECORD_FOLDER");
    if (!path || !watched) return;
    snprintf(folder, sizeof folder, "%s/", watched);
    int opened = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    /* Out of the way of the numbers that the process counts on. */
    output = fcntl(opened, F_DUPFD_CLOEXEC, 900);
    syscall(SYS_close, opened);
    owner = getpid();
}

static int number_of(const char *path)
{
    if (output < 0 || getpid() != owner || strncmp(path, folder, strlen(folder)) != 0) return 0;
    size_t length = strlen(path);
    if (length >= sizeof paths[0] || (length > 4 && strcmp(path + length - 4, "-shm") == 0)) return 0;
    for (int i = 0; i < files; i++)
        if (strcmp(paths[i], path) == 0) return i + 1;
    if (files == FILES) abort();
    strcpy(paths[files++], path);
    return files;
}

static int opened(int descriptor, const char *path, int flags)
{
    struct stat status;
    if (descriptor < 0 || descriptor >= DESCRIPTORS) return descriptor;
    pthread_mutex_lock(&lock);
    file_of[descriptor] = 0;
    if ((flags & O_ACCMODE) != O_RDONLY && fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode)) {
        int file = number_of(path);
        file_of[descriptor] = (uint16_t)file;
        if (file) note(OPENED, (uint32_t)file, (uint64_t)status.st_size, path, strlen(path), 0);
    }
    pthread_mutex_unlock(&lock);
    return descriptor;
}

static uint32_t file(int descriptor)
{
    return descriptor >= 0 && descriptor < DESCRIPTORS ? file_of[descriptor] : 0;
}

#define REAL(name) static __typeof__(&name) real; if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

#define OPEN(name)                                                      \
    int name(const char *path, int flags, ...)                          \
    {                                                                   \
        REAL(name);                                                     \
        va_list list;                                                   \
        va_start(list, flags);                                          \
        mode_t mode = (flags & (O_CREAT | O_TMPFILE)) ? va_arg(list, mode_t) : 0; \
        va_end(list);                                                   \
        return opened(real(path, flags, mode), path, flags);            \
    }
OPEN(open)
OPEN(open64)

#define OPENAT(name)                                                    \
    int name(int at, const char *path, int flags, ...)                  \
    {                                                                   \
        REAL(name);                                                     \
        va_list list;                                                   \
        va_start(list, flags);                                          \
        mode_t mode = (flags & (O_CREAT | O_TMPFILE)) ? va_arg(list, mode_t) : 0; \
        va_end(list);                                                   \
        return opened(real(at, path, flags, mode), path, flags);        \
    }
OPENAT(openat)
OPENAT(openat64)

int close(int descriptor)
{
    REAL(close);
    if (descriptor >= 0 && descriptor < DESCRIPTORS) file_of[descriptor] = 0;
    return real(descriptor);
}

static ssize_t wrote(int descriptor, const void *bytes, ssize_t count, off64_t offset)
{
    if (count > 0) note(WROTE, file(descriptor), (uint64_t)offset, bytes, (uint64_t)count, 0);
    return count;
}

ssize_t write(int descriptor, const void *bytes, size_t count)
{
    REAL(write);
    if (!file(descriptor)) return real(descriptor, bytes, count);
    pthread_mutex_lock(&lock);
    off64_t offset = fcntl(descriptor, F_GETFL) & O_APPEND ? lseek64(descriptor, 0, SEEK_END) : lseek64(descriptor, 0, SEEK_CUR);
    ssize_t done = wrote(descriptor, bytes, real(descriptor, bytes, count), offset);
    pthread_mutex_unlock(&lock);
    return done;
}

#define PWRITE(name, off)                                               \
    ssize_t name(int descriptor, const void *bytes, size_t count, off offset) \
    {                                                                   \
        REAL(name);                                                     \
        if (!file(descriptor)) return real(descriptor, bytes, count, offset); \
        pthread_mutex_lock(&lock);                                      \
        ssize_t done = wrote(descriptor, bytes, real(descriptor, bytes, count, offset), offset); \
        pthread_mutex_unlock(&lock);                                    \
        return done;                                                    \
    }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

#define PWRITEV(name, off)                                              \
    ssize_t name(int descriptor, const struct iovec *pieces, int count, off offset) \
    {                                                                   \
        REAL(name);                                                     \
        if (!file(descriptor)) return real(descriptor, pieces, count, offset); \
        pthread_mutex_lock(&lock);                                      \
        ssize_t done = real(descriptor, pieces, count, offset);         \
        ssize_t rest = done;                                            \
        for (int i = 0; i < count && rest > 0; i++) {                   \
            ssize_t piece = (ssize_t)pieces[i].iov_len < rest ? (ssize_t)pieces[i].iov_len : rest; \
            wrote(descriptor, pieces[i].iov_base, piece, offset);       \
            offset += piece;                                            \
            rest -= piece;                                              \
        }                                                               \
        pthread_mutex_unlock(&lock);                                    \
        return done;                                                    \
    }
PWRITEV(pwritev, off_t)
PWRITEV(pwritev64, off64_t)

#define TRUNCATE(name, off)                                             \
    int name(int descriptor, off length)                                \
    {                                                                   \
        REAL(name);                                                     \
        pthread_mutex_lock(&lock);                                      \
        int done = real(descriptor, length);                            \
        if (done == 0 && file(descriptor)) note(TRUNCATED, file(descriptor), (uint64_t)length, NULL, 0, 0); \
        pthread_mutex_unlock(&lock);                                    \
        return done;                                                    \
    }
TRUNCATE(ftruncate, off_t)
TRUNCATE(ftruncate64, off64_t)

/* Files grow by these too, with zeros. */
#define ALLOCATE(name, off)                                             \
    int name(int descriptor, off offset, off length)                    \
    {                                                                   \
        REAL(name);                                                     \
        struct stat status;                                             \
        pthread_mutex_lock(&lock);                                      \
        int done = real(descriptor, offset, length);                    \
        if (done == 0 && file(descriptor) && fstat(descriptor, &status) == 0) \
            note(TRUNCATED, file(descriptor), (uint64_t)status.st_size, NULL, 0, 0); \
        pthread_mutex_unlock(&lock);                                    \
        return done;                                                    \
    }
ALLOCATE(posix_fallocate, off_t)
ALLOCATE(posix_fallocate64, off64_t)

#define SYNC(name)                                                      \
    int name(int descriptor)                                            \
    {                                                                   \
        REAL(name);                                                     \
        pthread_mutex_lock(&lock);                                      \
        uint64_t before = records;                                      \
        pthread_mutex_unlock(&lock);                                    \
        int done = real(descriptor);                                    \
        pthread_mutex_lock(&lock);                                      \
        if (done == 0 && file(descriptor)) note(SYNCED, file(descriptor), 0, NULL, 0, before); \
        pthread_mutex_unlock(&lock);                                    \
        return done;                                                    \
    }
SYNC(fsync)
SYNC(fdatasync)

int unlink(const char *path)
{
    REAL(unlink);
    pthread_mutex_lock(&lock);
    int done = real(path);
    int file = done == 0 ? number_of(path) : 0;
    if (file) note(REMOVED, (uint32_t)file, 0, NULL, 0, 0);
    pthread_mutex_unlock(&lock);
    return done;
}
