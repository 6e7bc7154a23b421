/// What became of a model, as the table `results` has it.
public enum ZooStatus {
  public static let ok = "ok"
  /// Some layer failed.
  public static let partial = "partial"
  public static let failed = "failed"
  /// Parts of the model have no result yet.
  public static let incomplete = "incomplete"
}
