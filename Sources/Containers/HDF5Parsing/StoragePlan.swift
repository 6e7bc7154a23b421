import CHDF5
import HDF5
import ModelReading

/// How a dataset is stored, found out without touching its values.
struct StoragePlan {
  private let layout: H5D_layout_t
  /// Why its values are not read, or `nil`.
  let refusal: String?

  /// `nil` if the library cannot tell.
  init?(_ dataset: hid_t) {
    guard let plan = Handle(H5Dget_create_plist(dataset), { H5Pclose($0) }) else { return nil }
    layout = H5Pget_layout(plan.id)
    if layout == H5D_VIRTUAL {
      refusal = "it is a virtual dataset, whose values lie in other files"
    } else if H5Pget_external_count(plan.id) > 0 {
      refusal = "its values lie in another file"
    } else {
      refusal = nil
    }
  }

  /// Where the values are: in one piece where that piece has just the size of the shape.
  func storage(_ dataset: hid_t, _ shape: [Int], _ elementWidth: Int) -> HDF5Index.Storage {
    let stored = Int(clamping: H5Dget_storage_size(dataset))
    switch layout {
    case H5D_CONTIGUOUS: return contiguous(dataset, shape, elementWidth, stored)
    case H5D_COMPACT: return .gathered(layout: "compact", storedByteCount: stored)
    case H5D_CHUNKED: return .gathered(layout: "chunked", storedByteCount: stored)
    default: return .refused(reason: "its storage is of an unknown kind")
    }
  }

  private func contiguous(
    _ dataset: hid_t, _ shape: [Int], _ elementWidth: Int, _ stored: Int
  ) -> HDF5Index.Storage {
    let address = H5Dget_offset(dataset)
    guard address != CHDF5_undefinedAddress(), let offset = Int(exactly: address) else {
      return .gathered(layout: "unallocated", storedByteCount: stored)
    }
    guard let count = Tensor.elementCount(shape) else { return .refused(reason: "its extents overflow") }
    let (byteCount, overflow) = count.multipliedReportingOverflow(by: elementWidth)
    return overflow
      ? .refused(reason: "its extents overflow") : .contiguous(offset: offset, byteCount: byteCount)
  }
}
