// swift-tools-version: 6.2
import PackageDescription

let house: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

// Build conditions know platforms, but no processor architecture, so the choice is made here, on the building
// machine. Cross-compilers, and whoever may not use unsafe flags, set SPECSEARCH_PORTABLE=1: baseline kernels only.
#if arch(x86_64)
let hasWideKernels = Context.environment["SPECSEARCH_PORTABLE"] == nil
#else
let hasWideKernels = false
#endif

/// Kernels are optimised in debug builds too, so that `swift test` stays usable.
func kernelSettings(_ flags: [String] = [], define: [String] = []) -> [SwiftSetting] {
    guard hasWideKernels else { return house }
    let clang = flags.flatMap { ["-Xcc", $0] }
    return house + define.map { .define($0) } + [.unsafeFlags(["-Ounchecked"] + clang)]
}

let wideTargets: [Target] =
    hasWideKernels
    ? [
        .target(
            name: "KernelsV3", dependencies: ["CPUFeatures", "Intrinsics"],
            swiftSettings: kernelSettings(["-march=x86-64-v3"], define: ["KERNELS_V3"])),
        .target(
            name: "KernelsV4", dependencies: ["CPUFeatures", "Intrinsics"],
            swiftSettings: kernelSettings(
                ["-march=icelake-server", "-mprefer-vector-width=512"], define: ["KERNELS_V4"])),
        .target(
            name: "KernelsV4BF16", dependencies: ["CPUFeatures", "Intrinsics"],
            swiftSettings: kernelSettings(
                ["-march=icelake-server", "-mavx512bf16", "-mprefer-vector-width=512"],
                define: ["KERNELS_V4", "KERNELS_V4_BF16"])),
    ] : []
let wideNames: [Target.Dependency] = hasWideKernels ? ["KernelsV3", "KernelsV4", "KernelsV4BF16"] : []
let wideDefine: [SwiftSetting] = hasWideKernels ? [.define("WIDE_KERNELS")] : []

let package = Package(
    name: "specsearch",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "SpecSearch", targets: ["SpecSearch"]),
        .library(name: "Decoding", targets: ["Decoding"]),
        .library(name: "CacheTree", targets: ["CacheTree"]),
        .library(name: "Transformer", targets: ["Transformer"]),
        .library(name: "ChatTemplates", targets: ["ChatTemplates"]),
        .library(name: "Tokenization", targets: ["Tokenization"]),
        .library(name: "Safetensors", targets: ["Safetensors"]),
        .library(name: "GGUF", targets: ["GGUF"]),
        .library(name: "PackedWeights", targets: ["PackedWeights"]),
    ],
    traits: [
        .trait(
            name: "Server", description: "The command `specsearch serve`: an HTTP server, with all that it depends on.")
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        // Resolved with the trait alone.
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0", traits: []),
    ],
    targets: [
        // Files.
        .target(name: "Files", swiftSettings: house),
        .target(name: "JSON", swiftSettings: house),
        .target(name: "Safetensors", dependencies: ["Files", "JSON"], swiftSettings: house),
        .target(name: "GGUF", dependencies: ["Safetensors", "Files"], swiftSettings: house),
        .target(name: "PackedWeights", dependencies: ["Safetensors", "JSON"], swiftSettings: house),
        .target(name: "Tokenization", dependencies: ["Files", "JSON"], swiftSettings: house),
        .target(name: "ChatTemplates", dependencies: ["Tokenization", "Files", "JSON"], swiftSettings: house),
        // Arithmetic.
        .target(name: "CPUFeatures"),
        .systemLibrary(name: "Intrinsics"),
        .target(name: "Kernels", dependencies: ["CPUFeatures", "Intrinsics"], swiftSettings: kernelSettings()),
    ] + wideTargets + [
        .target(
            name: "Compute", dependencies: ["CPUFeatures", "Kernels"] + wideNames, swiftSettings: house + wideDefine),
        // Models, memory, tokens, thoughts.
        .target(
            name: "Transformer", dependencies: ["CPUFeatures", "Compute", "Safetensors", "Files", "JSON"],
            swiftSettings: house),
        .target(
            name: "CacheTree", dependencies: ["Transformer", "Compute", "Safetensors", "Files"], swiftSettings: house),
        .target(
            name: "Decoding",
            dependencies: ["CacheTree", "Transformer", "Compute", "ChatTemplates", "Tokenization", "Files", "JSON"],
            swiftSettings: house),
        .target(
            name: "SpecSearch",
            dependencies: [
                "Decoding", "CacheTree", "Transformer", "ChatTemplates", "Tokenization", "Compute", "Files", "JSON",
            ],
            swiftSettings: house),
        .target(
            name: "SearchPage", dependencies: ["JSON"], resources: [.embedInCode("page.html")], swiftSettings: house),
        .target(
            name: "Server",
            dependencies: [
                "SpecSearch", "SearchPage", "Decoding", "CacheTree", "ChatTemplates", "Tokenization", "JSON",
                .product(name: "Hummingbird", package: "hummingbird", condition: .when(traits: ["Server"])),
                .product(name: "HummingbirdCore", package: "hummingbird", condition: .when(traits: ["Server"])),
            ], swiftSettings: house),
        // Programs.
        .executableTarget(
            name: "convert",
            dependencies: [
                "Transformer", "Tokenization", "Compute", "GGUF", "PackedWeights", "Safetensors", "Files", "JSON",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: house),
        .executableTarget(
            name: "specsearch",
            dependencies: [
                "Server", "SpecSearch", "SearchPage", "Decoding", "CacheTree", "Transformer", "ChatTemplates",
                "Tokenization", "Compute", "Safetensors", "Files", "JSON",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: house),
        // Tests, in the same order.
        .target(
            name: "TestSupport", dependencies: ["JSON", "Safetensors", "Transformer", "Compute"],
            path: "Tests/TestSupport",
            swiftSettings: house),
        .testTarget(name: "JSONTests", dependencies: ["JSON", "TestSupport"], swiftSettings: house),
        .testTarget(
            name: "SafetensorsTests", dependencies: ["Safetensors", "Files", "JSON", "TestSupport"],
            exclude: ["Fixtures"],
            swiftSettings: house),
        .testTarget(
            name: "GGUFTests", dependencies: ["GGUF", "Files", "JSON", "TestSupport"], exclude: ["Fixtures"],
            swiftSettings: house),
        .testTarget(
            name: "TokenizationTests", dependencies: ["Tokenization", "Files", "JSON", "TestSupport"],
            exclude: ["Fixtures"], swiftSettings: house),
        .testTarget(
            name: "ChatTemplatesTests",
            dependencies: ["ChatTemplates", "Tokenization", "Files", "JSON", "TestSupport"],
            exclude: ["Fixtures"], swiftSettings: house),
        .testTarget(
            name: "ComputeTests", dependencies: ["Compute", "CPUFeatures", "TestSupport"], swiftSettings: house),
        .testTarget(
            name: "TransformerTests",
            dependencies: ["Transformer", "Compute", "CPUFeatures", "Safetensors", "Files", "JSON", "TestSupport"],
            swiftSettings: house),
        .testTarget(
            name: "CacheTreeTests",
            dependencies: ["CacheTree", "Transformer", "Compute", "Safetensors", "Files", "TestSupport"],
            swiftSettings: house),
        .testTarget(
            name: "DecodingTests",
            dependencies: [
                "Decoding", "CacheTree", "Transformer", "Compute", "ChatTemplates", "Tokenization", "JSON",
                "TestSupport",
            ],
            swiftSettings: house),
        .testTarget(
            name: "SpecSearchTests",
            dependencies: [
                "SpecSearch", "Decoding", "CacheTree", "Transformer", "Compute", "ChatTemplates", "Tokenization",
                "JSON",
                "TestSupport",
            ],
            swiftSettings: house),
        .testTarget(
            name: "ParityTests",
            dependencies: [
                "Transformer", "CacheTree", "Decoding", "Tokenization", "Compute", "Safetensors", "JSON", "TestSupport",
            ],
            swiftSettings: house),
        .testTarget(
            name: "ServerTests",
            dependencies: [
                "Server", "SpecSearch", "Decoding", "CacheTree", "Transformer", "ChatTemplates", "Tokenization", "JSON",
                "TestSupport",
            ], swiftSettings: house),
        .testTarget(
            name: "CommandTests",
            dependencies: ["specsearch", "convert", "SpecSearch", "SearchPage", "Safetensors", "JSON", "TestSupport"],
            exclude: ["Fixtures"], swiftSettings: house),
    ],
    swiftLanguageModes: [.v6]
)
