// swift-tools-version: 6.2
import PackageDescription

/// The programs that libFuzzer drives, each with the product whose parser it feeds. A new one needs a line here, a
/// folder in Sources with `LLVMFuzzerTestOneInput`, and seeds in corpus/NAME.
let targets = [
    "json": "Safetensors",
    "safetensors": "Safetensors",
]

let package = Package(
    name: "fuzz",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "specsearch", path: "../..")],
    targets: [.target(name: "FuzzHooks")]
        + targets.sorted { $0.key < $1.key }.map { name, product in
            .executableTarget(
                name: name, dependencies: ["FuzzHooks", .product(name: product, package: "specsearch")],
                // libFuzzer brings the main function.
                swiftSettings: [.unsafeFlags(["-parse-as-library"])])
        },
    swiftLanguageModes: [.v6]
)
