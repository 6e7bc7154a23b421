import Analysis
public import ModelReading
import StrictJSON

/// What a file of trace rows holds: which checkpoints are in it, and how far it is whole.
///
/// A program that is killed while it writes leaves a row cut, or a checkpoint without its last rows.
public struct TraceFile: Sendable {
  /// Checkpoints all of whose rows are there: the last stamp of each path.
  public private(set) var checkpoints: [String: FileStamp] = [:]
  /// What follows was being written when the program was killed.
  public private(set) var wholeByteCount = 0

  /// - Parameters:
  ///   - bytes: of a file that was written with `rows`, or of none.
  ///   - path: for errors.
  /// - Throws: `.unsupported` if it is something else, or has other columns: nothing may be appended to it.
  public init(_ bytes: [UInt8], rows: TraceRows, path: String) throws(ReadError) {
    var records = rows.form == .csv ? CSVRecords.ended(in: bytes) : TraceFile.lines(bytes)
    let beginning = Array((rows.form == .csv ? rows.header : "{\"\(TraceRows.common[0])\":").utf8)
    let isCutAtOnce = records.isEmpty && (bytes.starts(with: beginning) || beginning.starts(with: bytes))
    guard bytes.isEmpty || isCutAtOnce || bytes.starts(with: beginning) else { throw TraceFile.foreign(path) }
    if rows.form == .csv, !records.isEmpty { wholeByteCount = records.removeFirst().end }
    var group: (row: Row, count: Int)?
    for record in records {
      guard
        let row = rows.form == .csv
          ? TraceFile.row(ofCSV: bytes[record.range])
          : TraceFile.row(
            ofJSON: bytes[record.range], rows.names)
      else { throw TraceFile.foreign(path) }
      let count = group?.row == row ? group!.count + 1 : 1
      group = (row, count)
      guard count == row.rows else { continue }
      checkpoints[row.path] = row.stamp
      wholeByteCount = record.end
      group = nil
    }
  }

  private static func foreign(_ path: String) -> ReadError {
    ReadError(
      .unsupported, "holds something else than the rows of this trace", file: path,
      hint: "give another --output, or the --format and --columns that it was begun with")
  }

  // MARK: Records

  private struct Row: Equatable {
    var path: String
    var stamp: FileStamp
    var rows: Int
  }

  /// Lines that are ended, without their end.
  private static func lines(_ bytes: [UInt8]) -> [CSVRecords.Record] {
    var records: [CSVRecords.Record] = []
    var start = 0
    for (index, byte) in bytes.enumerated() where byte == UInt8(ascii: "\n") {
      records.append((start..<index, index + 1))
      start = index + 1
    }
    return records
  }

  private static func row(ofCSV record: ArraySlice<UInt8>) -> Row? {
    let fields = CSVRecords.fields(record)
    func integer(_ name: String) -> Int? { TraceRows.common.firstIndex(of: name).flatMap { Int(fields[$0]) } }
    guard fields.count >= TraceRows.common.count, let path = TraceRows.common.firstIndex(of: "path"),
      let byteCount = integer("byte_count"), let modified = integer("modified_ns"), let rows = integer("rows")
    else { return nil }
    return Row(path: fields[path], stamp: FileStamp(byteCount: byteCount, modified: modified), rows: rows)
  }

  private static func row(ofJSON line: ArraySlice<UInt8>, _ names: [String]) -> Row? {
    let source = ByteSource(owned: Array(line), label: "row")
    guard let json = try? JSON.parse(source, limits: Limits()), json.members.map(\.key.description) == names,
      let path = json["path"]?.string, let byteCount = json["byte_count"]?.int,
      let modified = json["modified_ns"]?.int, let rows = json["rows"]?.int
    else { return nil }
    return Row(path: path, stamp: FileStamp(byteCount: byteCount, modified: modified), rows: rows)
  }
}
