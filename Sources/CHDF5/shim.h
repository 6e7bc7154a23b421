#ifndef CHDF5_SHIM_H
#define CHDF5_SHIM_H

#include <hdf5.h>
#include <hdf5_hl.h>

// HDF5 spells its predefined identifiers as macros over comma expressions,
// `(H5open(), H5T_..._g)`, which the importer cannot see. As functions they
// also keep the library's initialisation on first use.

static inline hid_t CHDF5_nativeDouble(void) { return H5T_NATIVE_DOUBLE; }
static inline hid_t CHDF5_nativeInt64(void) { return H5T_NATIVE_INT64; }
static inline hid_t CHDF5_cString(void) { return H5T_C_S1; }
static inline size_t CHDF5_variableLength(void) { return H5T_VARIABLE; }
static inline hid_t CHDF5_nativeFloat(void) { return H5T_NATIVE_FLOAT; }
static inline unsigned CHDF5_createTruncating(void) { return H5F_ACC_TRUNC; }
static inline hid_t CHDF5_fileAccess(void) { return H5P_FILE_ACCESS; }
static inline hid_t CHDF5_fileCreate(void) { return H5P_FILE_CREATE; }
static inline hid_t CHDF5_datasetCreate(void) { return H5P_DATASET_CREATE; }
static inline hid_t CHDF5_linkCreate(void) { return H5P_LINK_CREATE; }
static inline haddr_t CHDF5_undefinedAddress(void) { return HADDR_UNDEF; }
static inline unsigned CHDF5_objectBasics(void) { return H5O_INFO_BASIC; }

// Silences HDF5's own printing of its error stack; the stack is read instead.
static inline herr_t CHDF5_silenceErrors(void) {
  return H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
}

// The unsuffixed names below stand for different functions from one build of
// HDF5 to the next; here the version that is meant is written down.

// Calls `visit` with each link's name, type and, for a hard link, address.
static inline herr_t CHDF5_iterateLinks(hid_t group, H5_index_t order, H5L_iterate_t visit, void *context) {
  hsize_t position = 0;
  return H5Literate(group, order, H5_ITER_INC, &position, visit, context);
}

// An image of a file that is read where it lies: the bytes are neither copied nor freed.
static inline hid_t CHDF5_openImage(const void *bytes, size_t count) {
  return H5LTopen_file_image((void *)bytes, count, H5LT_FILE_IMAGE_DONT_COPY | H5LT_FILE_IMAGE_DONT_RELEASE);
}

#endif
