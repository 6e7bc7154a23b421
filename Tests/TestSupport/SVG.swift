import Foundation
import FoundationXML

/// An element of an SVG, with the text in it.
public struct Element {
  public var name: String
  public var attributes: [String: String]
  public var text = ""

  public func number(_ name: String) -> Double? { attributes[name].flatMap(Double.init) }
  public var classes: [String] { (attributes["class"] ?? "").split(separator: " ").map(String.init) }
}

/// Reads SVG; `nil` unless it is well-formed XML.
public func elements(of svg: String) -> [Element]? {
  let reader = Reader()
  let parser = XMLParser(data: Data(svg.utf8))
  parser.delegate = reader
  return parser.parse() ? reader.elements : nil
}

/// What differs between two drawings of the same: other elements, texts, attributes, or numbers that are further apart than
/// rounding brings them. The style sheet does not count.
public func differences(from expected: String, to actual: String) -> [String] {
  guard let wanted = elements(of: expected), let found = elements(of: actual) else { return ["no SVG"] }
  guard wanted.map(\.name) == found.map(\.name) else { return ["other elements"] }
  return zip(wanted, found).filter { $0.0.name != "style" }.flatMap { wanted, found -> [String] in
    let name = wanted.name
    if wanted.text != found.text { return ["text of \(name): \(wanted.text), \(found.text)"] }
    guard Set(wanted.attributes.keys) == Set(found.attributes.keys) else { return ["attributes of \(name)"] }
    return wanted.attributes.filter { !isAlike($0.key, $0.value, found.attributes[$0.key] ?? "") }
      .map { "\($0.key) of \(name): \($0.value), \(found.attributes[$0.key] ?? "")" }
  }
}

private func isAlike(_ attribute: String, _ wanted: String, _ found: String) -> Bool {
  let (wanted, found) = (numbers(in: wanted), numbers(in: found))
  guard wanted.skeleton == found.skeleton else { return false }
  // A tenth of a pixel is rounding, at both ends of a step.
  return zip(wanted.values, found.values).allSatisfy { first, second in
    abs(first - second) < (attribute.hasPrefix("data-") ? 1e-9 * abs(first) + 1e-300 : 0.21)
  }
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
public func numbers(in text: String) -> (skeleton: String, values: [Double]) {
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
