/*
 * Recorder between a program and the disk (LD_PRELOAD, Linux, 64 bits): writes down every call that changes a file under one
 * folder, and every flush, in the order in which they took effect; or makes one of them fail or hang.
 *
 *   HYPERFLEET_TEST_RECORDER_ROOT   the folder, an absolute path
 *   HYPERFLEET_TEST_RECORDER_TRACE  file to which the events are appended (see event())
 *   HYPERFLEET_TEST_RECORDER_KILL   number of the event after which the process kills itself
 *   HYPERFLEET_TEST_RECORDER_KILL_SYNC  number of the syncing write (O_DSYNC) in which it kills itself: written, and not flushed
 *   HYPERFLEET_TEST_RECORDER_FAULT  call:nth:fault:needle - the nth such call on a path that holds the needle, from 1 on; the fault
 *                              is an error number, "short" (half of the bytes are written) or "block" (never returns)
 *   HYPERFLEET_TEST_RECORDER_ARM    with a fault: calls are counted only while this file exists
 *   HYPERFLEET_TEST_RECORDER_FULL   while this file exists, every write fails with ENOSPC, as on a disk without room
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))
#define MAX_FILES 4096
#define MAX_PARTS 1024

enum kind { OPEN = 1, WRITE, TRUNCATE, FLUSH, FLUSHED, UNLINK, RENAME, MKDIR, RMDIR, CLOSE, MAP };

/* State of an open descriptor; id 0: not under the root. */
static struct { uint32_t id; int flags; dev_t device; ino_t inode; char path[PATH_MAX]; } files[MAX_FILES];

/* Held while a call changes a file and is written down: so the trace has the order of the effects. Not held by a flush. */
static pthread_mutex_t order = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static char root[PATH_MAX];
static size_t root_length;
static int trace = -1;
static uint32_t last_id;
static long events, kill_after, syncs, kill_in_sync;
static const char *arm, *full;
static struct { char call[16]; long nth; int error; int is_short, is_block; char needle[256]; long seen; } fault;

static void read_fault(const char *text) {
  char what[16];
  if (sscanf(text, "%15[^:]:%ld:%15[^:]:%255s", fault.call, &fault.nth, what, fault.needle) < 3) abort();
  fault.is_short = !strcmp(what, "short");
  fault.is_block = !strcmp(what, "block");
  fault.error = atoi(what);
}

static void start(void) {
  const char *text = getenv("HYPERFLEET_TEST_RECORDER_ROOT");
  if (text == NULL) return;
  root_length = strlen(strcpy(root, text));
  if ((text = getenv("HYPERFLEET_TEST_RECORDER_KILL"))) kill_after = atol(text);
  if ((text = getenv("HYPERFLEET_TEST_RECORDER_KILL_SYNC"))) kill_in_sync = atol(text);
  if ((text = getenv("HYPERFLEET_TEST_RECORDER_FAULT"))) read_fault(text);
  arm = getenv("HYPERFLEET_TEST_RECORDER_ARM");
  full = getenv("HYPERFLEET_TEST_RECORDER_FULL");
  if ((text = getenv("HYPERFLEET_TEST_RECORDER_TRACE")))
    trace = syscall(SYS_openat, AT_FDCWD, text, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static void lock(void) {
  pthread_once(&once, start);
  pthread_mutex_lock(&order);
}

static void unlock(void) { int saved = errno; pthread_mutex_unlock(&order); errno = saved; }

/* One event: a header of 32 bytes, the path, the data. Called with the lock held. */
static void event(enum kind kind, uint32_t id, int64_t flags, int64_t offset, const char *path, const struct iovec *parts,
                  int count, size_t length) {
  struct { uint32_t kind, id; int64_t flags, offset; uint32_t path_length, length; } head = {
    kind, id, flags, offset, path ? strlen(path) : 0, length };
  struct iovec out[MAX_PARTS + 2] = { { &head, sizeof head }, { (void *)path, head.path_length } };
  int saved = errno, used = 2;
  if (trace < 0) return;
  for (int i = 0; i < count && length > 0; i++) {
    size_t part = parts[i].iov_len < length ? parts[i].iov_len : length;
    out[used++] = (struct iovec){ parts[i].iov_base, part };
    length -= part;
  }
  for (int i = 0; i < used; i += IOV_MAX) {
    int some = used - i < IOV_MAX ? used - i : IOV_MAX;
    if (syscall(SYS_writev, trace, out + i, some) < 0) abort();
  }
  if (++events == kill_after) kill(getpid(), SIGKILL);
  errno = saved;
}

/* The absolute form of a path, when it is under the root. */
static const char *under_root(const char *path, char *space) {
  pthread_once(&once, start);
  if (root_length == 0 || path == NULL) return NULL;
  if (path[0] != '/') {
    if (getcwd(space, PATH_MAX) == NULL || strlen(space) + strlen(path) + 2 > PATH_MAX) return NULL;
    strcat(strcat(space, "/"), path);
    path = space;
  }
  if (strncmp(path, root, root_length) || (path[root_length] != '/' && path[root_length] != 0)) return NULL;
  return path;
}

/* Looked up by its file, because libuv closes descriptors by a bare system call, and their numbers come again. */
static int known(int fd) {
  struct stat found;
  pthread_once(&once, start);
  if (fd < 0 || fd >= MAX_FILES || files[fd].id == 0) return 0;
  if (fstat(fd, &found) == 0 && found.st_dev == files[fd].device && found.st_ino == files[fd].inode) return 1;
  files[fd].id = 0;
  return 0;
}

/* Fault of this call: 0 for none, an error number, or -1 for a short write. Never returns from a block. */
static int injected(const char *call, const char *path) {
  if (full && !access(full, F_OK) && (strstr(call, "write"))) return ENOSPC;
  if (fault.nth == 0 || strcmp(call, fault.call) || !strstr(path, fault.needle)) return 0;
  if (arm && access(arm, F_OK)) return 0;
  if (__sync_add_and_fetch(&fault.seen, 1) != fault.nth) return 0;
  dprintf(STDERR_FILENO, "recorder: fault in %s of %s\n", call, path);
  while (fault.is_block) pause();
  return fault.is_short ? -1 : fault.error;
}

#define FAIL_IF(call, path) \
  do { int error = injected(call, path); if (error > 0) { errno = error; return -1; } } while (0)

static int open_file(int folder, const char *given, int flags, mode_t mode) {
  char space[PATH_MAX];
  const char *path = folder == AT_FDCWD || given[0] == '/' ? under_root(given, space) : NULL;
  if (path == NULL) {
    int fd = syscall(SYS_openat, folder, given, flags, mode);
    if (fd >= 0 && fd < MAX_FILES) files[fd].id = 0;
    return fd;
  }
  FAIL_IF("open", path);
  lock();
  int fd = syscall(SYS_openat, folder, given, flags, mode);
  if (fd >= MAX_FILES) abort();
  if (fd >= 0) {
    files[fd].id = ++last_id;
    struct stat made;
    if (fstat(fd, &made) != 0) abort();
    files[fd].device = made.st_dev;
    files[fd].inode = made.st_ino;
    files[fd].flags = flags;
    strcpy(files[fd].path, path);
    event(OPEN, last_id, flags, 0, path, NULL, 0, 0);
  }
  unlock();
  return fd;
}

static mode_t mode_of(int flags, va_list more) { return flags & (O_CREAT | __O_TMPFILE) ? va_arg(more, mode_t) : 0; }

#define OPEN_LIKE(name, parameters, folder) \
  EXPORT int name parameters { \
    va_list more; va_start(more, flags); mode_t mode = mode_of(flags, more); va_end(more); \
    return open_file(folder, path, flags, mode); \
  }
OPEN_LIKE(open, (const char *path, int flags, ...), AT_FDCWD)
OPEN_LIKE(open64, (const char *path, int flags, ...), AT_FDCWD)
OPEN_LIKE(openat, (int folder, const char *path, int flags, ...), folder)
OPEN_LIKE(openat64, (int folder, const char *path, int flags, ...), folder)

EXPORT int close(int fd) {
  if (!known(fd)) return syscall(SYS_close, fd);
  lock();
  event(CLOSE, files[fd].id, 0, 0, NULL, NULL, 0, 0);
  files[fd].id = 0;
  int result = syscall(SYS_close, fd);
  unlock();
  return result;
}

/* All writes: at an offset, or with offset -1 where the descriptor stands. */
static ssize_t write_parts(const char *call, int fd, const struct iovec *parts, int count, off64_t offset) {
  struct iovec half;
  int error = known(fd) ? injected(files[fd].flags & O_DSYNC ? "syncwrite" : call, files[fd].path) : 0;
  if (error > 0) { errno = error; return -1; }
  if (error < 0) { half = (struct iovec){ parts[0].iov_base, parts[0].iov_len / 2 }; parts = &half; count = 1; }
  if (!known(fd))
    return offset < 0 ? syscall(SYS_writev, fd, parts, count) : syscall(SYS_pwritev, fd, parts, count, offset, 0);
  lock();
  ssize_t done = offset < 0 ? syscall(SYS_writev, fd, parts, count) : syscall(SYS_pwritev, fd, parts, count, offset, 0);
  if (done > 0) {
    int saved = errno;
    if (offset < 0) offset = syscall(SYS_lseek, fd, 0, SEEK_CUR) - done;
    errno = saved;
    int flags = files[fd].flags, is_last = (flags & O_DSYNC) && ++syncs == kill_in_sync;
    event(WRITE, files[fd].id, is_last ? flags & ~O_DSYNC : flags, offset, NULL, parts, count, done);
    if (is_last) kill(getpid(), SIGKILL);
  }
  unlock();
  return done;
}

EXPORT ssize_t write(int fd, const void *data, size_t length) {
  if (!known(fd)) return syscall(SYS_write, fd, data, length);
  return write_parts("write", fd, &(struct iovec){ (void *)data, length }, 1, -1);
}
EXPORT ssize_t writev(int fd, const struct iovec *parts, int count) { return write_parts("writev", fd, parts, count, -1); }
EXPORT ssize_t pwrite64(int fd, const void *data, size_t length, off64_t offset) {
  return write_parts("pwrite", fd, &(struct iovec){ (void *)data, length }, 1, offset);
}
EXPORT ssize_t pwrite(int fd, const void *data, size_t length, off_t offset) { return pwrite64(fd, data, length, offset); }
EXPORT ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t offset) {
  return write_parts("pwritev", fd, parts, count, offset);
}
EXPORT ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset) {
  return pwritev64(fd, parts, count, offset);
}

EXPORT int ftruncate64(int fd, off64_t size) {
  if (!known(fd)) return syscall(SYS_ftruncate, fd, size);
  FAIL_IF("ftruncate", files[fd].path);
  lock();
  int result = syscall(SYS_ftruncate, fd, size);
  if (result == 0) event(TRUNCATE, files[fd].id, 0, size, NULL, NULL, 0, 0);
  unlock();
  return result;
}
EXPORT int ftruncate(int fd, off_t size) { return ftruncate64(fd, size); }

static int flush(const char *call, long number, int fd) {
  if (!known(fd)) return syscall(number, fd);
  FAIL_IF(call, files[fd].path);
  lock();
  uint32_t id = files[fd].id, flush = ++last_id;
  event(FLUSH, id, flush, 0, NULL, NULL, 0, 0);
  unlock();
  int result = syscall(number, fd);
  lock();
  if (result == 0) event(FLUSHED, id, flush, 0, NULL, NULL, 0, 0);
  unlock();
  return result;
}
EXPORT int fsync(int fd) { return flush("fsync", SYS_fsync, fd); }
EXPORT int fdatasync(int fd) { return flush("fdatasync", SYS_fdatasync, fd); }

/* Changes of a folder: of the path, and for RENAME to the path in `data`. */
static int change_name(enum kind kind, const char *call, const char *given, const char *to, mode_t mode) {
  char space[PATH_MAX], to_space[PATH_MAX];
  const char *path = under_root(given, space), *target = to ? under_root(to, to_space) : NULL;
  if (path) FAIL_IF(call, path);
  lock();
  int result = kind == UNLINK  ? syscall(SYS_unlinkat, AT_FDCWD, given, 0)
               : kind == RMDIR ? syscall(SYS_unlinkat, AT_FDCWD, given, AT_REMOVEDIR)
               : kind == MKDIR ? syscall(SYS_mkdirat, AT_FDCWD, given, mode)
                               : syscall(SYS_renameat2, AT_FDCWD, given, AT_FDCWD, to, 0);
  if (result == 0 && (path || target)) {
    const struct iovec part = { (void *)(target ? target : ""), target ? strlen(target) : 0 };
    event(kind, 0, 0, 0, path ? path : given, &part, 1, part.iov_len);
  }
  unlock();
  return result;
}
EXPORT int unlink(const char *path) { return change_name(UNLINK, "unlink", path, NULL, 0); }
EXPORT int rmdir(const char *path) { return change_name(RMDIR, "rmdir", path, NULL, 0); }
EXPORT int mkdir(const char *path, mode_t mode) { return change_name(MKDIR, "mkdir", path, NULL, mode); }
EXPORT int rename(const char *path, const char *to) { return change_name(RENAME, "rename", path, to, 0); }
EXPORT int remove(const char *path) {
  int result = unlink(path);
  return result != 0 && errno == EISDIR ? rmdir(path) : result;
}

/* Writes through a map pass the recorder by: it notes the map, for the test to know whose file that is. */
EXPORT void *mmap64(void *address, size_t length, int protection, int flags, int fd, off64_t offset) {
  void *result = (void *)syscall(SYS_mmap, address, length, protection, flags, fd, offset);
  if (result != MAP_FAILED && known(fd) && (protection & PROT_WRITE) && (flags & MAP_SHARED)) {
    lock();
    event(MAP, files[fd].id, flags, offset, NULL, NULL, 0, 0);
    unlock();
  }
  return result;
}
EXPORT void *mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset) {
  return mmap64(address, length, protection, flags, fd, offset);
}
