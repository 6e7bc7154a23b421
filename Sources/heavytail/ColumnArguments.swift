import Analysis
import ArgumentParser
import ModelReading

/// Columns of the report by their names.
enum ColumnArguments {
  /// - Parameter text: names with commas between them.
  /// - Throws: wrong usage, if one is no column.
  static func columns(_ text: String, option: String) throws -> [Column] {
    let names = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    return try zip(names, Column.named(names)).map { name, column in
      guard let column else {
        throw ValidationError("\(option): '\(printable(name))' is no column\n  hint: heavytail explain lists them")
      }
      return column
    }
  }
}
