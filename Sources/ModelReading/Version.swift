/// Semantic version of this package: of its libraries and of the program `heavytail`.
///
/// The files that these write and read have versions of their own, in their `schema`; README.md says what each promises.
public let heavyTailVersion = "0.1.0"
