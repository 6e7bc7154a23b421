#ifndef CZLIB_SHIM_H
#define CZLIB_SHIM_H

#include <zlib.h>

// `inflateInit2` is a macro; -MAX_WBITS asks for a raw deflate stream, as zip
// members are.
static inline int CZlib_inflateInitRaw(z_stream *stream) {
  return inflateInit2(stream, -MAX_WBITS);
}

#endif
