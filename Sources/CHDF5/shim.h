#ifndef CHDF5_SHIM_H
#define CHDF5_SHIM_H

#include <hdf5.h>

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

// An image of a file that is read where it lies: the library asks for memory to copy it to and is given the image
// itself, which is what all of its copies of the access properties point to.

static inline void *CHDF5_image(size_t size, H5FD_file_image_op_t operation, void *image) { return image; }
static inline void *CHDF5_copyImage(
    void *copy, const void *image, size_t size, H5FD_file_image_op_t operation, void *data) {
  return copy;
}
static inline void *CHDF5_growImage(void *image, size_t size, H5FD_file_image_op_t operation, void *data) {
  return NULL;
}
static inline herr_t CHDF5_keepImage(void *image, H5FD_file_image_op_t operation, void *data) { return 0; }
static inline void *CHDF5_sameImage(void *image) { return image; }
static inline herr_t CHDF5_keepData(void *image) { return 0; }

// One image at a time: images have no names of their own that would tell them apart.
static inline hid_t CHDF5_openImage(const void *bytes, size_t count) {
  void *image = (void *)bytes;
  H5FD_file_image_callbacks_t callbacks = {
      CHDF5_image, CHDF5_copyImage, CHDF5_growImage, CHDF5_keepImage, CHDF5_sameImage, CHDF5_keepData, image};
  hid_t access = H5Pcreate(H5P_FILE_ACCESS);
  if (access < 0) return -1;
  hid_t file = -1;
  if (H5Pset_fapl_core(access, 1 << 16, 0) >= 0 && H5Pset_file_image_callbacks(access, &callbacks) >= 0 &&
      H5Pset_file_image(access, image, count) >= 0)
    file = H5Fopen("image", H5F_ACC_RDONLY, access);
  H5Pclose(access);
  return file;
}

#endif
