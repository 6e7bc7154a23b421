#ifndef CHDF5_SHIM_H
#define CHDF5_SHIM_H

#include <hdf5.h>

// HDF5 spells its predefined identifiers as macros over comma expressions,
// `(H5open(), H5T_..._g)`, which the importer cannot see. As functions they
// also keep the library's initialisation on first use.

static inline hid_t CHDF5_nativeDouble(void) { return H5T_NATIVE_DOUBLE; }
static inline hid_t CHDF5_cString(void) { return H5T_C_S1; }
static inline size_t CHDF5_variableLength(void) { return H5T_VARIABLE; }
static inline unsigned CHDF5_openReadOnly(void) { return H5F_ACC_RDONLY; }
static inline hid_t CHDF5_fileAccess(void) { return H5P_FILE_ACCESS; }

// Silences HDF5's own printing of its error stack; the stack is read instead.
static inline herr_t CHDF5_silenceErrors(void) {
  return H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
}

#endif
