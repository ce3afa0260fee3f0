/* A disk that loses power or fails, for one database: preloaded into a program, it stands between it and the kernel.
 *
 * WARDSTOCK_DISK        path of the database; its -wal and -journal belong to it
 * WARDSTOCK_DISK_LOG    every write, cut, removal and sync is written down here, in order; nothing is really synced
 * WARDSTOCK_DISK_FAULT  a file of one byte, looked at each time: '-' all is well, 'f' the disk is full,
 *                       'w' writes fail, 's' syncs fail
 *
 * Calls go to the kernel directly, so that no other library has to be found first. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#define FILES_MAX 65536
static unsigned char part_of[FILES_MAX]; /* 0: not ours, 1: the database, 2: its log, 3: its journal */
static pthread_mutex_t order = PTHREAD_MUTEX_INITIALIZER;
static int log_file = -2;
static volatile char *fault = NULL;

struct step {
  uint32_t what, part;
  int64_t at, length;
};

static int part_of_path(const char *path) {
  const char *database = getenv("WARDSTOCK_DISK");
  size_t length = database ? strlen(database) : 0;
  if (!length || strncmp(path, database, length)) return 0;
  if (!path[length]) return 1;
  if (!strcmp(path + length, "-wal")) return 2;
  return strcmp(path + length, "-journal") ? 0 : 3;
}

static void start(void) {
  if (log_file != -2) return;
  const char *path = getenv("WARDSTOCK_DISK_LOG");
  log_file = path ? (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
  path = getenv("WARDSTOCK_DISK_FAULT");
  if (path) {
    int file = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
    void *seen = mmap(NULL, 1, PROT_READ, MAP_SHARED, file, 0);
    fault = seen == MAP_FAILED ? NULL : seen;
  }
}

static void note(char what, int part, int64_t at, const void *bytes, int64_t length) {
  if (log_file < 0) return;
  struct step step = {(uint32_t)what, (uint32_t)part, at, length};
  struct iovec both[2] = {{&step, sizeof step}, {(void *)bytes, bytes ? (size_t)length : 0}};
  ssize_t written = syscall(SYS_writev, log_file, both, bytes ? 2 : 1);
  if (written < (ssize_t)sizeof step) abort();
}

static int part(int file) { return file >= 0 && file < FILES_MAX ? part_of[file] : 0; }

static int fails(char also) {
  if (!fault || (*fault != also && !(*fault == 'f' && also == 'w'))) return 0;
  errno = *fault == 'f' ? ENOSPC : EIO;
  return 1;
}

static int open_it(int folder, const char *path, int flags, mode_t mode) {
  int file = (int)syscall(SYS_openat, folder, path, flags, mode);
  if (file >= 0 && file < FILES_MAX) part_of[file] = (unsigned char)part_of_path(path);
  return file;
}

#define MODE(after)                                        \
  mode_t mode = 0;                                         \
  if (flags & (O_CREAT | O_TMPFILE)) {                     \
    va_list rest;                                          \
    va_start(rest, after);                                 \
    mode = (mode_t)va_arg(rest, int);                      \
    va_end(rest);                                          \
  }
int open(const char *path, int flags, ...) { MODE(flags) return open_it(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE(flags) return open_it(AT_FDCWD, path, flags, mode); }
int openat(int folder, const char *path, int flags, ...) { MODE(flags) return open_it(folder, path, flags, mode); }
int openat64(int folder, const char *path, int flags, ...) { MODE(flags) return open_it(folder, path, flags, mode); }

int close(int file) {
  if (file >= 0 && file < FILES_MAX) part_of[file] = 0;
  return (int)syscall(SYS_close, file);
}

static ssize_t write_at(int file, const void *bytes, size_t length, off64_t at) {
  if (!part(file)) return syscall(SYS_pwrite64, file, bytes, length, at);
  pthread_mutex_lock(&order);
  start();
  ssize_t written = fails('w') ? -1 : syscall(SYS_pwrite64, file, bytes, length, at);
  if (written > 0) note('W', part(file), at, bytes, written);
  pthread_mutex_unlock(&order);
  return written;
}
ssize_t pwrite(int file, const void *bytes, size_t length, off_t at) { return write_at(file, bytes, length, at); }
ssize_t pwrite64(int file, const void *bytes, size_t length, off64_t at) { return write_at(file, bytes, length, at); }

ssize_t write(int file, const void *bytes, size_t length) {
  if (part(file)) abort(); /* SQLite writes by place; else this file needs another line */
  return syscall(SYS_write, file, bytes, length);
}

static int sync_it(int file) {
  if (!part(file)) return (int)syscall(SYS_fdatasync, file);
  pthread_mutex_lock(&order);
  start();
  int done = fails('s') ? -1 : log_file >= 0 ? 0 : (int)syscall(SYS_fdatasync, file);
  if (!done) note('S', part(file), 0, NULL, 0);
  pthread_mutex_unlock(&order);
  return done;
}
int fsync(int file) { return sync_it(file); }
int fdatasync(int file) { return sync_it(file); }

static int cut(int file, off64_t length) {
  if (!part(file)) return (int)syscall(SYS_ftruncate, file, length);
  pthread_mutex_lock(&order);
  start();
  int done = fails('w') ? -1 : (int)syscall(SYS_ftruncate, file, length);
  if (!done) note('T', part(file), length, NULL, 0);
  pthread_mutex_unlock(&order);
  return done;
}
int ftruncate(int file, off_t length) { return cut(file, length); }
int ftruncate64(int file, off64_t length) { return cut(file, length); }

int unlink(const char *path) {
  int gone = part_of_path(path);
  pthread_mutex_lock(&order);
  start();
  int done = (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
  if (!done && gone) note('U', gone, 0, NULL, 0);
  pthread_mutex_unlock(&order);
  return done;
}
