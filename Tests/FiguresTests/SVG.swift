import Foundation
import FoundationXML

/// An element of an SVG, with the text in it.
struct Element {
  var name: String
  var attributes: [String: String]
  var text = ""

  func number(_ name: String) -> Double? { attributes[name].flatMap(Double.init) }
  var classes: [String] { (attributes["class"] ?? "").split(separator: " ").map(String.init) }
}

/// Reads SVG; `nil` unless it is well-formed XML.
func elements(of svg: String) -> [Element]? {
  let reader = Reader()
  let parser = XMLParser(data: Data(svg.utf8))
  parser.delegate = reader
  return parser.parse() ? reader.elements : nil
}

private final class Reader: NSObject, XMLParserDelegate {
  var elements: [Element] = []
  private var open: [Int] = []

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
    attributes: [String: String]
  ) {
    var attributes = attributes
    // A text has the classes of its group as well.
    if name == "text", let group = open.last.map({ elements[$0] }), group.name == "g" {
      attributes["class"] = group.attributes["class"]
      let shift = numbers(in: group.attributes["transform"] ?? "").values
      for (axis, offset) in zip(["x", "y"], shift) {
        attributes[axis] = "\((attributes[axis].flatMap(Double.init) ?? 0) + offset)"
      }
    }
    open.append(elements.count)
    elements.append(Element(name: name, attributes: attributes))
  }

  func parser(_ parser: XMLParser, didEndElement: String, namespaceURI: String?, qualifiedName: String?) {
    open.removeLast()
  }

  func parser(_ parser: XMLParser, foundCharacters string: String) {
    if let last = open.last { elements[last].text += string }
  }
}

/// The numbers in a text, and the text without them.
func numbers(in text: String) -> (skeleton: String, values: [Double]) {
  var skeleton = ""
  var values: [Double] = []
  var rest = Substring(text)
  while let first = rest.first {
    let digits = rest.prefix { $0.isASCII && ($0.isNumber || ".-+e".contains($0)) }
    if first.isASCII, first.isNumber || "-.".contains(first), let length = longestNumber(digits) {
      values.append(Double(digits.prefix(length)) ?? 0)
      skeleton += "#"
      rest = rest.dropFirst(length)
    } else {
      skeleton.append(first)
      rest = rest.dropFirst()
    }
  }
  return (skeleton, values)
}

/// The first number of a run of digits, signs and points.
private func longestNumber(_ digits: Substring) -> Int? {
  var end = digits.startIndex
  var (hasPoint, hasDigit) = (false, false)
  if digits.first == "-" { end = digits.index(after: end) }
  while end < digits.endIndex {
    if digits[end] == "." {
      if hasPoint { break }
      hasPoint = true
    } else if digits[end].isNumber {
      hasDigit = true
    } else {
      break
    }
    end = digits.index(after: end)
  }
  return hasDigit ? digits.distance(from: digits.startIndex, to: end) : nil
}
