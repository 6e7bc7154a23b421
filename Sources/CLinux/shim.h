#ifndef CLINUX_SHIM_H
#define CLINUX_SHIM_H

// Functions that only Linux has: Swift's view of the C library is without them.

int memfd_create(const char *name, unsigned flags);
int pipe2(int ends[2], int flags);

// A file in memory, closed when another program starts.
static inline int CLinux_memoryFile(void) { return memfd_create("heavytail", 1U); }

// A pipe whose ends are closed when another program starts, from the moment they exist.
static inline int CLinux_pipe(int ends[2], int closeOnExec) { return pipe2(ends, closeOnExec); }

#endif
