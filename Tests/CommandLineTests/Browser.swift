import Foundation
import Glibc

struct BrowserError: Error {
  var message: String
}

/// A headless Chromium, told what to do through the pipes of its DevTools protocol.
final class Browser {
  /// What it reports by itself: the method's name and its parameters.
  private(set) var events: [(method: String, parameters: [String: Any])] = []

  private let process = Process()
  private let directory: String
  private let input: Int32
  private let output: Int32
  private var received: [UInt8] = []
  private var lastID = 0
  private var session: String?

  /// Seconds that any one answer may take.
  private static let patience = 60

  /// Where the program is; `nil` where there is none.
  static let program = ["chromium", "chromium-browser", "google-chrome"].flatMap { name in
    ["/usr/bin/", "/usr/local/bin/", "/snap/bin/"].map { $0 + name }
  }.first { FileManager.default.isExecutableFile(atPath: $0) }

  /// - Parameter directory: a folder of its own, for its profile and for what it saves.
  init(in directory: String) throws {
    self.directory = directory
    let (commands, answers) = (directory + "/commands", directory + "/answers")
    guard unsafe mkfifo(commands, 0o600) == 0, unsafe mkfifo(answers, 0o600) == 0 else {
      throw BrowserError(message: "cannot make pipes in \(directory)")
    }
    process.executableURL = URL(fileURLWithPath: "/bin/bash")
    // The protocol is spoken at descriptors 3 and 4.
    process.arguments =
      ["-c", "exec \"$0\" \"$@\" 3<\"$COMMANDS\" 4>\"$ANSWERS\"", Browser.program ?? ""] + [
        "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync", "--mute-audio",
        "--force-color-profile=srgb", "--remote-debugging-pipe", "--user-data-dir=\(directory)/profile", "about:blank",
      ]
    process.environment = ProcessInfo.processInfo.environment.merging(
      ["COMMANDS": commands, "ANSWERS": answers, "HOME": directory]) { $1 }
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    // Opened for both directions neither waits for the other side.
    input = unsafe Glibc.open(commands, O_RDWR | O_CLOEXEC)
    output = unsafe Glibc.open(answers, O_RDWR | O_CLOEXEC)
    guard input >= 0, output >= 0 else { throw BrowserError(message: "cannot open pipes in \(directory)") }
    try process.run()
    let target = try send("Target.createTarget", ["url": "about:blank"])
    let attached = try send(
      "Target.attachToTarget", ["targetId": target["targetId"] ?? "", "flatten": true])
    session = attached["sessionId"] as? String
    for domain in ["Page", "Runtime", "Network", "Log"] { try send("\(domain).enable") }
  }

  deinit {
    if process.isRunning {
      process.terminate()
      process.waitUntilExit()
    }
    close(input)
    close(output)
  }

  // MARK: Commands

  /// Sends a command and waits for its answer.
  @discardableResult
  func send(_ method: String, _ parameters: [String: Any] = [:]) throws -> [String: Any] {
    lastID += 1
    var message: [String: Any] = ["id": lastID, "method": method, "params": parameters]
    if let session, !method.hasPrefix("Target."), !method.hasPrefix("Browser.") { message["sessionId"] = session }
    let bytes = Array(try JSONSerialization.data(withJSONObject: message)) + [0]
    var done = 0
    while done < bytes.count {
      let count = unsafe bytes.withUnsafeBytes { unsafe write(input, $0.baseAddress! + done, bytes.count - done) }
      guard count > 0 else { throw BrowserError(message: "Chromium takes no commands") }
      done += count
    }
    while true {
      let answer = try receive()
      guard let id = answer["id"] as? Int else {
        note(answer)
        continue
      }
      guard id == lastID else { continue }
      if let error = answer["error"] { throw BrowserError(message: "\(method): \(error)") }
      return answer["result"] as? [String: Any] ?? [:]
    }
  }

  /// Opens a page and waits until it is loaded.
  func open(_ path: String) throws {
    events = []
    try send("Page.navigate", ["url": "file://" + path])
    while !events.contains(where: { $0.method == "Page.loadEventFired" }) { note(try receive()) }
  }

  /// What an expression comes to, which may be a promise.
  @discardableResult
  func evaluate(_ expression: String) throws -> Any? {
    let answer = try send(
      "Runtime.evaluate",
      ["expression": expression, "returnByValue": true, "awaitPromise": true, "userGesture": true])
    if let details = answer["exceptionDetails"] { throw BrowserError(message: "\(expression.prefix(200)): \(details)") }
    return (answer["result"] as? [String: Any])?["value"]
  }

  func list(_ expression: String) throws -> [String] { try evaluate(expression) as? [String] ?? [] }

  /// The size of the window, and whether it prefers dark pages.
  func show(width: Int, height: Int = 900, isDark: Bool) throws {
    try send(
      "Emulation.setDeviceMetricsOverride",
      ["width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600])
    let scheme = ["name": "prefers-color-scheme", "value": isDark ? "dark" : "light"]
    try send("Emulation.setEmulatedMedia", ["features": [scheme]])
  }

  /// The whole page as PNG, for people: `HEAVYTAIL_SCREENSHOTS=FOLDER`.
  func takePicture(_ name: String) throws {
    guard let folder = ProcessInfo.processInfo.environment["HEAVYTAIL_SCREENSHOTS"] else { return }
    let answer = try send("Page.captureScreenshot", ["captureBeyondViewport": true])
    guard let data = (answer["data"] as? String).flatMap({ Data(base64Encoded: $0) }) else { return }
    try data.write(to: URL(fileURLWithPath: "\(folder)/\(name).png"))
  }

  // MARK: Answers

  private func note(_ message: [String: Any]) {
    guard let method = message["method"] as? String else { return }
    events.append((method, message["params"] as? [String: Any] ?? [:]))
  }

  /// The next message, whatever it is.
  private func receive() throws -> [String: Any] {
    while true {
      if let end = received.firstIndex(of: 0) {
        let message = Data(received[..<end])
        received.removeFirst(end + 1)
        return try JSONSerialization.jsonObject(with: message) as? [String: Any] ?? [:]
      }
      var waiting = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
      guard unsafe poll(&waiting, 1, Int32(Browser.patience * 1000)) > 0 else {
        throw BrowserError(message: "Chromium gives no answer")
      }
      var buffer = [UInt8](repeating: 0, count: 1 << 16)
      let count = unsafe read(output, &buffer, buffer.count)
      guard count > 0 else { throw BrowserError(message: "Chromium has gone") }
      received += buffer[..<count]
    }
  }
}
