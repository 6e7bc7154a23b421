// swift-tools-version: 6.2
import PackageDescription

// A newer compiler may warn of more than today's: only CI turns warnings into errors.
let warnings: [SwiftSetting] = Context.environment["HEAVYTAIL_STRICT"] == nil ? [] : [.treatAllWarnings(as: .error)]

let strict: [SwiftSetting] =
  [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableExperimentalFeature("Lifetimes"),
    .strictMemorySafety(),
  ] + warnings

/// A library of ours under `Sources/`, or under `path` where that differs.
func module(_ name: String, _ dependencies: [Target.Dependency] = [], path: String? = nil) -> Target {
  .target(name: name, dependencies: dependencies, path: path, swiftSettings: strict)
}

/// A format-neutral decoder that readers share.
func container(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  module(name, ["ModelReading"] + dependencies, path: "Sources/Containers/\(name)")
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .testTarget(name: name, dependencies: ["TestSupport"] + dependencies, swiftSettings: strict)
}

/// A program of `Examples/`, compiled as a client's would be.
func example(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .executableTarget(name: name, dependencies: dependencies, path: "Examples/\(name)", swiftSettings: warnings)
}

/// A C library: a module map and a shim.
func systemLibrary(_ name: String, pkgConfig: String? = nil, apt: String) -> Target {
  .systemLibrary(name: name, path: "Sources/\(name)", pkgConfig: pkgConfig, providers: [.apt([apt])])
}

/// A reader plugin: one format, in one folder of Plugins, and its tests.
struct Reader {
  var name: String
  var dependencies: [Target.Dependency]
  var testDependencies: [Target.Dependency]

  init(_ name: String, _ dependencies: [Target.Dependency], tests: [Target.Dependency] = []) {
    self.name = name
    self.dependencies = dependencies
    testDependencies = tests
  }

  var targets: [Target] {
    [
      module(name, ["ModelReading"] + dependencies, path: "Plugins/\(name)"),
      tests("\(name)Tests", [.byName(name: name), "ModelReading"] + testDependencies),
    ]
  }
}

/// What `ModelReaders` registers.
let readers: [Reader] = [
  Reader(
    "SafetensorsReader", ["SafetensorsFormat", "Sharding", "StrictJSON", "StateDictionary", "HubConfiguration"]),
  Reader("NumPyReader", ["Zip", "Pickle", "NumPyFormat", "StateDictionary"]),
  Reader(
    "PyTorchReader",
    ["Zip", "Pickle", "NumPyFormat", "Sharding", "StrictJSON", "StateDictionary", "HubConfiguration"]),
  Reader(
    "KerasReader", ["Zip", "HDF5", "Pickle", "NumPyFormat", "Sharding", "StateDictionary", "StrictJSON"],
    tests: ["HDF5TestSupport", "heavytail-hdf5"]),
  Reader("ONNXReader", ["CONNX", "CProtobufC", "StateDictionary"]),
  Reader("GGUFReader", ["StateDictionary"]),
  Reader("LayerDumpReader", ["DumpFormat", "DumpReading"], tests: ["DumpFormat", "SafetensorsFormat"]),
]

/// Asks programs outside the tree.
let externalReader = Reader(
  "ExternalReader", ["ChildProcesses", "DumpFormat", "DumpReading", "StrictJSON"],
  tests: ["KerasReader", "heavytail-hdf5", "ReaderConformance"])

// libFuzzer brings the program's main: the target cannot be linked without it.
let fuzzers: [Target] =
  Context.environment["HEAVYTAIL_FUZZ"] == nil
  ? []
  : [
    .executableTarget(
      name: "fuzz",
      dependencies: [
        "FuzzingSupport", "ModelReaders", "ModelReading", "HDF5", "Zip", "Pickle", "NumPyFormat", "StrictJSON",
        "Sharding",
      ],
      path: "Tests/Fuzzing/LibFuzzer", swiftSettings: strict + [.unsafeFlags(["-parse-as-library"])])
  ]

let package = Package(
  name: "heavytail",
  products: [
    .executable(name: "heavytail", targets: ["heavytail"]),
    .executable(name: "heavytail-hdf5", targets: ["heavytail-hdf5"]),

    // For readers of one's own: the contract, and whether a reader obeys it.
    .library(name: "ModelReading", targets: ["ModelReading"]),
    .library(name: "ReaderConformance", targets: ["ReaderConformance"]),
    // For models: every built-in format, programs that read others, writing.
    .library(name: "ModelReaders", targets: ["ModelReaders", "ModelReading", "HDF5"]),
    .library(name: "ExternalReader", targets: ["ExternalReader"]),
    .library(name: "SafetensorsFormat", targets: ["SafetensorsFormat"]),
    // For numbers: spectra without C libraries, and those of matrices with OpenBLAS.
    .library(name: "SpectralCore", targets: ["SpectralCore"]),
    .library(name: "LinearAlgebra", targets: ["LinearAlgebra"]),
    // Everything: from the file to reports and dumps.
    .library(
      name: "ModelAnalysis",
      targets: [
        "ModelReaders", "ModelReading", "HDF5", "MatrixSlicing", "LinearAlgebra", "SpectralCore", "Analysis",
        "Figures", "Reporting", "LayerDump", "DumpFormat",
      ]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.0.0"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
  ],
  targets: [
    // C libraries: a module map and a shim each, nothing else.
    systemLibrary("CHDF5", pkgConfig: "hdf5", apt: "libhdf5-dev"),
    systemLibrary("COpenBLAS", apt: "libopenblas-dev"),
    systemLibrary("CLAPACKE", apt: "liblapacke-dev"),
    systemLibrary("CProtobufC", pkgConfig: "libprotobuf-c", apt: "libprotobuf-c-dev"),
    systemLibrary("CZlib", pkgConfig: "zlib", apt: "zlib1g-dev"),
    .systemLibrary(name: "CLinux", path: "Sources/CLinux"),
    .target(name: "CONNX", dependencies: ["CProtobufC"]),
    .target(name: "CKernels"),

    // What every reader speaks.
    module("ModelReading", ["CLinux"]),

    // Programs that are started for one question, with limits.
    module("ChildProcesses", ["CLinux"]),

    // Decoders that readers share.
    container("Zip", ["CZlib"]),
    container("Pickle", []),
    container("HDF5", ["CLinux", "ChildProcesses"]),
    container("HDF5Parsing", ["HDF5", "CHDF5"]),
    container("StrictJSON", []),
    container("Sharding", ["StrictJSON"]),
    container("NumPyFormat", ["Pickle"]),
    container("SafetensorsFormat", ["StrictJSON"]),
    container("DumpFormat", ["StrictJSON"]),
    container("DumpReading", ["DumpFormat", "SafetensorsFormat", "NumPyFormat"]),
    module("StateDictionary", ["ModelReading"]),
    module("HubConfiguration", ["ModelReading", "StrictJSON", "StateDictionary"]),

    // Readers.
    module("ModelReaders", ["ModelReading"] + readers.map { .byName(name: $0.name) }),

    // Numbers.
    module("LinearAlgebra", ["COpenBLAS", "CLAPACKE", "CKernels"]),
    module("SpectralCore"),
    module("Figures", ["SpectralCore"]),
    module("Statistics", ["SpectralCore"]),

    // The pipeline.
    module("MatrixSlicing", ["ModelReading"]),
    module("ReaderConformance", ["ModelReading", "MatrixSlicing"]),
    module("Analysis", ["ModelReading", "MatrixSlicing", "LinearAlgebra", "SpectralCore"]),
    module(
      "Reporting",
      [
        "ModelReading", "StrictJSON", "SpectralCore", "Analysis", "Figures",
        .product(name: "Crypto", package: "swift-crypto"),
      ]),
    module(
      "LayerDump",
      [
        "ModelReading", "MatrixSlicing", "DumpFormat", "SafetensorsFormat", "NumPyFormat", "StrictJSON", "Zip",
        "CLinux",
        .product(name: "Crypto", package: "swift-crypto"),
      ]),

    // Many models: what there is to do, the processes that do it, and the database of what came out.
    module(
      "Zoo",
      [
        "ModelReading", "ChildProcesses", "StrictJSON", "MatrixSlicing", "SpectralCore", "Analysis", "Figures",
        "Reporting", "Statistics",
        .product(name: "GRDB", package: "GRDB.swift"), .product(name: "Crypto", package: "swift-crypto"),
      ]),

    // The process that libhdf5 runs in: a crash there is an error here.
    .executableTarget(name: "heavytail-hdf5", dependencies: ["HDF5", "HDF5Parsing"], swiftSettings: strict),

    // The command line: the composition root, which alone adds readers outside the tree.
    .executableTarget(
      name: "heavytail",
      dependencies: [
        "ModelReading", "ModelReaders", "ExternalReader", "SafetensorsFormat", "MatrixSlicing", "LinearAlgebra",
        "SpectralCore", "Analysis", "Figures", "Reporting", "LayerDump", "DumpFormat", "ReaderConformance",
        "ChildProcesses", "CLinux", "Zoo",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict),

    // Tests.
    .target(
      name: "TestSupport", dependencies: ["ModelReading", "StrictJSON"], path: "Tests/TestSupport",
      swiftSettings: strict),
    tests("ModelReadingTests", ["ModelReading"]),
    tests("ChildProcessesTests", ["ChildProcesses"]),
    tests("StrictJSONTests", ["StrictJSON", "ModelReading"]),
    tests("ZipTests", ["Zip", "ModelReading"]),
    tests("PickleTests", ["Pickle", "ModelReading"]),
    .target(
      name: "HDF5TestSupport", dependencies: ["TestSupport", "CHDF5"], path: "Tests/HDF5TestSupport",
      swiftSettings: strict),
    tests("HDF5Tests", ["HDF5", "HDF5Parsing", "HDF5TestSupport", "heavytail-hdf5", "ModelReading"]),
    tests("NumPyFormatTests", ["NumPyFormat", "Pickle", "ModelReading"]),
    tests("SafetensorsFormatTests", ["SafetensorsFormat", "SafetensorsReader", "ModelReading"]),
    tests("StateDictionaryTests", ["StateDictionary", "ModelReading"]),
    tests("HubConfigurationTests", ["HubConfiguration", "StateDictionary", "StrictJSON", "ModelReading"]),
    tests("DumpFormatTests", ["DumpFormat", "ModelReading"]),
    tests(
      "LayerDumpTests",
      [
        "ModelReaders", "LayerDump", "DumpFormat", "Analysis", "MatrixSlicing", "ModelReading", "StrictJSON", "Zip",
        "heavytail-hdf5",
      ]),
    tests("LinearAlgebraTests", ["LinearAlgebra", "SpectralCore"]),
    tests("SpectralCoreTests", ["SpectralCore", "LinearAlgebra", "PhaseEnsembles"]),
    tests("StatisticsTests", ["Statistics"]),
    tests("FiguresTests", ["Figures", "SpectralCore"]),
    tests("MatrixSlicingTests", ["MatrixSlicing", "ModelReading"]),
    tests(
      "AnalysisTests",
      ["Analysis", "LinearAlgebra", "MatrixSlicing", "ModelReaders", "ModelReading", "SpectralCore", "heavytail-hdf5"]),
    tests("ReportingTests", ["Reporting", "Figures", "Analysis", "SpectralCore", "ModelReading"]),
    tests(
      "ReaderConformanceTests",
      ["heavytail-hdf5", "ModelReaders", "ReaderConformance", "ModelReading", "MatrixSlicing"]),
    tests(
      "ZooTests",
      [
        "Zoo", "ModelReaders", "ModelReading", "Analysis", "ChildProcesses", "MatrixSlicing", "Figures", "Statistics",
        "StrictJSON", "heavytail", "heavytail-hdf5", .product(name: "GRDB", package: "GRDB.swift"),
      ]),
    .target(
      name: "ReaderExample", dependencies: ["ModelReading"], path: "Examples/FooReader",
      exclude: ["make_foo.sh", "manifest.json"], swiftSettings: strict),
    tests("NewReaderTests", ["ReaderExample", "ReaderConformance", "ModelReading"]),
    .target(
      name: "FuzzingSupport", dependencies: ["ModelReaders", "ModelReading", "MatrixSlicing"],
      path: "Tests/Fuzzing/Support", swiftSettings: strict),
    .executableTarget(
      name: "mutate", dependencies: ["FuzzingSupport", "ModelReaders", "ModelReading", "TestSupport"],
      path: "Tests/Fuzzing/Mutate", swiftSettings: strict),
    tests(
      "CommandLineTests",
      [
        "heavytail", "LayerDump", "LayerDumpReader", "SafetensorsFormat", "StrictJSON", "ModelReading", "SpectralCore",
        "Zip",
      ]),

    // What a library user writes.
    example("list-layers", ["ModelReaders", "ModelReading"]),
    example("layer-alphas", ["ModelReaders", "ModelReading", "LinearAlgebra", "Analysis"]),
    example("own-spectrum", ["LinearAlgebra", "SpectralCore"]),
    example("export-layers", ["ModelReaders", "ModelReading", "LayerDump"]),
    example("own-reader", ["ModelReaders", "ModelReading"]),
    example("compare-models", ["ModelReaders", "ModelReading", "LinearAlgebra", "Analysis"]),
    tests(
      "ExamplesTests",
      [
        "list-layers", "layer-alphas", "own-spectrum", "export-layers", "own-reader", "compare-models",
        "heavytail-hdf5", "ModelReading",
      ]),

    // Benchmarks.
    module("PhaseEnsembles", ["SpectralCore"], path: "Benchmarks/PhaseEnsembles"),
    .executableTarget(
      name: "fits", dependencies: ["SpectralCore"], path: "Benchmarks/Fits", swiftSettings: strict),
    .executableTarget(
      name: "phases", dependencies: ["PhaseEnsembles", "SpectralCore", "LinearAlgebra"], path: "Benchmarks/Phases",
      swiftSettings: strict),
    .executableTarget(
      name: "kernels", dependencies: ["SpectralCore", "LinearAlgebra"], path: "Benchmarks/Kernels",
      swiftSettings: strict),
  ] + (readers + [externalReader]).flatMap(\.targets) + fuzzers,
  swiftLanguageModes: [.v6]
)
