#ifndef CLINUX_SHIM_H
#define CLINUX_SHIM_H

#include <malloc.h>
#include <spawn.h>

// Functions that only Linux has: Swift's view of the C library is without them.

int memfd_create(const char *name, unsigned flags);
int pipe2(int ends[2], int flags);
int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int first);
int sync_file_range(int file, long offset, long count, unsigned flags);
int renameat2(int oldFolder, const char *oldPath, int newFolder, const char *newPath, unsigned flags);

// A file in memory, closed when another program starts.
static inline int CLinux_memoryFile(void) { return memfd_create("heavytail", 1U); }

// A pipe whose ends are closed when another program starts, from the moment they exist.
static inline int CLinux_pipe(int ends[2], int closeOnExec) { return pipe2(ends, closeOnExec); }

// All descriptors from this one on are closed in the program that starts.
static inline int CLinux_closeFrom(posix_spawn_file_actions_t *actions, int first) {
  return posix_spawn_file_actions_addclosefrom_np(actions, first);
}

// Begins to bring what has been written to the disk, and does not wait for it.
static inline int CLinux_startWriting(int file) {
  const unsigned write = 1U << 1; // SYNC_FILE_RANGE_WRITE
  return sync_file_range(file, 0, 0, write);
}

// Memory that is freed stays with the program, up to so many bytes at the end of each heap: what is needed over and over
// again does not come from the system each time. Pieces of this size and more still do.
static inline void CLinux_keepFreedMemory(int bytes) {
  mallopt(M_TRIM_THRESHOLD, bytes);
  mallopt(M_MMAP_THRESHOLD, bytes);
}

// Gives each of two paths the file of the other, in one step.
static inline int CLinux_exchange(const char *first, const char *second) {
  const int workingFolder = -100; // AT_FDCWD
  const unsigned exchange = 1U << 1; // RENAME_EXCHANGE
  return renameat2(workingFolder, first, workingFolder, second, exchange);
}

#endif
