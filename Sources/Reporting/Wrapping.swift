/// `text` in lines of at most `width` characters, broken at spaces; words longer than that stand alone.
/// - Parameter indent: spaces before every line but the first.
package func wrapped(_ text: String, width: Int?, indent: Int = 0) -> [String] {
  guard let width, text.count > width else { return [text] }
  let margin = String(repeating: " ", count: indent)
  var lines: [String] = []
  var line = String(text.prefix { $0 == " " })
  var isEmpty = true
  for word in text.split(separator: " ") {
    if !isEmpty, line.count + 1 + word.count > width {
      lines.append(line)
      line = margin
      isEmpty = true
    }
    line += (isEmpty ? "" : " ") + word
    isEmpty = false
  }
  return lines + [line]
}
